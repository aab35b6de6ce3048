package evidence

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rosterload/loader/run"
)

func told(t *testing.T, g *rig, r *run.Run, most int64) string {
	t.Helper()
	s, err := StateOf(g.Folder, r, most)
	must(t, err)
	if s == nil {
		return "none"
	}
	var all strings.Builder
	for _, f := range s.Faults {
		fmt.Fprintln(&all, f)
	}
	for _, f := range s.Files {
		if f.State != AsWritten {
			fmt.Fprintln(&all, f.Name, f.State, f.Said)
		}
	}
	if spoilt := len(s.Faults) > 0 || strings.Contains(all.String(), Changed); spoilt == s.Holds() {
		t.Errorf("holds: %v, and %s", s.Holds(), all.String())
	}
	return all.String()
}

// What a reader is told of a run whose files were touched since.
func TestTheStateOfARevision(t *testing.T) {
	const all = int64(1 << 30)
	swap := func(path, from, to string) func(t *testing.T, g *rig, r *run.Run) {
		return func(t *testing.T, _ *rig, r *run.Run) {
			at := strings.NewReplacer("FOLDER", r.Folder, "STEM", r.Stem()).Replace(path)
			was := get(t, at)
			is := bytes.Replace(was, []byte(from), []byte(to), 1)
			if bytes.Equal(was, is) {
				t.Fatalf("%s has no %q", at, from)
			}
			put(t, at, is)
		}
	}
	for name, c := range map[string]struct {
		most  int64
		spoil func(t *testing.T, g *rig, r *run.Run)
		want  string
	}{
		"nothing": {all, func(*testing.T, *rig, *run.Run) {}, ""},
		"the kept results": {all, swap("FOLDER/results-1.csv", "2,user00002@acme.example,assign,Updated",
			"2,user00002@acme.example,assign,Removed"), "results-1.csv changed"},
		"the results": {all, swap("STEM.results.csv", "2,user00002@acme.example,assign,Updated",
			"2,user00002@acme.example,assign,Removed"), `row 2 was changed: column result says "Removed", written was "Updated"`},
		"the manifest": {all, swap("FOLDER/manifest-1.json", "monday", "munday"), "manifest-1.json of run"},
		"the ledger": {all, func(t *testing.T, g *rig, _ *run.Run) {
			path := filepath.Join(g.Folder, LedgerFile)
			put(t, path, bytes.Replace(get(t, path), []byte(`"what":"key"`), []byte(`"what":"kez"`), 1))
		}, "entry 1 is not the key"},
		"a file is gone":    {all, func(t *testing.T, _ *rig, r *run.Run) { must(t, os.Remove(r.Path(run.RosterFile))) }, "roster.csv gone"},
		"more than is read": {10, func(*testing.T, *rig, *run.Run) {}, "results-1.csv not looked at"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			r := g.load(t, "monday.csv", people(12))
			c.spoil(t, g, r)
			if got := told(t, g, r, c.most); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("told %q, want %q", got, c.want)
			}
		})
	}
	g := newRig(t)
	if got := told(t, g, g.begun(t, "monday.csv", people(1)).Run, all); got != "none" {
		t.Errorf("a run without a revision: %q", got)
	}
}
