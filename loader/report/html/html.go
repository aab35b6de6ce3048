// Package html shows a revision of a run as one page: who asked for what, what became of it, and every row.
//
//	summary, journal ─────────▶ Top   what was asked, results, order, reasons, names, holds, proof
//	results.csv, absent.csv ──▶ rows  compressed inside the page, drawn as they are scrolled
//
// A report is one file and needs nothing else: no network, no rosterload. The same revision gives the same bytes. The
// console shows Top over rows of its own.
package html

import (
	"bufio"
	_ "embed" // the template, the style and the script are files, so that editors know what they are
	"html/template"
	"io"
	"strings"
	"time"

	"rosterload/loader/page"
	"rosterload/loader/report"
	"rosterload/validate"
)

// Rendering is the report as a further file of a revision.
var Rendering = report.Rendering{
	Name: "report", Usage: "write a report, one HTML page, beside the results", Ending: "report.html",
	Write: func(to io.Writer, v *report.Revision) error { return (&Report{Revision: v}).Write(to) },
}

// Report is a revision that is to be shown.
type Report struct {
	*report.Revision
	// Link is the address of the rows that have a value in a column; nil: that of the report's own rows.
	Link func(column, value string) string

	most int // rows in the page; 0: mostRows
}

//go:embed top.html
var topSource string

//go:embed rows.html
var rowsSource string

//go:embed rows.css
var style string

//go:embed rows.js
var script string

var templates = template.Must(template.Must(template.New("top").Funcs(page.Funcs).Parse(topSource)).New("rows").Parse(rowsSource))

// rowsMark stands in the page where the rows belong. No text of a roster can look like it: markup is escaped.
const rowsMark = "<!--rows-->"

// Write writes the report.
func (r *Report) Write(to io.Writer) error {
	chosen, err := r.choose()
	if err != nil {
		return err
	}
	seen, err := r.look(*chosen)
	if err != nil {
		return err
	}
	top, err := r.top(seen)
	if err != nil {
		return err
	}
	bottom, err := r.bottom(chosen, seen)
	if err != nil {
		return err
	}
	whole := strings.Builder{}
	p := page.Page{
		Title: r.title(), Body: page.Join(top, bottom), OnDisk: true,
		Styles: []template.CSS{template.CSS(style)}, Scripts: []template.JS{template.JS(script)},
	}
	if err := p.Render(&whole); err != nil {
		return err
	}
	return r.pour(to, whole.String(), chosen)
}

// pour writes the page with the rows in their place: they never stand in memory.
func (r *Report) pour(to io.Writer, whole string, chosen *choice) error {
	before, behind, hasRows := strings.Cut(whole, rowsMark)
	out := bufio.NewWriter(to)
	if _, err := out.WriteString(before); err != nil {
		return err
	}
	if hasRows {
		if err := r.writeRows(out, chosen); err != nil {
			return err
		}
	}
	if _, err := out.WriteString(behind); err != nil {
		return err
	}
	return out.Flush()
}

func (r *Report) title() string {
	return r.Summary.Roster.Name + " · run " + r.Run.ID
}

// Top is all of the report but its rows.
func (r *Report) Top() (template.HTML, error) {
	seen, err := r.look(choice{})
	if err != nil {
		return "", err
	}
	return r.top(seen)
}

func (r *Report) top(seen *survey) (template.HTML, error) {
	return draw("top", map[string]any{
		"S": r.Summary, "Run": r.Run, "OrgName": r.orgName(), "Verb": r.Run.Seal.Verb,
		"Ended": moment(r.Summary.EndedAt), "Said": r.Summary.Line(),
		"Tone": r.tone(), "Absent": len(r.Summary.Absent) > 0,
		"Asked": r.asked(), "Given": r.given(), "Settings": r.settings(),
		"Bar":       bar("Results of the roster's rows", r.Summary.Results),
		"AbsentBar": bar("Users in no line", r.Summary.Absent), "Order": r.order(), "Reasons": r.reasons(),
		"Removals": seen.removals.named("Removals"), "Moves": seen.moves.named("Moves"),
		"Holds": r.holds(), "Words": r.words(), "Digests": r.digests(), "Verify": r.verify(),
	})
}

// bottom is the part of the page in which the rows are looked through.
func (r *Report) bottom(c *choice, seen *survey) (template.HTML, error) {
	if r.Results == "" {
		return "", nil
	}
	return draw("rows", map[string]any{
		"Said": c.Said, "Mark": template.HTML(rowsMark), "Absent": len(r.Summary.Absent) > 0,
		"After":   r.Summary.Roster.Rows,
		"Printed": seen.printed.paper(),
	})
}

func draw(name string, of any) (template.HTML, error) {
	out := strings.Builder{}
	err := templates.ExecuteTemplate(&out, name, of)
	return template.HTML(out.String()), err
}

// explain is empty for a word that nothing explains.
func (r *Report) explain(word string) validate.Code {
	code, _ := r.Explain(word)
	return code
}

func (r *Report) link(column, value string) string {
	if r.Link != nil {
		return r.Link(column, value)
	}
	return "#" + column + "=" + template.URLQueryEscaper(value)
}

// moment reads a time of a summary; the zero time where it has none.
func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return at
}
