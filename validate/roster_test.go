package validate

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

var engage = Spelling{
	Users: []UserColumn{
		{By: "Id", Headings: []string{"Id"}, Key: SalesforceID("005")},
		{By: "Username", Headings: []string{"Username", "User Name"}, Key: FoldKey},
		{By: "EmployeeNumber", Headings: []string{"EmployeeNumber"}, Key: TextKey},
	},
	Values: []string{"Engage_Group_Request_vod__c", "Group"}, Nothing: []string{"#N/A"}, Blank: Remove,
}

func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roster.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// said reads a whole roster and says of each row what it asks for, or its fault: "user>group", "user>" for a removal,
// "CODE".
func said(t testing.TB, text string, o Options) ([]string, *Roster, *Screening) {
	t.Helper()
	r, err := Open(write(t, text), engage, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	s, err := r.Screen(func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line, err := range r.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		q, f := r.Check(line)
		if f == nil {
			f = s.Fault(line.Row)
		}
		switch {
		case f != nil && f.Skipped:
			all = append(all, "skip "+f.Code)
		case f != nil:
			all = append(all, f.Code)
		default:
			all = append(all, string(q.Cell())+">"+string(q.Value()))
		}
	}
	if len(all) != s.Rows {
		t.Errorf("%d rows were read, %d screened", len(all), s.Rows)
	}
	return all, r, s
}

const head = "Username,Group\n"

// Every line is a row, a blank line or the header, once; and what is well formed is read as encoding/csv reads it.
func TestEveryLineIsReadOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.StringMatching(`[a-c ,"\n#é;]{0,6}`), 3, 3), 1, 30).Draw(rt, "rows")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		_ = w.Write([]string{"Username", "Group", "Note"})
		_ = w.WriteAll(rows)
		path := write(t, b.String())
		r, err := Open(path, engage, Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		in := csv.NewReader(bytes.NewReader(b.Bytes()))
		want, err := in.ReadAll()
		if err != nil {
			rt.Fatal(err)
		}
		next := 1
		for line, err := range r.Lines() {
			if err != nil {
				rt.Fatal(err)
			}
			for next < len(want) && strings.TrimSpace(strings.Join(want[next], "")) == "" {
				next++ // a blank line
			}
			for i, cell := range line.Cells {
				if string(cell) != want[next][i] {
					rt.Fatalf("row %d, cell %d: %q, want %q", line.Row, i, cell, want[next][i])
				}
			}
			next++
		}
		for next < len(want) && strings.TrimSpace(strings.Join(want[next], "")) == "" {
			next++
		}
		if next != len(want) {
			rt.Fatalf("%d records were read of %d", next, len(want))
		}
	})
}

// once walks the lines and fails unless each line of the text is in exactly one row, in order, or is blank: the text
// between two rows holds as many line ends as their numbers differ by, and a row without a quote is its line.
func once(t rapid.TB, r *Roster, text []byte) (rows int) {
	t.Helper()
	last, at := r.lines, r.begin
	ends := func(from, to int64) int { return bytes.Count(text[from:to], []byte{r.lineEnd}) }
	for line, err := range r.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		rows++
		if line.Row != rows || line.Number <= last || line.Offset < at {
			t.Fatalf("row %d: row %d on line %d at byte %d, after line %d at byte %d", rows, line.Row, line.Number, line.Offset, last, at)
		}
		if begin := ends(0, line.Offset) + 1; begin != line.Number {
			t.Fatalf("row %d stands on line %d, and is said to stand on line %d", rows, begin, line.Number)
		}
		last, at = line.Number, line.Offset
		if physical := lineAt(text, line.Offset, r.lineEnd); !r.ours && utf8.Valid(physical) && !bytes.ContainsRune(physical, '"') {
			if got := bytes.Join(line.Cells, []byte{r.Delimiter}); !bytes.Equal(got, physical) {
				t.Fatalf("line %d is %q, its cells are %q", line.Number, physical, got)
			}
			if !bytes.Equal(line.Raw, physical) && r.src.utf == 0 {
				t.Fatalf("line %d is %q, and said to be spelled %q", line.Number, physical, line.Raw)
			}
		} else if line.Raw != nil {
			t.Fatalf("line %d is said to be spelled %q", line.Number, line.Raw)
		}
	}
	return rows
}

// lineAt is the line that begins at an offset, without its end.
func lineAt(text []byte, offset int64, lineEnd byte) []byte {
	line, _, _ := bytes.Cut(text[offset:], []byte{lineEnd})
	if lineEnd == '\n' {
		return bytes.TrimSuffix(line, []byte{'\r'})
	}
	return line
}

func TestEveryLineIsReadOnceWhateverTheBytes(t *testing.T) {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"\n", "\r\n", "\r", ",", ";", "\"", "\"\"", "a", "ann@acme.example", " ", "\x00", "\xFF", "ö", "\u00A0", "#N/A", "sep="}),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 5), func(b []byte) string { return string(b) }),
	)
	rapid.Check(t, func(rt *rapid.T) {
		text := head + strings.Join(rapid.SliceOf(piece).Draw(rt, "text"), "")
		r, err := Open(write(t, text), engage, Options{})
		if err != nil {
			rt.Skip("it is no roster")
		}
		defer func() { _ = r.Close() }()
		rows := once(rt, r, []byte(text))
		if s, err := r.Screen(func(int) {}); err != nil || s.Rows != rows {
			rt.Fatalf("%d rows, screened %+v, %v", rows, s, err)
		}
	})
}

func FuzzLines(f *testing.F) {
	for _, seed := range []string{
		head + "a,X\n", head + "\"a\n\"b,X\r\n\r", "sep=;\nUsername;Group\n\"", "\xFF\xFEU\x00",
		"Username,Group\ra,X\r", head + `a,"""` + "\nb,\"\n", failedHead + "a,X,,\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Open(write(t, string(data)), engage, Options{})
		if err != nil {
			return
		}
		defer func() { _ = r.Close() }()
		s, err := r.Screen(func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		if r.Encoding == "UTF-8" {
			once(t, r, data)
		}
		rows := 0
		for line, err := range r.Lines() {
			if err != nil {
				t.Fatal(err)
			}
			if rows++; line.Row != rows {
				t.Fatalf("row %d comes as row %d", rows, line.Row)
			}
			q, fault := r.Check(line)
			if fault != nil || s.Fault(line.Row) != nil {
				continue
			}
			if row, ok, _ := s.Find(bytes.Clone(q.Key())); !ok || row != line.Row {
				t.Fatalf("row %d is found in row %d, %v", line.Row, row, ok)
			}
		}
		if rows != s.Rows {
			t.Fatalf("%d rows, screened %d", rows, s.Rows)
		}
	})
}
