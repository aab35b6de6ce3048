package html

import (
	"html/template"
	"slices"

	"rosterload/loader/page"
	"rosterload/loader/results"
	"rosterload/transform"
)

const (
	mostNames          = 500 // removals, and moves, that are listed by name above the rows
	mostPrinted        = 500 // rows on paper
	mostPrintedLetters = 300 // of one cell on paper
)

// survey is what one walk over the rows finds for the parts of the page that are written out: removals and moves by
// name, and the rows for paper.
type survey struct {
	removals, moves, printed list
}

// list holds the first rows of its kind and counts the others.
type list struct {
	most  int
	rows  [][]string
	count int
}

func (l *list) add(record [][]byte) {
	if l.count++; len(l.rows) == l.most {
		return
	}
	row := make([]string, len(results.Header))
	for i := range row {
		row[i] = string(record[i])
	}
	l.rows = append(l.rows, row)
}

// Where our columns stand.
var (
	columnRow, columnKey, columnAction     = columnOf("row"), columnOf("key"), columnOf("action")
	columnResult, columnCode               = columnOf("result"), columnOf("reason_code")
	columnBefore, columnAsked, columnAfter = columnOf("before"), columnOf("requested"), columnOf("after")
)

func columnOf(name string) int { return slices.Index(results.Header, name) }

// look walks the rows once. Only rows that the choice takes are for paper.
func (r *Report) look(c choice) (*survey, error) {
	s := &survey{list{most: mostNames}, list{most: mostNames}, list{most: mostPrinted}}
	for _, path := range notEmpty(r.Results, r.Absent) {
		heading := true
		for record, err := range results.Cells(path) {
			if err != nil {
				return nil, err
			}
			if heading {
				heading = false
				continue
			}
			switch transform.Action(record[columnAction]) {
			case transform.Remove, transform.Archive:
				s.removals.add(record)
			case transform.Move:
				s.moves.add(record)
			}
			if c.takes(string(record[columnResult])) {
				s.printed.add(record)
			}
		}
	}
	return s, nil
}

// named lists removals or moves; nothing when there are none.
func (l *list) named(caption string) template.HTML {
	if l.count == 0 {
		return ""
	}
	t := page.Table{
		Caption: caption + ": " + page.Count(l.count),
		Head:    []string{"Row", "User", "Before", "Asked for", "After", "Result"},
		Numbers: []int{0}, Tall: len(l.rows) > 8,
	}
	if l.count > len(l.rows) {
		t.Caption += ", of which the first " + page.Count(len(l.rows)) + " are listed"
	}
	for _, row := range l.rows {
		asked := any(row[columnAsked])
		if row[columnAsked] == "" {
			asked = template.HTML("<i>none</i>")
		}
		t.Rows = append(t.Rows, []any{
			row[columnRow], row[columnKey], row[columnBefore], asked, row[columnAfter],
			page.Join(page.Badge(row[columnResult]), " ", text(row[columnCode])),
		})
	}
	return t.HTML()
}

// paper is a table of the first rows for paper. The script puts those that its filter shows in their place.
func (l *list) paper() template.HTML {
	t := page.Table{
		Caption: many(l.count, "row"), Head: []string{
			"Row", "User", "Action", "Result", "Before", "Asked for",
			"Reason",
		}, Numbers: []int{0},
	}
	if l.count > len(l.rows) {
		t.Caption = "The first " + page.Count(len(l.rows)) + " of " + page.Count(l.count) +
			" rows; this page on a screen, and the results file, have the others."
	}
	for _, row := range l.rows {
		cells := []any{}
		for _, column := range []int{
			columnRow, columnKey, columnAction, columnResult, columnBefore, columnAsked,
			columnCode,
		} {
			cells = append(cells, shortened(row[column]))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t.HTML()
}

func shortened(cell string) string {
	letters := 0
	for i := range cell {
		if letters == mostPrintedLetters {
			return cell[:i] + " …"
		}
		letters++
	}
	return cell
}
