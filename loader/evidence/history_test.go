package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rosterload/loader/run"
)

func historyOf(t *testing.T, g *rig, user string, o HistoryOptions) []string {
	t.Helper()
	past, err := History(g.Folder, user, o)
	must(t, err)
	if len(past.Unread) > 0 {
		t.Fatal(past.Unread)
	}
	var all []string
	for _, l := range past.Lines {
		all = append(all, fmt.Sprintf("%s row %d line %d %s", l.File, l.Row, l.Line, l.Result))
	}
	return all
}

func TestHistoryFindsAPersonUnderEverySpelling(t *testing.T) {
	g := newRig(t)
	first := people(12)
	g.load(t, "monday.csv", first)
	second := people(12)
	second[1].key = "E00042" // the same user by another column: the record id ties both
	g.load(t, "tuesday.csv", second)
	third := people(12)
	third[1].key, third[1].id, third[1].result = "e00042", "", "Failed" // failed before the user was known
	g.load(t, "wednesday.csv", third)
	want := []string{"monday.csv row 2 line 3 Updated", "tuesday.csv row 2 line 3 Updated", "wednesday.csv row 2 line 3 Failed"}
	for _, user := range []string{"user00002@acme.example", "USER00002@Acme.Example", "0055f0000000002AAA", "E00042"} {
		if got := historyOf(t, g, user, HistoryOptions{}); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", user, got, want)
		}
	}
	if got := historyOf(t, g, "user00006@acme.example", HistoryOptions{}); !slices.Contains(got, "monday.csv row 6 line 8 Updated") {
		t.Errorf("a line behind one with a line break: %q", got)
	}
	if got := historyOf(t, g, "user00003@acme.example", HistoryOptions{}); len(got) > 0 {
		t.Errorf("who was not changed: %q", got)
	}
	if got := historyOf(t, g, "user00003@acme.example", HistoryOptions{All: true}); len(got) != 3 {
		t.Errorf("all: %q", got)
	}
	if got := historyOf(t, g, "user00002@acme.example", HistoryOptions{Target: "other"}); len(got) > 0 {
		t.Errorf("of another target: %q", got)
	}
	if got := historyOf(t, g, "user00002@acme.example", HistoryOptions{Since: g.clock.Add(time.Hour)}); len(got) > 0 {
		t.Errorf("since later: %q", got)
	}
	if past, err := History(g.Folder, "user0000@acme.example", HistoryOptions{All: true}); err != nil || past.Known {
		t.Errorf("a stranger is known: %v", err)
	}
}

func TestAnIndexIsMadeAgainWhenItIsMissingOrOld(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "monday.csv", people(12))
	path := indexPath(r.RevisionPath(1))
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	whole := get(t, path)
	for name, spoil := range map[string]func(){
		"missing":       func() { must(t, os.Remove(path)) },
		"of other rows": func() { put(t, path, []byte(strings.Replace(string(whole), "index 1 ", "index 1 0", 1))) },
		"empty":         func() { put(t, path, nil) },
	} {
		spoil()
		if got := historyOf(t, g, "user00002@acme.example", HistoryOptions{}); len(got) != 1 {
			t.Errorf("%s: %q", name, got)
		}
		if !slices.Equal(whole, get(t, path)) {
			t.Errorf("%s: it was not made again", name)
		}
	}
}

func TestTheUsersOfARecordAreCutAsCSVIs(t *testing.T) {
	for _, c := range []struct{ name, record, key, id string }{
		{"plain", "1,anna,assign,Updated,,,,,005A,x\n", "anna", "005A"},
		{"quoted cells", "1,\"an,na\",assign,Updated,,\"said \"\"so\"\",\n\",,,\"00\"\"5\",x\n", "an,na", "00\"5"},
		{"no user", "1,,assign,Failed,,,,,,x\n", "", ""},
		{"cut short", "1,anna,assign\n", "", ""},
		{"a broken quote", "1,\"anna,assign,Updated,,,,,005A,x\n", "", ""},
	} {
		if key, id := users([]byte(c.record), ','); string(key) != c.key || string(id) != c.id {
			t.Errorf("%s: %q, %q; want %q, %q", c.name, key, id, c.key, c.id)
		}
	}
}

