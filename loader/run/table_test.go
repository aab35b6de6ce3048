package run

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rosterload/transform"
	"rosterload/validate"
)

func table(t testing.TB, text string) (*TableReader, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.csv")
	write(t, path, text)
	return OpenTable(path)
}

// readOut walks a table to its end or its first error.
func readOut(r *TableReader) (rows [][]string, err error) {
	defer r.Close()
	for r.Rec != nil {
		rows = append(rows, append([]string{}, r.Rec...))
		if err = r.Next(); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

func TestATableIsReadAsItWasWritten(t *testing.T) {
	cell := rapid.StringMatching(`[a-zé ,;"'\n\\.]{0,6}`)
	rapid.Check(t, func(rt *rapid.T) {
		var text bytes.Buffer
		var want [][]string
		w := csv.NewWriter(&text)
		_ = w.Write([]string{"row", "a", "b"})
		for i := range rapid.IntRange(0, 6).Draw(rt, "rows") {
			want = append(want, []string{strconv.Itoa(i + 1), cell.Draw(rt, "a"), cell.Draw(rt, "b")})
		}
		_ = w.WriteAll(want)
		r, err := table(t, text.String())
		if err != nil {
			rt.Fatal(err)
		}
		got, err := readOut(r)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			rt.Fatal(err, diff)
		}
	})
}

func TestRowsThatAreMissingAreSteppedOver(t *testing.T) {
	r, err := table(t, "row,reason\n2,two\n5,\"fi\nve, \"\"really\"\"\"\n9,nine\n")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for row, want := range []string{"", "", "two", "", "", "fi\nve, \"really\"", "", "", "", "nine", "", ""} {
		if row == 0 {
			continue
		}
		there, err := r.At(row)
		if err != nil || there != (want != "") || there && r.Rec[1] != want {
			t.Errorf("row %d: %v, %v, %q", row, there, err, r.Rec)
		}
	}
	if r.Row != 0 || r.Rec != nil || r.Next() != nil {
		t.Error("the end is not the end")
	}
	(*TableReader)(nil).Close()
}

func TestATableThatIsTornOrAlteredIsAnError(t *testing.T) {
	for name, text := range map[string]string{
		"nothing at all":               "",
		"a header that is torn":        "row,rea",
		"a last line that is torn":     "row,reason\n1,one\n2,tw",
		"a number that is torn":        "row,reason\n1,one\n2",
		"a quoted cell that is torn":   "row,reason\n1,\"one\n",
		"a row without a number":       "row,reason\none,1\n",
		"a blank line":                 "row,reason\n\n1,one\n",
		"a quote in the middle":        "row,reason\n1,o\"n\"e\n",
		"text behind a closing quote":  "row,reason\n1,\"o\"ne\n",
		"a number that is out of size": "row,reason\n99999999999999999999,x\n",
	} {
		r, err := table(t, text)
		if err == nil {
			_, err = readOut(r)
		}
		if err == nil || !strings.Contains(err.Error(), "table.csv") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARecordWithTooFewCellsIsAnError(t *testing.T) {
	r, err := table(t, "row,result\n7,Failed\n")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Decided(); err == nil || !strings.Contains(err.Error(), "row 7") {
		t.Error(err)
	}
	if _, _, err := r.Standing(); err == nil {
		t.Error("half a standing is one")
	}
}

func TestFaultsVerdictsAndStandingsComeBack(t *testing.T) {
	w := writer(t, t.TempDir())
	defer w.Close()
	fault := &validate.Fault{Code: "ROW_BLANK", Reason: "blank, and \"ignored\"", Skipped: true}
	verdict := transform.Verdict{Word: transform.Failed, Code: "USER_INACTIVE", Reason: "line\nbreak", Next: transform.AskAdmin}
	standing := transform.Standing{ID: "id1", Active: true, Request: "Beta", Group: "Alpha, East", Status: "success"}
	for name, write := range map[string]func(*TableWriter) error{
		FaultsFile:   func(t *TableWriter) error { return t.WriteFault(1, fault) },
		VerdictsFile: func(t *TableWriter) error { return t.WriteVerdict(2, verdict, transform.Move, "Beta") },
		BeforeFile:   func(t *TableWriter) error { return t.WriteStanding(3, standing, "a note") },
	} {
		table, err := w.NewTable(name, "row")
		if err != nil {
			t.Fatal(err)
		}
		if err := write(table); err != nil {
			t.Fatal(err)
		}
		if _, _, err := table.Seal(); err != nil {
			t.Fatal(err)
		}
	}
	open := func(name string) *TableReader {
		r, err := OpenTable(w.Run.Path(name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Close)
		return r
	}
	if d, err := open(FaultsFile).Decided(); err != nil || d != (Decided{Verdict: transform.Verdict{Word: transform.Skipped, Code: "ROW_BLANK", Reason: fault.Reason}}) {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err := open(VerdictsFile).Decided(); err != nil || d != (Decided{Verdict: verdict, Action: "move", Requested: "Beta"}) {
		t.Errorf("%+v, %v", d, err)
	}
	if s, note, err := open(BeforeFile).Standing(); err != nil || s != standing || note != "a note" {
		t.Errorf("%+v, %q, %v", s, note, err)
	}
}

func TestATableThatFailsLeavesNothing(t *testing.T) {
	w := writer(t, t.TempDir())
	defer w.Close()
	full := errors.New("no space left")
	w.trip = func(write string, done bool) error {
		if write == "seal" && !done {
			return full
		}
		return nil
	}
	before, _ := os.ReadDir(w.Run.Folder)
	table, err := w.NewTable("removals-0001.csv", "Id")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := table.Seal(); !errors.Is(err, full) {
		t.Error(err)
	}
	table.Discard()
	if after, _ := os.ReadDir(w.Run.Folder); len(after) != len(before) {
		t.Errorf("%v", after)
	}
}

// Where encoding/csv reads a table of rows, so do we, and the same; where it does not, we do not.
func FuzzTable(f *testing.F) {
	f.Add("row,a\n1,x\n2,\"y,\"\"z\"\"\"\n")
	f.Add("row,a\n1,\"line\nbreak\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsRune(text, '\r') || strings.Contains(text, "\n\n") || strings.HasPrefix(text, "\n") || !strings.HasSuffix(text, "\n") {
			return // a table of ours has no such line; encoding/csv mends them in silence
		}
		in := csv.NewReader(strings.NewReader(text))
		in.FieldsPerRecord = -1
		want, theirs := in.ReadAll()
		for i, rec := range want {
			if n, err := strconv.Atoi(rec[0]); i > 0 && (err != nil || n == 0) {
				return
			}
		}
		r, ours := table(t, text)
		if errors.Is(ours, io.EOF) && len(want) == 0 {
			return
		}
		var got [][]string
		if ours == nil {
			got, ours = readOut(r)
		}
		if (ours == nil) != (theirs == nil) {
			t.Fatalf("%q: encoding/csv says %v, we say %v", text, theirs, ours)
		}
		if theirs == nil && cmp.Diff(want[1:], append([][]string{}, got...)) != "" {
			t.Fatalf("%q: %q, want %q", text, got, want[1:])
		}
	})
}
