package results

import (
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
		{"the end", good[:len(good)-4] + "\"", 2, nil, "row 2"},
	} {
		path := filepath.Join(t.TempDir(), "r.csv")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := Prove(path, c.rows, c.words)
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
	if err := Prove(lines(all), rows, want); err != nil {
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
		if Prove(lines(changed), rows, want) == nil {
			rt.Fatalf("proven all the same: %v", changed)
		}
	})
}

func BenchmarkProve(b *testing.B) {
	const rows = 100_000
	all, cells := make([]Row, rows), make([][][]byte, rows)
	for i := range all {
		all[i] = Row{Row: i + 1, Key: "user0000001@acme.example", Action: "assign", Result: "Updated", Requested: "Beta", After: "Beta", Attempts: 1}
	}
	path := written(b, Dialect{Delimiter: ','}, []string{"Username", "Group", "Note"}, false, all, cells)
	for b.Loop() {
		if err := Prove(path, rows, map[transform.Word]int{transform.Updated: rows}); err != nil {
			b.Fatal(err)
		}
	}
}
