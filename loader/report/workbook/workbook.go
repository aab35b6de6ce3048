// Package workbook makes a workbook of a revision: Summary, Rows and Reasons, for those who open results in a
// spreadsheet.
//
//	results-N.csv, absent-N.csv ──▶ Rows, Rows 2, …
//	summary ──▶ Reasons, Summary, which also says what a spreadsheet cannot hold
//
// Every cell is a text and says what the results say, so that a spreadsheet changes nothing of it.
package workbook

import (
	"fmt"
	"io"

	"rosterload/loader/report"
	"rosterload/loader/results"
	"rosterload/loader/sheet"
)

// Rendering is the workbook beside the other files of a revision.
var Rendering = report.Rendering{
	Name: "xlsx", Usage: "write the results as a workbook, too", Ending: "results.xlsx",
	Write: func(to io.Writer, v *report.Revision) error { return write(to, v, sheet.MostRows) },
}

// write puts Summary first, and writes it last: it counts what was cut.
func write(to io.Writer, v *report.Revision, mostRows int) error {
	b := sheet.New(to)
	b.MostRows = mostRows
	rows, err := writeRows(b, v)
	if err != nil {
		return err
	}
	writeReasons(b, v)
	writeSummary(b.FirstSheet("Summary", []sheet.Column{{Heading: "field", Width: 28}, {Heading: "value", Width: 110}}),
		v, rows)
	return b.Close()
}

// writeRows copies the results, and behind them the users who are in no line: their numbers go on.
func writeRows(b *sheet.Book, v *report.Revision) (rows *sheet.Sheet, err error) {
	for _, path := range []string{v.Results, v.Absent} {
		if path == "" {
			continue
		}
		isHeading := true
		for cells, err := range results.Cells(path) {
			switch {
			case err != nil:
				return nil, err
			case !isHeading:
				rows.Row(cells...)
			case rows == nil:
				rows = b.Sheet("Rows", columnsOf(cells))
			}
			isHeading = false
		}
	}
	if rows == nil { // a delivery that was no roster
		rows = b.Sheet("Rows", columnsOf(nil))
	}
	return rows, nil
}

// widths of our columns, where they are not those of a short word.
var widths = map[string]int{
	"row": 8, "key": 32, "action": 10, "reason_code": 24, "reason": 60, "record_id": 22, "before": 18, "requested": 18,
	"after":               18,
	"provisioning_status": 22, "job_id": 22, "attempts": 9, "settled_at": 26, "run_id": 24,
}

func columnsOf(headings [][]byte) []sheet.Column {
	if headings == nil {
		for _, name := range results.Header {
			headings = append(headings, []byte(name))
		}
	}
	columns := make([]sheet.Column, len(headings))
	for i, h := range headings {
		columns[i] = sheet.Column{Heading: string(h), Width: 16}
		if width := widths[string(h)]; width > 0 && i < len(results.Header) {
			columns[i].Width = width
		}
	}
	return columns
}

// writeReasons lists each reason code with a next step, the most frequent first.
func writeReasons(b *sheet.Book, v *report.Revision) {
	s := b.Sheet("Reasons", []sheet.Column{
		{Heading: "reason_code", Width: 28},
		{Heading: "next_step", Width: 18},
		{Heading: "count", Width: 10},
		{Heading: "example_row", Width: 12},
		{Heading: "meaning", Width: 70},
		{Heading: "cure", Width: 70},
	})
	for _, r := range v.Summary.Reasons {
		said, _ := v.Explain(r.ReasonCode)
		s.Texts(r.ReasonCode, r.NextStep, fmt.Sprint(r.Count), fmt.Sprint(r.ExampleRow), said.Means, said.Cure)
	}
}
