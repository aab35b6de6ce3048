package results

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func one(t *testing.T, d Dialect, input []string, rest bool, row Row, cells ...string) []string {
	t.Helper()
	var raw [][]byte
	for _, c := range cells {
		raw = append(raw, []byte(c))
	}
	data, err := os.ReadFile(written(t, d, input, rest, []Row{row}, [][][]byte{raw}))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

func TestColumnsOfTheRoster(t *testing.T) {
	comma := Dialect{Delimiter: ','}
	lines := one(t, comma, []string{"Username", "result", "Note"}, true, Row{Row: 1}, "a", "b", "c", "d", "e,f")
	if !strings.HasSuffix(lines[0], ",Username,input.result,Note,input.rest") || !strings.HasSuffix(lines[1], `,a,b,c,"d,""e,f"""`) {
		t.Errorf("%q", lines)
	}
	lines = one(t, comma, []string{"Username", "Group"}, true, Row{Row: 1}, "a")
	if !strings.HasSuffix(lines[1], ",a,,") {
		t.Errorf("too few cells: %q", lines[1])
	}
}

func TestCellsThatASpreadsheetWouldRunAreMadeHarmless(t *testing.T) {
	row := Row{Row: 1, Key: "=1+1", Reason: "-x\nsecond line", JobID: "@j", Before: "+b"}
	lines := one(t, Dialect{Delimiter: ','}, []string{"N"}, false, row, "=cmd")
	for _, want := range []string{",'=1+1,", ",'-x second line,", ",'@j,", ",'+b,", ",=cmd"} {
		if !strings.Contains(lines[1], want) {
			t.Errorf("%q is not in %q", want, lines[1])
		}
	}
	if lines = one(t, Dialect{Delimiter: ',', SheetSafe: true}, []string{"N"}, false, row, "=cmd"); !strings.HasSuffix(lines[1], ",'=cmd") {
		t.Errorf("%q", lines[1])
	}
}

func TestFailedLinesComeAsTheyCame(t *testing.T) {
	var b bytes.Buffer
	f := NewFailed(&b, Dialect{Delimiter: ';'}, []string{"Username", "Group"})
	for _, cells := range [][]string{{"a"}, {"b", "x;y", "z"}} {
		var raw [][]byte
		for _, c := range cells {
			raw = append(raw, []byte(c))
		}
		if err := f.Write(&Row{ReasonCode: "ROW_COLUMNS", Reason: "why; really"}, raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "Username;Group;reason_code;reason\na;ROW_COLUMNS;\"why; really\"\nb;\"x;y\";z;ROW_COLUMNS;\"why; really\"\n"
	if b.String() != want {
		t.Errorf("%q\nwant %q", b.String(), want)
	}
}

func TestAGuardedHeadingStandsWhereAsked(t *testing.T) {
	input := []string{"=Name", "Group", "+49", "result"}
	lines := one(t, Dialect{Delimiter: ',', SheetSafe: true}, input, false, Row{Row: 1}, "a", "b", "c", "d")
	if !strings.HasSuffix(lines[0], ",'=Name,Group,'+49,input.result") {
		t.Errorf("with --sheet-safe: %s", lines[0])
	}
	if lines = one(t, Dialect{Delimiter: ','}, input, false, Row{Row: 1}); !strings.HasSuffix(lines[0], ",=Name,Group,+49,input.result") {
		t.Errorf("without: %s", lines[0])
	}
	for safe, want := range map[bool]string{
		true:  "'=Name,Group,'+49,result,reason_code,reason\n",
		false: "=Name,Group,+49,result,reason_code,reason\n",
	} {
		var b bytes.Buffer
		f := NewFailed(&b, Dialect{Delimiter: ',', SheetSafe: safe}, input)
		if err := f.Flush(); err != nil || b.String() != want {
			t.Errorf("failed.csv with sheet-safe %v: %q, %v", safe, b.String(), err)
		}
	}
}

func TestOnlyOurOwnCellsAreSpelledOut(t *testing.T) {
	row := Row{Row: 1, Key: "a\x1b[2Jb", Reason: "the org says\tno\x07", Before: "X\u202eY"}
	lines := one(t, Dialect{Delimiter: ','}, []string{"Note"}, false, row, "c\x1b[2Jd")
	for _, want := range []string{`,the org says no\x07,`, `a\x1b[2Jb`, `X\u202eY`, "c\x1b[2Jd"} {
		if !strings.Contains(lines[1], want) {
			t.Errorf("%q is not in %q", want, lines[1])
		}
	}
}

// Whatever a cell holds, quoting brings it through encoding/csv as it was. That reader alone takes a carriage return
// before a line feed off a cell, so cells with the two side by side are not drawn.
var returnsBeforeFeed = regexp.MustCompile(`\r+\n`)

func TestQuotingBringsAnyCellThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Dialect{Delimiter: rapid.SampledFrom([]byte(",;\t|")).Draw(t, "delimiter")}
		var raw [][]byte
		for range rapid.IntRange(1, 4).Draw(t, "cells") {
			cell := rapid.SliceOfN(rapid.SampledFrom([]byte("a,;\t|\" \n\r'=\xFF\x00")), 0, 8).Draw(t, "cell")
			raw = append(raw, returnsBeforeFeed.ReplaceAll(cell, []byte("\n")))
		}
		var b bytes.Buffer
		f := NewFailed(&b, d, make([]string, len(raw)))
		if err := errors.Join(f.Write(&Row{ReasonCode: "SF_X", Reason: "why"}, raw), f.Flush()); err != nil {
			t.Fatal(err)
		}
		in := csv.NewReader(&b)
		in.Comma = rune(d.Delimiter)
		all, err := in.ReadAll()
		if err != nil || len(all) != 2 {
			t.Fatalf("%q, %v", all, err)
		}
		for i, cell := range raw {
			if all[1][i] != string(cell) {
				t.Errorf("%q came back as %q", cell, all[1][i])
			}
		}
	})
}

