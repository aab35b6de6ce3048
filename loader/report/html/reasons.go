package html

import (
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"time"

	"rosterload/loader/page"
	"rosterload/loader/run"
)

// aRun is the word for a run in the cures; codes that begin with it are other words.
var aRun = regexp.MustCompile(`\bRUN\b`)

// cure is what to do, with this run's name in its commands.
func (r *Report) cure(text string) string { return aRun.ReplaceAllLiteralString(text, r.Run.ID) }

// reasons are all reason codes of the rows, with what each means and what cures it. The first cell leads to the rows.
func (r *Report) reasons() template.HTML {
	if len(r.Summary.Reasons) == 0 {
		return ""
	}
	t := page.Table{
		Head: []string{"Reason", "Rows", "What it means", "What to do", "Example"}, Numbers: []int{1, 4},
		Prose: []int{2, 3},
	}
	for _, reason := range r.Summary.Reasons {
		code, next := r.explain(reason.ReasonCode), r.explain(reason.NextStep)
		todo := code.Cure
		if todo == "" {
			todo = strings.Join(notEmpty(next.Means, next.Cure), " ")
		}
		t.Rows = append(t.Rows, []any{
			link(r.link("reason", reason.ReasonCode), reason.ReasonCode), reason.Count, code.Means,
			page.Join(step(reason.NextStep), text(r.cure(todo))),
			link(r.link("row", strconv.Itoa(reason.ExampleRow)), "row "+page.Count(reason.ExampleRow)),
		})
	}
	return t.HTML()
}

func link(to, name string) template.HTML {
	return template.HTML(`<a href="` + template.HTMLEscapeString(to) + `">` +
		template.HTMLEscapeString(page.Plain(name)) + `</a>`)
}

func step(name string) template.HTML {
	if name == "" {
		return ""
	}
	return page.Join("<b>", text(name), "</b> ")
}

func text(plain string) template.HTML {
	return template.HTML(template.HTMLEscapeString(page.Plain(plain)))
}

// holds are why the run waited, or waits, for a person.
func (r *Report) holds() template.HTML {
	if len(r.Summary.Holds) == 0 {
		return ""
	}
	t := page.Table{
		Caption: "Why it waited for a person", Head: []string{"Hold", "Why", "Found", "Limit", "What it means"},
		Prose: []int{1, 4},
	}
	for _, h := range r.Summary.Holds {
		t.Rows = append(t.Rows, []any{page.Code(h.Code), h.Text, h.Found, h.Limit, r.explain(h.Code).Means})
	}
	return t.HTML()
}

// words are what persons have said of the holds, up to this revision.
func (r *Report) words() template.HTML {
	t := page.Table{
		Caption: "Who approved or rejected it",
		Head:    []string{"When", "What", "Who", "Lifted", "Reason", "Key that signed"}, Prose: []int{4},
	}
	add := func(what string, w run.Word) {
		if !r.isKnown(w.At) {
			return
		}
		who := w.By
		if w.Who != "" {
			who = w.Who
		}
		t.Rows = append(t.Rows, []any{
			page.Time(w.At), page.Badge(what), who, strings.Join(w.Lifts, ", "), w.Reason,
			page.Code(w.Key),
		})
	}
	for _, w := range r.Run.Approvals {
		add("approved", w)
	}
	if r.Run.Rejected != nil {
		add("rejected", *r.Run.Rejected)
	}
	if len(t.Rows) == 0 {
		return ""
	}
	return t.HTML()
}

// isKnown tells whether something had happened when this revision was written. What came later is for the next one: a
// report that is made later has the same bytes.
func (r *Report) isKnown(at time.Time) bool {
	return !at.IsZero() && !at.Truncate(time.Millisecond).After(moment(r.Summary.EndedAt))
}
