package loader

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/results"
	"rosterload/transform"
	"rosterload/validate"
)

func TestTheDisksTroubleIsNoBug(t *testing.T) {
	_, err := os.Open(filepath.Join(t.TempDir(), "nothing"))
	if ExitCode(fmt.Errorf("journal: %w", err)) != ExitUsage || !OfDisk(err) || OfDisk(errors.New("x")) {
		t.Error(ExitCode(err))
	}
}

func TestEveryKindOfErrorHasItsExitCode(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"nothing", nil, 0},
		{"somebody's mistake of ours", errors.New("?"), ExitBug},
		{"a file that is no roster", fmt.Errorf("x: %w", &validate.RosterError{Text: "?"}), ExitUsage},
		{"an empty file", fmt.Errorf("x: %w", validate.ErrEmpty), ExitNothing},
		{"no right", fmt.Errorf("x: %w", connector.ErrDenied), ExitDenied},
		{"no org", fmt.Errorf("x: %w", connector.ErrUnavailable), ExitUnavailable},
		{"no answer", fmt.Errorf("x: %w", connector.ErrLost), ExitUnavailable},
		{"another run", &Held{By: "somebody"}, ExitUnavailable},
		{"a guard", stop(ExitGuard, "", "too many"), ExitGuard},
	} {
		if got := ExitCode(c.err); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestExitOfARunGoesByItsRowsAndByWhatEndedIt(t *testing.T) {
	for _, c := range []struct {
		name                            string
		failed, unsent, pending, others int
		final                           bool
		maxFailed                       string
		ended                           error
		want                            int
	}{
		{name: "all well", others: 5, final: true, want: 0},
		{name: "a failed row", failed: 1, others: 5, final: true, want: 4},
		{name: "a failed row goes before a pending one", failed: 1, pending: 1, want: 4},
		{name: "pending", pending: 1, others: 5, want: 8},
		{name: "unsent rows of an open run: pending goes first", failed: 1, unsent: 1, pending: 1, want: 8},
		{name: "unsent rows of a run that is over", unsent: 1, others: 5, final: true, want: 4},
		{name: "a plan", unsent: 5, want: 0},
		{name: "failed rows that are forgiven", failed: 2, others: 8, final: true, maxFailed: "2", want: 0},
		{name: "one too many", failed: 3, others: 8, final: true, maxFailed: "2", want: 4},
		{name: "a share that is forgiven", failed: 2, others: 8, final: true, maxFailed: "20%", want: 0},
		{name: "nothing is forgiven where rows were not attempted", failed: 1, unsent: 1, final: true, maxFailed: "5", want: 4},
		{name: "the org was gone", failed: 1, unsent: 3, ended: fmt.Errorf("x: %w", connector.ErrUnavailable), want: 9},
		{name: "the wait was over before the upserts", unsent: 3, pending: 1, failed: 1, ended: stop(ExitPending, "", "?"), want: 8},
		{name: "the plan was no longer true", unsent: 3, final: true, ended: stop(ExitStale, "", "?"), want: 7},
	} {
		w := &work{Options: Options{Flags: Flags{MaxFailed: c.maxFailed}}, run: newRun("r", "")}
		s := &results.Summary{Final: c.final, Pending: c.pending, Failed: c.failed + c.unsent, Results: map[string]int{
			string(transform.Failed): c.failed, string(transform.NotAttempted): c.unsent, string(transform.Pending): c.pending, string(transform.Updated): c.others,
		}}
		s.Roster.Rows = c.failed + c.unsent + c.pending + c.others
		if got := w.exit(s, c.ended); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestTheRemovalGuard(t *testing.T) {
	for _, c := range []struct {
		name              string
		limit             string
		allow             int
		removals, holders int
		trips             bool
	}{
		{"a share that holds", "", 0, 20, 100, false},
		{"one more", "", 0, 21, 100, true},
		{"fewer than ten never trip a share", "", 0, 9, 9, false},
		{"ten of ten", "", 0, 10, 10, true},
		{"a number that holds", "5", 0, 5, 9, false},
		{"a number that does not, however small", "5", 0, 6, 1000, true},
		{"none at all", "0", 0, 1, 1000, true},
		{"the exact number lets them pass", "", 50, 50, 50, false},
		{"any other number does not", "", 49, 50, 50, true},
		{"not even where the guard would be silent", "", 3, 2, 1000, true},
	} {
		w := &work{Options: Options{Flags: Flags{MaxRemovals: c.limit, AllowRemovals: c.allow}}}
		if why := w.guard(&Planned{Removals: c.removals, Holders: c.holders}); (why != "") != c.trips {
			t.Errorf("%s: %q", c.name, why)
		}
	}
}

func TestAShareIsANumberOrAPercentage(t *testing.T) {
	for text, good := range map[string]bool{"": true, "0": true, "15": true, "20%": true, "2.5%": true, "100%": true, "101%": false, "-1": false, "1.5": false, "many": false, "%": false} {
		if err := CheckShare(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestIDsOfOneWidthAndOfSeveralAreFoundAgain(t *testing.T) {
	for _, width := range []string{"%018d", "%d"} {
		all := &ids{}
		x := newIndex(all, 3)
		for i := range 5000 {
			id := fmt.Sprintf(width, i*7)
			if place, isNew := x.add(id); !isNew || place != i {
				t.Fatalf("%s: place %d, new %v", id, place, isNew)
			}
			if place, isNew := x.add(id); isNew || place != i {
				t.Fatalf("%s a second time: place %d, new %v", id, place, isNew)
			}
		}
		for i := range 5000 {
			if place, ok := x.find([]byte(fmt.Sprintf(width, i*7))); !ok || place != i {
				t.Fatalf("%d is found at %d, %v", i*7, place, ok)
			}
		}
		if _, ok := x.find([]byte("nobody")); ok {
			t.Error("nobody was found")
		}
	}
}

func TestATornLastOutcomeNeverHappened(t *testing.T) {
	w := &work{run: newRun("r", t.TempDir())}
	s := &Shipment{}
	s.Job, s.Number = transform.Removals, 1
	log, err := w.openOutcomes(s, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(log.write(connector.Outcome{User: "a", State: connector.Refused, Reason: "two\nlines, \"quoted\""}, connector.Outcome{User: "b", State: connector.Accepted}), log.close()); err != nil {
		t.Fatal(err)
	}
	path := w.run.path(outcomesName(s))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := len(whole); cut > 0; cut-- {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		log, err := w.openOutcomes(s, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(log.write(connector.Outcome{User: "c", State: connector.Accepted}), log.close()); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		var users []string
		_, err = wholeRecords(f, func(rec []string, _ int64) error { users = append(users, rec[0]); return nil })
		_ = f.Close()
		if err != nil || len(users) == 0 || users[len(users)-1] != "c" || len(users) > 3 {
			t.Fatalf("cut at %d: %v, %v", cut, users, err)
		}
	}
}

func TestALaterRunSortsBehindAnEarlierOneOfTheSameSecond(t *testing.T) {
	home, now, last := t.TempDir(), time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC), ""
	for range 200 {
		r, err := newRunIn(home, now)
		if err != nil {
			t.Fatal(err)
		}
		if r.ID <= last {
			t.Fatalf("%s came after %s", r.ID, last)
		}
		last = r.ID
	}
}
