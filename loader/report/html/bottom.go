package html

import (
	"html/template"

	"rosterload/loader/page"
	"rosterload/loader/results"
)

const (
	mostPrinted        = 500 // rows on paper
	mostPrintedLetters = 300 // of one cell on paper
)

// bottom is the part of the page in which the rows are looked through.
func (r *Report) bottom(c *choice) (template.HTML, error) {
	if r.Results == "" {
		return "", nil
	}
	printed, err := r.printed(*c)
	if err != nil {
		return "", err
	}
	return draw("rows", map[string]any{
		"Said": c.Said, "Mark": template.HTML(rowsMark), "Absent": len(r.Summary.Absent) > 0, "After": r.Summary.Roster.Rows, "Printed": printed,
	})
}

// printed are the first rows of the page as a table for paper. The script puts those that its filter shows in their place.
func (r *Report) printed(c choice) (template.HTML, error) {
	t := page.Table{Head: []string{"Row", "User", "Action", "Result", "Before", "Asked for", "Reason"}, Numbers: []int{0}}
	seen := 0
	for _, path := range notEmpty(r.Results, r.Absent) {
		for row, err := range results.Read(path) {
			if err != nil {
				return "", err
			}
			if !c.takes(row.Result) {
				continue
			}
			if seen++; seen <= mostPrinted {
				t.Rows = append(t.Rows, []any{
					row.Row, shortened(row.Key), row.Action, row.Result, shortened(row.Before), shortened(row.Requested), shortened(row.ReasonCode),
				})
			}
		}
	}
	t.Caption = many(seen, "row")
	if seen > mostPrinted {
		t.Caption = "The first " + page.Count(mostPrinted) + " of " + page.Count(seen) + " rows; this page on a screen, and the results file, have the others."
	}
	return t.HTML(), nil
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
