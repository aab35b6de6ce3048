package html

import (
	"html/template"

	"rosterload/loader/page"
	"rosterload/loader/results"
	"rosterload/transform"
)

// mostNames is how many removals, and how many moves, are listed by name above the rows.
const mostNames = 500

// names are the removals and moves of a run by name.
type names struct {
	removals, moves list
}

type list struct {
	caption string
	rows    []results.Row // the first mostNames
	count   int
}

func (l *list) add(row results.Row) {
	if l.count++; len(l.rows) < mostNames {
		l.rows = append(l.rows, row)
	}
}

// readNames walks the rows once.
func (r *Report) readNames() error {
	r.names = &names{removals: list{caption: "Removals"}, moves: list{caption: "Moves"}}
	for _, path := range notEmpty(r.Results, r.Absent) {
		for row, err := range results.Read(path) {
			if err != nil {
				return err
			}
			switch transform.Action(row.Action) {
			case transform.Remove, transform.Archive:
				r.names.removals.add(row)
			case transform.Move:
				r.names.moves.add(row)
			}
		}
	}
	return nil
}

// table lists them; nothing when there are none.
func (*names) table(l list) template.HTML {
	if l.count == 0 {
		return ""
	}
	t := page.Table{
		Caption: l.caption + ": " + page.Count(l.count), Head: []string{"Row", "User", "Before", "Asked for", "After", "Result"}, Numbers: []int{0}, Tall: len(l.rows) > 8,
	}
	if l.count > len(l.rows) {
		t.Caption += ", of which the first " + page.Count(len(l.rows)) + " are listed"
	}
	for _, row := range l.rows {
		asked := any(row.Requested)
		if row.Requested == "" {
			asked = template.HTML("<i>none</i>")
		}
		t.Rows = append(t.Rows, []any{row.Row, row.Key, row.Before, asked, row.After, page.Join(page.Badge(row.Result), " ", text(row.ReasonCode))})
	}
	return t.HTML()
}
