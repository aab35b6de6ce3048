package results

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// cellsOf reads all records of a text, as strings.
func cellsOf(t testing.TB, text []byte) (all [][]string, err error) {
	path := filepath.Join(t.TempDir(), "results.csv")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for record, err := range Cells(path) {
		if err != nil {
			return all, err
		}
		var row []string
		for _, c := range record {
			row = append(row, string(c))
		}
		all = append(all, row)
	}
	return all, nil
}

// Whatever a roster holds comes back from the results byte for byte.
func TestCellsComeBackByteForByte(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := Dialect{Delimiter: rapid.SampledFrom([]byte{',', ';', '\t', '|'}).Draw(r, "delimiter"), Mark: rapid.Bool().Draw(r, "mark")}
		cell := rapid.OneOf(rapid.StringOfN(rapid.RuneFrom([]rune("ab \r\n\",;\t|'=\u202e\x00")), 0, 12, -1), rapid.String(), rapid.Just("\xff\r\n\""))
		width := rapid.IntRange(1, 4).Draw(r, "width")
		heading := rapid.SliceOfN(rapid.StringMatching(`[x-z]{1,3}`), width, width).Draw(r, "heading")
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, width, width), 0, 5).Draw(r, "rows")
		var text bytes.Buffer
		w := NewResults(&text, d, heading, false)
		for i, row := range rows {
			var raw [][]byte
			for _, c := range row {
				raw = append(raw, []byte(c))
			}
			if err := w.Write(&Row{Row: i + 1}, raw); err != nil {
				r.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			r.Fatal(err)
		}
		read, err := cellsOf(t, text.Bytes())
		if err != nil || len(read) != len(rows)+1 || !slices.Equal(read[0], slices.Concat(Header, heading)) {
			r.Fatalf("%q, %v of %q", read, err, text.String())
		}
		for i, row := range rows {
			if !slices.Equal(read[i+1][len(Header):], row) {
				r.Fatalf("row %d: %q, was %q", i+1, read[i+1], row)
			}
		}
	})
}

func TestWhatNoResultsFileHoldsIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"another header":             "a,b\n1,2\n",
		"nothing":                    "",
		"a quote that is not even":   "row,key\n1,\"a\n",
		"text behind a quote":        "row,key\n1,\"a\"b\n",
		"a last line without an end": "row,key\n1,a",
	} {
		if rows, err := cellsOf(t, []byte(text)); err == nil {
			t.Errorf("%s: %q", name, rows)
		}
	}
}

func TestALongRecordIsReadWhole(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	rows, err := cellsOf(t, []byte("row,key\n1,\""+long+"\n\"\n2,b\n"))
	if err != nil || len(rows) != 3 || rows[1][1] != long+"\n" || rows[2][1] != "b" {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func FuzzCells(f *testing.F) {
	f.Add([]byte("row,key\n1,\"a\"\"b\"\n"))
	f.Add([]byte("\xEF\xBB\xBFrow;key\n\"1\";\n"))
	f.Fuzz(func(t *testing.T, text []byte) { _, _ = cellsOf(t, text) })
}
