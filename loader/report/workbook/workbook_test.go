package workbook

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rosterload/loader/report"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/sheet"
	"rosterload/loader/sheet/sheettest"
	"rosterload/transform"
	"rosterload/validate"
)

// revision is one whose results are these rows: a line is a roster's cells.
func revision(t testing.TB, lines ...[]string) *report.Revision {
	t.Helper()
	v := &report.Revision{
		Run:     &run.Run{ID: "20261123T021500Z-4f7c", Seal: run.Seal{Roster: "nightly.csv", Place: t.TempDir()}},
		Results: resultsOf(t, 1, []string{"Username", "Group"}, lines...),
		Codes:   []validate.Code{{Code: "USER_NOT_FOUND", Means: "No user has this key.", Cure: "Mend the key."}, {Code: "SF_*", Means: "The org refused it."}},
	}
	v.Summary = &results.Summary{
		Run: v.Run.ID, Revision: 2, Final: true, Target: "prod", Kind: "salesforce", Org: results.Org{ID: "00D1", Name: "Acme", Sandbox: true}, As: "admin@acme.example", By: "anna@host",
		Version: "v1", Roster: results.Roster{Name: "nightly.csv", SHA256: "ab12", Rows: len(lines)}, Results: map[string]int{"Updated": len(lines)}, ResultsSHA256: "cd34",
		Given:   []results.Given{{At: "2026-11-23T02:15:00Z", By: "anna@host", Reason: "=quarterly", Ticket: "HR-17"}},
		Reasons: []results.Reason{{ReasonCode: "USER_NOT_FOUND", NextStep: "change-key", Count: 7, ExampleRow: 3}, {ReasonCode: "SF_LOCKED", Count: 1, ExampleRow: 9}},
		Jobs:    []results.Job{{Job: "removals", JobID: "7501", Rows: 2, BeganAt: "2026-11-23T02:15:10.000Z"}}, StartedAt: "2026-11-23T02:15:00.000Z",
	}
	return v
}

