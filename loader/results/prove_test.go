package results

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rosterload/transform"
)

func TestProveFindsWhatIsMissing(t *testing.T) {
	blank := strings.Repeat(",", len(Header)-4)
	good := strings.Join(Header, ",") + ",a\n1,x,,Updated," + blank + "\n2,y,,Failed," + blank + "\n"
	for _, c := range []struct {
		name, text string
		rows       int
		words      map[transform.Word]int
		says       string
	}{
		{"nothing", good, 2, map[transform.Word]int{transform.Updated: 1, transform.Failed: 1}, ""},
		{"a row", good, 3, map[transform.Word]int{transform.Updated: 2, transform.Failed: 1}, "has 2 rows"},
		{"a row that stands twice", strings.Replace(good, "2,y", "1,y", 1), 2, nil, "row 2"},
		{"a word", good, 2, map[transform.Word]int{transform.Updated: 2}, "Updated"},
		{
			"a word that is not ours", strings.Replace(good, "Failed", "Lost", 1), 2,
			map[transform.Word]int{transform.Updated: 1},
			"add up to 1",
		},
		{"a cell", strings.Replace(good, "Failed,", "Failed", 1), 2, nil, "row 2"},
		{"a column", strings.Replace(good, "reason_code", "reason", 1), 2, nil, "its header is not that of ours"},
		{"the header", "who,key\n", 0, nil, "no results file"},
		{"the delimiter", strings.Join(Header, "\"") + "\n", 0, nil, "no delimiter"},
		{"the end", good[:len(good)-4] + "\"", 2, nil, "row 2"},
		{"a blank line", strings.Replace(good, "\n2,", "\n\n2,", 1), 2, nil, "row 2: named"},
		{"a blank line at the end", good + "\r\n", 2, nil, "row 3: named"},
		{"a quote in a cell without quotes", strings.Replace(good, "2,y,", "2,y\"\",", 1), 2, nil, "row 2: no results file"},
		{"the last line end", strings.TrimSuffix(good, "\n"), 2, nil, "row 2"},
		{"the mark, half", "\xEF\xBB" + good, 2, nil, "does not begin with row"},
	} {
		path := filepath.Join(t.TempDir(), "r.csv")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := Prove(path, 1, c.rows, c.words, nil)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want it to say %q", c.name, err, c.says)
		}
	}
}

func TestProveFindsAnyChangedRow(t *testing.T) {
	const rows = 20
	var all []Row
	for i := range rows {
		all = append(all, Row{Row: i + 1, Key: "k", Result: string(transform.Words[i%len(transform.Words)])})
	}
	want := map[transform.Word]int{}
	for _, r := range all {
		want[transform.Word(r.Result)]++
	}
	lines := func(rows []Row) string {
		return written(t, Dialect{Delimiter: ','}, []string{"Username"}, false, rows, make([][][]byte, len(rows)))
	}
	if err := Prove(lines(all), 1, rows, want, nil); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		i, k := rapid.IntRange(0, rows-2).Draw(rt, "i"), rapid.IntRange(0, rows-1).Draw(rt, "k")
		changed := slices.Clone(all)
		switch rapid.SampledFrom([]string{"taken out", "twice", "swapped", "another word"}).Draw(rt, "change") {
		case "taken out":
			changed = slices.Delete(changed, k, k+1)
		case "twice":
			changed = slices.Insert(changed, k, changed[k])
		case "swapped":
			changed[i], changed[i+1] = changed[i+1], changed[i]
		default:
			changed[k].Result = string(transform.Words[(k+1)%len(transform.Words)])
		}
		if Prove(lines(changed), 1, rows, want, nil) == nil {
			rt.Fatalf("proven all the same: %v", changed)
		}
	})
}

// All bytes of a file are handed on, once and in order, with the cells that encoding/csv finds in them.
func TestProveHandsEachRecordOn(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := Dialect{Delimiter: rapid.SampledFrom([]byte(",;\t")).Draw(rt, "delimiter"), Mark: rapid.Bool().Draw(rt, "mark")}
		first, notes := rapid.IntRange(1, 1000).Draw(rt, "first"), rapid.SliceOf(rapid.SampledFrom([]string{"", "a", "a,b;c\td", "\"so\"", "one\r\ntwo\n\n", strings.Repeat("\"long\" ", 40_000)})).Draw(rt, "notes")
		all, input := []Row{}, [][][]byte{}
		for i, note := range notes {
			all = append(all, Row{Row: first + i, Key: "a\r\n" + note, Result: "Updated"})
			input = append(input, [][]byte{[]byte(note)})
		}
		path := written(t, d, []string{"Note"}, false, all, input)
		text, err := os.ReadFile(path)
		if err != nil {
			rt.Fatal(err)
		}
		var seen []byte
		var keys []string
		err = Prove(path, first, len(all), map[transform.Word]int{transform.Updated: len(all)}, func(cells [][]byte, raw []byte, at int64) {
			if at != int64(len(seen)) {
				rt.Errorf("%.40q stands at %d, %d was said", raw, len(seen), at)
			}
			seen, keys = append(seen, raw...), append(keys, string(cells[1]))
		})
		if err != nil || !bytes.Equal(seen, text) || keys[0] != "key" {
			rt.Fatalf("%v; %d bytes of %d, %q", err, len(seen), len(text), keys)
		}
		row := 0
		for r, err := range Read(path) {
			if row++; err != nil || keys[row] != r.Key {
				rt.Fatalf("row %d: %q, %v, want %q", row, keys[row], err, r.Key)
			}
		}
	})
}

func TestTheProofAllocatesNothingForARow(t *testing.T) {
	const rows = 10_000
	all, cells := make([]Row, rows), make([][][]byte, rows)
	for i := range all {
		all[i], cells[i] = Row{Row: i + 1, Key: "a, \"b\"", Result: "Not attempted"}, [][]byte{[]byte("one\ntwo")}
	}
	path := written(t, Dialect{Delimiter: ','}, []string{"Note"}, false, all, cells)
	n := testing.AllocsPerRun(1, func() {
		if err := Prove(path, 1, rows, map[transform.Word]int{transform.NotAttempted: rows}, nil); err != nil {
			t.Fatal(err)
		}
	})
	if n > 100 {
		t.Errorf("%v allocations for %d rows", n, rows)
	}
}

func BenchmarkProve(b *testing.B) {
	const rows = 100_000
	all, cells := make([]Row, rows), make([][][]byte, rows)
	for i := range all {
		all[i] = Row{Row: i + 1, Key: "user0000001@acme.example", Action: "assign", Result: "Updated", Requested: "Beta", After: "Beta", Attempts: 1}
	}
	path := written(b, Dialect{Delimiter: ','}, []string{"Username", "Group", "Note"}, false, all, cells)
	for b.Loop() {
		if err := Prove(path, 1, rows, map[transform.Word]int{transform.Updated: rows}, nil); err != nil {
			b.Fatal(err)
		}
	}
}
