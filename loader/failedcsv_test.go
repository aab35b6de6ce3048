package loader_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rosterload/loader/results"
	"rosterload/validate"
)

var groupSpelling = validate.Spelling{
	Users:  []validate.UserColumn{{By: "Username", Headings: []string{"Username"}, Key: validate.FoldKey}},
	Values: []string{"Group"}, Nothing: []string{"#N/A"}, Blank: validate.Remove,
}

// requests says of each line of a roster what it asks for, or its fault.
func requests(t rapid.TB, path string, each func(line *validate.Line, asks string)) {
	t.Helper()
	r, err := validate.Open(path, groupSpelling, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for line, err := range r.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		q, fault := r.Check(line)
		if fault != nil {
			each(line, fault.Code)
			continue
		}
		each(line, string(q.Key())+">"+string(q.Value()))
	}
}

// A failed.csv asks for what the roster asked for, line by line, guarded or not, whatever the lines hold and however many cells they have.
func TestAFailedCSVAsksForWhatTheRosterAsked(t *testing.T) {
	cell := rapid.SampledFrom([]string{
		"ann@acme.example", "=1+1", "+49 30 1", "-x", "@y", "\tz", "a,b", `say "no"`, "two\nlines",
		"", " ", "SALES_EAST", "#N/A", "é", "'quoted'", "\x1b[2J",
	})
	rapid.Check(t, func(rt *rapid.T) {
		var b bytes.Buffer
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 1, 5), 1, 8).Draw(rt, "rows")
		w := csv.NewWriter(&b)
		if err := w.WriteAll(append([][]string{{"Username", "=Note", "Group"}}, rows...)); err != nil {
			rt.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "roster.csv")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			rt.Fatal(err)
		}
		var want, got []string
		var out bytes.Buffer
		safe := rapid.Bool().Draw(rt, "sheet-safe")
		f := results.NewFailed(&out, results.Dialect{Delimiter: ',', SheetSafe: safe}, []string{"Username", "=Note", "Group"})
		requests(rt, path, func(line *validate.Line, asks string) {
			code := "USER_NOT_FOUND"
			if strings.HasPrefix(asks, "ROW_") {
				code = asks
			}
			want = append(want, asks)
			if err := f.Write(&results.Row{ReasonCode: code, Reason: "line 2: why, at last"}, line.Cells); err != nil {
				rt.Fatal(err)
			}
		})
		if err := f.Flush(); err != nil {
			rt.Fatal(err)
		}
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			rt.Fatal(err)
		}
		requests(rt, path, func(_ *validate.Line, asks string) { got = append(got, asks) })
		if strings.Join(got, "|") != strings.Join(want, "|") {
			rt.Errorf("the failed.csv asks %q, the roster %q:\n%s", got, want, out.String())
		}
	})
}