// resultsOf writes a results file whose rows are numbered from first on.
func resultsOf(t testing.TB, first int, heading []string, lines ...[]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "results.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := results.NewResults(f, results.Dialect{Delimiter: ';'}, heading, false)
	for i, line := range lines {
		var cells [][]byte
		for _, c := range line {
			cells = append(cells, []byte(c))
		}
		if err := w.Write(&results.Row{Row: first + i, Key: line[0], Result: "Updated", SettledAt: "2026-11-23T02:15:30Z"}, cells[:len(heading)]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func made(t testing.TB, v *report.Revision, mostRows int) []sheettest.Sheet {
	t.Helper()
	var text bytes.Buffer
	if err := write(&text, v, mostRows); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "book.xlsx")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	sheets, err := sheettest.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sheets {
		if !s.Frozen || s.Filter == "" || s.Other > 0 {
			t.Errorf("%s: frozen %v, filter %q, %d cells that are no text", s.Name, s.Frozen, s.Filter, s.Other)
		}
	}
	return sheets
}

// field is what Summary says of a field.
func field(s sheettest.Sheet, name string) string {
	for _, row := range s.Rows {
		if row[0] == name {
			return row[1]
		}
	}
	return ""
}

func TestAWorkbookSaysWhatTheResultsSay(t *testing.T) {
	v := revision(t, []string{"00042", "=1+1"}, []string{"005000000000001AAA", "a\r\nb\xff"}, []string{"@x", strings.Repeat("y", 40000)})
	sheets := made(t, v, sheet.MostRows)
	var names []string
	for _, s := range sheets {
		names = append(names, s.Name)
	}
	if !slices.Equal(names, []string{"Summary", "Rows", "Reasons"}) {
		t.Fatalf("%q", names)
	}
	rows := sheets[1].Rows
	if !slices.Equal(rows[0], slices.Concat(results.Header, []string{"Username", "Group"})) || len(rows) != 4 {
		t.Errorf("%q", rows[0])
	}
	last := len(rows[0])
	if rows[1][0] != "1" || rows[1][1] != "00042" || rows[1][last-1] != "=1+1" || rows[2][last-1] != "a\r\nb"+`\xff` || rows[3][1] != "'@x" || rows[3][last-2] != "@x" || rows[1][15] != "2026-11-23T02:15:30Z" {
		t.Errorf("%.300q", rows[1:])
	}
	if got, want := fmt.Sprint(sheets[2].Rows[1:]), "[[USER_NOT_FOUND change-key 7 3 No user has this key. Mend the key.] [SF_LOCKED  1 9 The org refused it.]]"; got != want {
		t.Errorf("%s", got)
	}
	for name, want := range map[string]string{
		"run": v.Run.ID, "revision": "2", "org": "00D1 Acme (sandbox)", "results sha256": "cd34", "reason given": "2026-11-23T02:15:00Z, anna@host: =quarterly (ticket HR-17)",
		"Updated": "3", "job 1": "removals, 2 rows, id 7501, began 2026-11-23T02:15:10.000Z, ended none, settled none",
		"cells that were cut":         "1: a cell holds 32767 characters; the results file has them whole",
		"cells that were spelled out": `1: their characters cannot stand in a workbook and are spelled as \x1b; the results file has them as they came`,
		"rows on several sheets":      "", "cells that were left out": "",
		"made of": "nightly.20261123T021500Z-4f7c.results.csv of revision 2; its evidence is nightly.20261123T021500Z-4f7c.evidence.json",
	} {
		if got := field(sheets[0], name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestRowsThatDoNotFitGoToFurtherSheets(t *testing.T) {
	var lines [][]string
	for i := range 98 {
		lines = append(lines, []string{fmt.Sprint("user", i), "Beta"})
	}
	v := revision(t, lines...)
	v.Absent = resultsOf(t, 99, nil, []string{"gone1"}, []string{"gone2"})
	v.Summary.Absent = map[string]int{"Removed": 2}
	sheets := made(t, v, 41)
	last := 0
	for _, s := range sheets[1 : len(sheets)-1] {
		for _, row := range s.Rows[1:] {
			if last++; row[0] != strconv.Itoa(last) {
				t.Errorf("row %s of %s stands at place %d", row[0], s.Name, last)
			}
		}
	}
	if last != 100 || len(sheets) != 5 || sheets[3].Name != "Rows 3" {
		t.Errorf("%d rows on %d sheets", last, len(sheets))
	}
	if said := field(sheets[0], "rows on several sheets"); said != "100 rows are more than one sheet holds: they stand on Rows to Rows 3" {
		t.Error(said)
	}
	if said := field(sheets[0], "rows of absent users"); said != "they follow those of the roster, from row 99 on" || field(sheets[0], "absent from the roster: Removed") != "2" {
		t.Error(said)
	}
}

func TestADeliveryThatWasNoRosterHasAWorkbook(t *testing.T) {
	v := revision(t)
	v.Results, v.Summary.Results, v.Summary.Refused = "", map[string]int{}, "no user column"
	for _, word := range transform.Words {
		v.Summary.Results[string(word)] = 0
	}
	sheets := made(t, v, sheet.MostRows)
	if len(sheets[1].Rows) != 1 || field(sheets[0], "refused") != "no user column" {
		t.Errorf("%+v", sheets)
	}
}

func TestResultsThatCannotBeReadMakeNoWorkbook(t *testing.T) {
	v := revision(t, []string{"a", "b"})
	if err := os.WriteFile(v.Results, []byte("row;key\n1;\"a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(io.Discard, v, sheet.MostRows); err == nil {
		t.Error("half a row was taken")
	}
}

// millions is a results file of so many rows of a usual width.
func millions(t testing.TB, n int) *report.Revision {
	t.Helper()
	v := revision(t)
	f, err := os.Create(v.Results)
	if err != nil {
		t.Fatal(err)
	}
	w := results.NewResults(f, results.Dialect{Delimiter: ','}, []string{"Username", "Engage Group", "Note"}, false)
	for i := range n {
		key := fmt.Sprintf("user%07d@acme.example", i)
		row := results.Row{
			Row: i + 1, Key: key, Action: "move", Result: "Updated", RecordID: fmt.Sprintf("0055f%010dAAA", i), Before: "Alpha", Requested: "Beta", After: "Beta",
			ProvisioningStatus: "Request_Success", JobID: "7505f00000Sim01AAA", Attempts: 1, SettledAt: "2026-11-23T02:15:30Z", Target: "prod", RunID: v.Run.ID,
		}
		if err := w.Write(&row, [][]byte{[]byte(key), []byte("Beta"), []byte("a note")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return v
}

// peak is the most memory that the heap held while do ran.
func peak(do func()) uint64 {
	runtime.GC()
	var most atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse+m.StackInuse))
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	do()
	close(stop)
	<-stopped
	return most.Load()
}

// Excel's real limit, and the memory that the contract allows.
func TestMoreRowsThanASheetHolds(t *testing.T) {
	if testing.Short() {
		t.Skip("writes a million rows")
	}
	v := millions(t, sheet.MostRows+4)
	path := filepath.Join(t.TempDir(), "book.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if most := peak(func() { err = Rendering.Write(f, v) }); err != nil || most > 64<<20 {
		t.Fatalf("%d MiB, %v", most>>20, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	info, _ := os.Stat(path)
	t.Logf("%d rows in %s, %d MiB", sheet.MostRows+4, time.Since(began), info.Size()>>20)
	count(t, path, map[string]int{"xl/worksheets/sheet1.xml": sheet.MostRows, "xl/worksheets/sheet2.xml": 6})
}