func TestPruneDropsRowsAndKeepsWhatProvesThem(t *testing.T) {
	g := newRig(t)
	old := g.load(t, "monday.csv", people(5))
	wrong := g.load(t, "tuesday.csv", people(5))
	open := g.begun(t, "wednesday.csv", people(5))
	open.Close()
	newest := g.load(t, "thursday.csv", people(5))
	put(t, wrong.RevisionPath(1), append(get(t, wrong.RevisionPath(1)), 'x'))
	later := g.clock.Add(time.Hour)
	dry, err := g.Prune(context.Background(), later, true)
	must(t, err)
	if _, err := os.Stat(old.RevisionPath(1)); err != nil {
		t.Fatal("a dry run has dropped rows")
	}
	done, err := g.Prune(context.Background(), later, false)
	must(t, err)
	if !slices.Equal(done.Runs, []string{old.ID}) || !slices.Equal(dry.Runs, done.Runs) || len(done.Left) != 1 || !strings.Contains(done.Left[0], wrong.ID) {
		t.Errorf("%+v", done)
	}
	entries, err := os.ReadDir(old.Folder)
	must(t, err)
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{"journal.jsonl", "lock", "manifest-1.json", "manifest-1.json.sig"}; !slices.Equal(left, want) {
		t.Errorf("left are %q", left)
	}
	for _, r := range []*run.Run{open.Run, newest, wrong} {
		if _, err := os.Stat(r.Path(run.RosterFile)); err != nil {
			t.Errorf("%s was pruned", r.ID)
		}
	}
	if exit, said := proof(t, old.Stem()+".results.csv", VerifyOptions{Home: g.Folder}); exit != 0 {
		t.Errorf("what was kept elsewhere: %s", said)
	}
	again, err := run.Open(g.Folder, old.ID)
	must(t, err)
	if !again.Pruned || !again.Status().Pruned {
		t.Error("the run does not say that it was pruned")
	}
	ledger, err := ReadLedger(g.Folder)
	must(t, err)
	if ledger.Newest(Prune, old.ID, 1).Seq == 0 || !ledger.Sound() {
		t.Errorf("%+v", ledger.Entries)
	}
	if past, err := History(g.Folder, "user00002@acme.example", HistoryOptions{}); err != nil || past.Pruned != 1 {
		t.Errorf("%+v, %v", past, err)
	}
	more, err := g.Prune(context.Background(), later, false)
	must(t, err)
	if len(more.Runs) > 0 {
		t.Errorf("pruned twice: %q", more.Runs)
	}
}

// Rows that are not the ones that were written are not told, and the run is named: with an index and without one.
func TestHistoryTellsNothingOfRowsThatDoNotHold(t *testing.T) {
	for _, c := range []struct{ name, user, file, old, by string }{
		{"a changed value", "user00002@acme.example", "results-1.csv", "user00002@acme.example,assign,Updated", "user00002@acme.example,assign,Removed"},
		{"a changed key", "user00002@acme.example", "results-1.csv", "user00002@acme.example,assign", "user00009@acme.example,assign"},
		{"rows gone", "user00002@acme.example", "results-1.csv", "", ""},
		{"an absent user", "gone0@acme.example", "absent-1.csv", "Removed", "Failed"},
		{"the absent are gone", "gone0@acme.example", "absent-1.csv", "", ""},
	} {
		for _, indexed := range []bool{true, false} {
			g := newRig(t)
			r := g.load(t, "monday.csv", people(6))
			g.load(t, "tuesday.csv", people(6))
			kept := r.Path(c.file)
			if text := string(get(t, kept)); c.old != "" {
				put(t, kept, []byte(strings.Replace(text, c.old, c.by, 1)))
			} else {
				must(t, os.Remove(kept))
			}
			if !indexed && c.old != "" { // rows and index gone is what a copy without them looks like
				must(t, os.Remove(indexPath(kept)))
			}
			past, err := History(g.Folder, c.user, HistoryOptions{})
			must(t, err)
			if len(past.Altered) != 1 || !strings.HasPrefix(past.Altered[0], r.ID+": "+c.file+" ") || len(past.Lines) != 1 || past.Lines[0].Run == r.ID {
				t.Errorf("%s, index %v: %q, %+v", c.name, indexed, past.Altered, past.Lines)
			}
			if _, err := os.Stat(indexPath(kept)); err == nil && !indexed && c.old != "" {
				t.Errorf("%s: an index was made of rows that do not hold", c.name)
			}
			var stop *run.Stop
			if _, err := g.Forget(context.Background(), c.user, run.Given{Reason: "x"}); !errors.As(err, &stop) || stop.Code != run.ExitUnproved {
				t.Errorf("%s, index %v: forget: %v", c.name, indexed, err)
			}
		}
	}
}

