package evidence

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// What a reading makes of a file while it is proved is what those who verify it make of its bytes.
func TestAReadingMakesTheBlocksAndTheIndexOfTheFile(t *testing.T) {
	k := &Keeper{Run: &run.Run{Folder: t.TempDir()}}
	path := k.Run.Path("results-1.csv")
	texts := []string{"", "a", "Anna, \"Maria\"@ACME.example", "=1+2", "\r\nx\ty", "Ünal@acme.example", "'", "a;b"}
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.SampledFrom(texts)
		d := results.Dialect{Delimiter: rapid.SampledFrom([]byte(",;")).Draw(rt, "delimiter"), Mark: rapid.Bool().Draw(rt, "mark")}
		rows := rapid.SampledFrom([]int{0, 1, 9, mostBlocks, mostBlocks + 1, 2*mostBlocks + 3}).Draw(rt, "rows")
		various := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) [3]string {
			return [3]string{text.Draw(rt, "key"), text.Draw(rt, "id"), text.Draw(rt, "note")}
		}), 1, 5).Draw(rt, "various")
		var b bytes.Buffer
		out := results.NewResults(&b, d, []string{"Note"}, false)
		for i := range rows {
			v := various[i%len(various)]
			must(t, out.Write(&results.Row{Row: i + 1, Key: v[0], RecordID: v[1], Result: "Updated"}, [][]byte{[]byte(v[2])}))
		}
		must(t, out.Flush())
		put(t, path, b.Bytes())
		sha := digest(b.Bytes())
		must(t, k.Reading("results-1.csv", sha, rows, func(each results.Each) error {
			return results.Prove(path, 1, rows, map[transform.Word]int{transform.Updated: rows}, each)
		}))
		x, index := newIndex(sha, 0), bytes.Buffer{}
		blocks, err := blocksOf(path, "results-1.csv", rows, x.add)
		must(t, err)
		must(t, x.spell(&index))
		want, err := canonical(blocks)
		must(t, err)
		if is, err := canonical(k.blocks["results-1.csv"]); err != nil || !bytes.Equal(is, want) {
			rt.Errorf("%v, blocks\n%s\nwant\n%s", err, is, want)
		}
		if is := get(t, indexPath(path)); !bytes.Equal(is, index.Bytes()) {
			rt.Errorf("the index is %d bytes that are not the %d of the file", len(is), index.Len())
		}
	})
}

// A crash comes between a reading and its seal, or a proof fails: the next revision has the same number, and another
// file. What is sealed then is that file alone.
func TestNothingIsKeptOfAnEarlierReading(t *testing.T) {
	g := newRig(t)
	w := g.begun(t, "nightly.csv", people(9))
	r := w.Run
	k := &Keeper{Home: g.Home, Context: context.Background(), Run: r, Version: "v1"}
	seal := func() error {
		text, err := os.ReadFile(r.RevisionPath(1))
		must(t, err)
		s := &results.Summary{Run: r.ID, Revision: 1, ResultsSHA256: digest(text), Results: map[string]int{}}
		_, err = k.Seal(s, []run.Piece{{Name: "results-1.csv", SHA256: digest(text), Bytes: int64(len(text)), Rows: 9}})
		return err
	}
	unread := func(why string) {
		t.Helper()
		if err := seal(); err == nil || !strings.Contains(err.Error(), "was not read") {
			t.Errorf("%s: %v", why, err)
		}
	}
	write := func(note string) {
		var b bytes.Buffer
		out := results.NewResults(&b, g.dialect, []string{"Note"}, false)
		for i, p := range people(9) {
			must(t, out.Write(&results.Row{Row: i + 1, Key: p.key, Result: "Updated"}, [][]byte{[]byte(note)}))
		}
		must(t, out.Flush())
		put(t, r.RevisionPath(1), b.Bytes())
	}
	write("first")
	unread("a file that no proof has read")
	g.read(t, k, r.RevisionPath(1), 1, map[string]int{"Updated": 9})
	broken := errors.New("not proved")
	if err := k.Reading("results-1.csv", "", 9, func(results.Each) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	unread("the proof behind the first has failed")
	g.read(t, k, r.RevisionPath(1), 1, map[string]int{"Updated": 9})
	write("second")
	g.read(t, k, r.RevisionPath(1), 1, map[string]int{"Updated": 9})
	must(t, seal())
	unread("it was sealed once")
	all, err := readBlocks(get(t, r.BlocksPath(1)))
	must(t, err)
	want, err := blocksOf(r.RevisionPath(1), "results-1.csv", 9, func([]byte, int64) {})
	must(t, err)
	if len(all) != 1 || strings.Join(all[0].SHA256, " ") != strings.Join(want.SHA256, " ") {
		t.Errorf("sealed were %v, want %v", all, want)
	}
	if found := readIndex(indexPath(r.RevisionPath(1)), digest(get(t, r.RevisionPath(1)))); found == nil {
		t.Error("the index is that of another file: ", filepath.Base(r.RevisionPath(1)))
	} else {
		_ = found.Close()
	}
}