func BenchmarkWriteAMillionRows(b *testing.B) {
	cells := [][]byte{[]byte("user0000001@acme.example"), []byte("Beta"), []byte("moved by the nightly job of HR")}
	b.ReportAllocs()
	for b.Loop() {
		w := NewResults(io.Discard, Dialect{Delimiter: ','}, []string{"Username", "Group", "Note"}, false)
		for i := range 1_000_000 {
			row := Row{Row: i + 1, Key: "user0000001@acme.example", Action: "assign", Result: "Updated", RecordID: "0055f0000000001AAA", Requested: "Beta", After: "Beta", JobID: "7505f0000000001AAA", Attempts: 1, Target: "prod", RunID: "20261123T021500Z-4f7c"}
			if err := w.Write(&row, cells); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
	}
}

// A line that comes as the roster spells it reads as its cells do.
func TestALineIsWrittenAsItCameOrCellByCell(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Dialect{Delimiter: rapid.SampledFrom([]byte(",;")).Draw(t, "delimiter"), SheetSafe: rapid.Bool().Draw(t, "safe")}
		raw := []byte(rapid.StringMatching(`[a ,;=\r]{0,12}`).Draw(t, "line"))
		cells, header := bytes.Split(raw, []byte{d.Delimiter}), make([]string, rapid.IntRange(1, 4).Draw(t, "width"))
		rest := rapid.Bool().Draw(t, "rest")
		var asItCame, byCells bytes.Buffer
		for to, line := range map[*bytes.Buffer][]byte{&asItCame: raw, &byCells: nil} {
			w := NewResults(to, d, header, rest)
			if err := errors.Join(w.WriteLine(&Row{Row: 1, Key: "a"}, cells, line), w.Flush()); err != nil {
				t.Fatal(err)
			}
		}
		if asItCame.String() != byCells.String() {
			t.Fatalf("%q\n%q", asItCame.String(), byCells.String())
		}
	})
}