// A reader finds the same where it may not write, and leaves no index behind.
func TestAReaderMakesNoIndex(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "monday.csv", people(12))
	path := indexPath(r.RevisionPath(1))
	must(t, os.Remove(path))
	got := historyOf(t, g, "user00002@acme.example", HistoryOptions{ReadOnly: true})
	if !slices.Equal(got, []string{"monday.csv row 2 line 3 Updated"}) {
		t.Errorf("%q", got)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the index was written: %v", err)
	}
}

// A kill at each write of a prune leaves a home that the next prune brings to the same end.
func TestAKilledPruneIsEndedByTheNext(t *testing.T) {
	for kill := 1; ; kill++ {
		g := newRig(t)
		old := g.load(t, "monday.csv", people(3))
		g.load(t, "tuesday.csv", people(3))
		writes := 0
		g.Trip = func(string, bool) error {
			if writes++; writes >= kill {
				return errPulled
			}
			return nil
		}
		_, err := g.Prune(context.Background(), g.clock.Add(time.Hour), false)
		g.Trip = nil
		if err == nil {
			if kill < 4 {
				t.Fatalf("only %d writes were seen", kill-1)
			}
			return
		}
		_, err = g.Prune(context.Background(), g.clock.Add(time.Hour), false)
		must(t, err)
		if names, _, err := rowFiles(old); err != nil || len(names) > 0 {
			t.Fatalf("kill %d: %q, %v", kill, names, err)
		}
		if said := faults(t, g, CheckOptions{}); said != "" {
			t.Fatalf("kill %d: %s", kill, said)
		}
	}
}

func TestForgetDropsEveryRunOfThePersonAndListsTheCopies(t *testing.T) {
	g := newRig(t)
	with := g.load(t, "monday.csv", people(5))
	without := g.load(t, "tuesday.csv", people(1))
	done, err := g.Forget(context.Background(), "user00003@acme.example", run.Given{By: "anna@host", Reason: "asked by letter"})
	must(t, err)
	if !slices.Equal(done.Runs, []string{with.ID}) {
		t.Errorf("%+v", done)
	}
	for _, path := range []string{with.Stem() + ".results.csv", with.Stem() + ".summary.json", with.Stem() + ".blocks.json", filepath.Join(g.place, "monday.csv")} {
		if !slices.Contains(done.Elsewhere, path) {
			t.Errorf("%s is not listed: %q", path, done.Elsewhere)
		}
	}
	if names, _, err := rowFiles(with); err != nil || len(names) > 0 {
		t.Errorf("%q, %v", names, err)
	}
	if _, err := os.Stat(without.RevisionPath(1)); err != nil {
		t.Error("a run without the person was dropped")
	}
	ledger, err := ReadLedger(g.Folder)
	must(t, err)
	if ledger.Newest(Forget, with.ID, 1).Seq == 0 {
		t.Errorf("%+v", ledger.Entries)
	}
	if said := faults(t, g, CheckOptions{}); said != "" {
		t.Error(said)
	}
	var stop *run.Stop
	g.begun(t, "killed.csv", people(1)).Close()
	if _, err := g.Forget(context.Background(), "USER00001@acme.example", run.Given{Reason: "x"}); !errors.As(err, &stop) || stop.Code != run.ExitUsage {
		t.Errorf("a run that was killed has the person: %v", err)
	}
	if _, err := g.Forget(context.Background(), "user00003@acme.example", run.Given{Reason: "x"}); !errors.As(err, &stop) || stop.Code != run.ExitNothing {
		t.Errorf("a person that is unknown now: %v", err)
	}
}

func TestARecordIsIndexedWithoutACopy(t *testing.T) {
	x := newIndex("", 4000)
	x.add([]byte("row,key\n"), 0)
	record := []byte("1,\"Anna, Maria@acme.example\",assign,Updated,,,,,0055f000001AbcdAAC,x\n")
	cells := bytes.Split([]byte("1;Anna, Maria@acme.example;assign;Updated;;;;;0055f000001AbcdAAC;x"), []byte(";"))
	for name, record := range map[string]func(){"add": func() { x.add(record, 8) }, "take": func() { x.take(cells, 8) }} {
		if n := testing.AllocsPerRun(1000, record); n > 0 {
			t.Errorf("%s: %v allocations for a record", name, n)
		}
	}
}
