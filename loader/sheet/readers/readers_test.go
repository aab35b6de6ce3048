// Package readers holds proof that a program by other people reads our workbooks as they are meant. It is a module of its own, because
// nothing else needs that program.
package readers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rosterload/loader/sheet"
)

// hostile are texts, and what a reader is to show of them.
var hostile = []struct{ text, shown string }{
	{"00042", "00042"},
	{"=1+1", "=1+1"},
	{"@SUM(A1)", "@SUM(A1)"},
	{"+49 30", "+49 30"},
	{"-1", "-1"},
	{"123456789012345678", "123456789012345678"},
	{"1E5", "1E5"},
	{"2026-11-23", "2026-11-23"},
	{"TRUE", "TRUE"},
	{"<b>&amp;</b>", "<b>&amp;</b>"},
	{" blanks ", " blanks "},
	{"a\tb\nc", "a\tb\nc"},
	{"a\r\nb\rc", "a\r\nb\rc"},
	{"\U0001F600", "\U0001F600"},
	{"\u202egnp.exe", "\u202egnp.exe"},
	{"_x0041_", "_x0041_"},
	{"a\x01b\xff", `a\x01b\xff`},
	{"'quoted", "'quoted"},
	{strings.Repeat("x", 40000), strings.Repeat("x", sheet.MostText-7) + "… [cut]"},
}

func TestExcelizeReadsWhatWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	book := sheet.New(f)
	book.MostRows = 12
	rows := book.Sheet("Rows", []sheet.Column{{Heading: "=row", Width: 8}, {Heading: "text", Width: 40}})
	for _, h := range hostile {
		rows.Texts("r", h.text)
	}
	book.FirstSheet("Summary", []sheet.Column{{Heading: "field", Width: 8}}).Texts("one")
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	x, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.Close() }()
	if got := strings.Join(x.GetSheetList(), ","); got != "Summary,Rows,Rows 2" {
		t.Fatalf("sheets %s", got)
	}
	for i, h := range hostile {
		tab, row := "Rows", i+2
		if i >= 11 {
			tab, row = "Rows 2", i-9
		}
		cell, _ := excelize.CoordinatesToCellName(2, row)
		if got, err := x.GetCellValue(tab, cell); err != nil || got != h.shown {
			t.Errorf("%s!%s: %.60q, %v, want %.60q", tab, cell, got, err, h.shown)
		}
		if kind, err := x.GetCellType(tab, cell); err != nil || kind != excelize.CellTypeInlineString {
			t.Errorf("%s!%s is of type %v, %v", tab, cell, kind, err)
		}
		if code, err := x.GetCellFormula(tab, cell); err != nil || code != "" {
			t.Errorf("%s!%s has the formula %q, %v", tab, cell, code, err)
		}
	}
	for _, tab := range x.GetSheetList() {
		if panes, err := x.GetPanes(tab); err != nil || !panes.Freeze || panes.YSplit != 1 {
			t.Errorf("%s: %+v, %v", tab, panes, err)
		}
	}
	if names := x.GetDefinedName(); len(names) != 3 || names[1].RefersTo != "'Rows'!$A$1:$B$12" {
		t.Errorf("filters %+v", names)
	}
}
