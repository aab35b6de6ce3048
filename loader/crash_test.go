package loader

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/connector"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// A crash anywhere is only a pause. Each test here lets one call, or one write to the disk, fail - once not applied, once applied and not
// answered - throws the process's state away, takes the run up again, and holds the end against an undisturbed night.

const crashRows = 24

// night is a roster, an org and a home.
type night struct {
	org    *fakeOrg
	roster string
	home   string
}

func newNight(t *testing.T) *night {
	t.Helper()
	folder := t.TempDir()
	n := &night{org: newFakeOrg(crashRows), roster: filepath.Join(folder, "roster.csv"), home: filepath.Join(folder, "home")}
	var b strings.Builder
	b.WriteString("Username,Group\n")
	for i := range crashRows {
		group := "Beta"
		if i%3 == 0 && i%2 == 0 {
			group = "" // the user held Alpha: a removal
		}
		fmt.Fprintf(&b, "user%04d@acme.example,%s\n", i, group)
	}
	if err := os.WriteFile(n.roster, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *night) options(t connector.Target) Options {
	return Options{
		Home: n.home, Connector: fakeConnector, Open: func(context.Context, map[string]string) (connector.Target, error) { return t, nil }, Name: "fake",
		Flags: run.Flags{MaxRemovals: "100%", Wait: time.Minute},
		Sleep: func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) },
	}
}

// untilOver loads, and then resumes until the run is over.
func (n *night) untilOver(t *testing.T, first, then Options) *results.Summary {
	t.Helper()
	summary, err := Load(context.Background(), first, n.roster)
	for tries := 0; err != nil || summary == nil || !summary.Final; tries++ {
		if tries > 5 {
			t.Fatalf("the run does not come to its end: %v", err)
		}
		runs, _, bad := run.List(n.home)
		if bad != nil {
			t.Fatal(bad)
		}
		if len(runs) == 0 { // it never began
			summary, err = Load(context.Background(), then, n.roster)
			continue
		}
		summary, err = Carry(context.Background(), then, runs[len(runs)-1].ID)
		if runs[len(runs)-1].Over && err != nil {
			s, _ := runs[len(runs)-1].Summary()
			return s
		}
	}
	return summary
}

// told is what must be the same however often the night was cut short.
func told(t *testing.T, path string) []results.Row {
	t.Helper()
	var rows []results.Row
	for row, err := range results.Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		row.JobID, row.RunID, row.SettledAt, row.Attempts = "", "", "", 0
		rows = append(rows, row)
	}
	return rows
}

func (n *night) check(t *testing.T, s *results.Summary, want []results.Row) {
	t.Helper()
	if diff := cmp.Diff(want, told(t, s.Files.Results)); diff != "" {
		t.Errorf("the results differ from an undisturbed run's:\n%s", diff)
	}
	for user, times := range n.org.applied {
		if times != 1 {
			t.Errorf("%s was changed %d times", user, times)
		}
	}
	n.checkEvidence(t, s)
	upserts := false
	for _, entry := range n.org.log {
		if strings.HasPrefix(entry, "upserts") {
			upserts = true
		} else if upserts {
			t.Errorf("%s came after an upsert", entry)
		}
	}
}

func undisturbed(t *testing.T) (rows []results.Row, calls int) {
	n := newNight(t)
	f := &flaky{fakeOrg: n.org}
	s := n.untilOver(t, n.options(f), n.options(f))
	rows = told(t, s.Files.Results)
	n.check(t, s, rows)
	if s.Results["Updated"] == 0 || s.Results["Removed"] == 0 || s.Exit != 0 {
		t.Fatalf("the undisturbed night is no night: %s, exit %d", s.Line(), s.Exit)
	}
	return rows, f.calls
}

func TestEveryCallMayFailOnceAndTheNightEndsTheSame(t *testing.T) {
	want, calls := undisturbed(t)
	for _, means := range []error{connector.ErrLost, connector.ErrUnavailable} {
		for _, after := range []bool{false, true} {
			for fail := 1; fail <= calls+4; fail++ {
				t.Run(fmt.Sprintf("call %d, applied %v, %v", fail, after, means), func(t *testing.T) {
					t.Parallel()
					n := newNight(t)
					f := &flaky{fakeOrg: n.org, fail: fail, after: after, means: means}
					n.check(t, n.untilOver(t, n.options(f), n.options(n.org)), want)
					if !f.pulled && fail <= calls {
						t.Errorf("call %d never came", fail)
					}
				})
			}
		}
	}
}

func TestEveryWriteToDiskMayFailOnceAndTheNightEndsTheSame(t *testing.T) {
	want, _ := undisturbed(t)
	counted := newNight(t)
	writes, _ := counted.until(t, 0)
	for fail := 1; fail <= writes; fail++ {
		t.Run(fmt.Sprint("write ", fail), func(t *testing.T) {
			t.Parallel()
			n := newNight(t)
			_, s := n.until(t, fail)
			n.check(t, s, want)
		})
	}
}

// until pulls the plug at the Nth write and takes the run up again; 0 counts the writes.
func (n *night) until(t *testing.T, fail int) (writes int, s *results.Summary) {
	t.Helper()
	var mu sync.Mutex
	first := n.options(n.org)
	first.Trip = func(string, bool) error {
		mu.Lock()
		defer mu.Unlock()
		if writes++; fail == 0 || writes < fail {
			return nil
		}
		return errPulled // and every later one: the process is gone
	}
	s = n.untilOver(t, first, n.options(n.org))
	return writes, s
}

func TestAJobThatVanishedIsSettledByLooking(t *testing.T) {
	want, _ := undisturbed(t)
	n := newNight(t)
	first := n.options(n.org)
	first.Trip = func(write string, done bool) error {
		if write == "journal: sent" && done {
			return errPulled
		}
		return nil
	}
	if _, err := Load(context.Background(), first, n.roster); !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	n.org.mu.Lock()
	for _, j := range n.org.jobs { // the org carries out what it has, and forgets the jobs
		if !j.open {
			n.org.carryOut(j)
		}
	}
	n.org.jobs = map[string]*fakeJob{}
	n.org.mu.Unlock()
	runs, _, _ := run.List(n.home)
	s, err := Carry(context.Background(), n.options(n.org), runs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	n.check(t, s, want)
}

func TestRowsThatMeetALockGoOnceMoreAlone(t *testing.T) {
	want, _ := undisturbed(t)
	n := newNight(t)
	n.org.lock["id0001"], n.org.lock["id0006"] = 1, 1
	s := n.untilOver(t, n.options(n.org), n.options(n.org))
	n.check(t, s, want)
	for row, err := range results.Read(s.Files.Results) {
		if err != nil {
			t.Fatal(err)
		}
		if attempts := map[bool]int{true: 2, false: 1}[row.Row == 2 || row.Row == 7]; row.Result != "Unchanged" && row.Attempts != attempts {
			t.Errorf("row %d has %d attempts, want %d", row.Row, row.Attempts, attempts)
		}
	}
	n = newNight(t)
	n.org.lock["id0001"] = 99
	s = n.untilOver(t, n.options(n.org), n.options(n.org))
	row := rowOf(t, s, 2)
	if row.Result != "Failed" || row.ReasonCode != "SF_UNABLE_TO_LOCK_ROW" || row.Reason != `locked, "really"` || row.Attempts != 3 {
		t.Errorf("a row that stays locked: %+v", row)
	}
}

func rowOf(t *testing.T, s *results.Summary, number int) results.Row {
	t.Helper()
	for row, err := range results.Read(s.Files.Results) {
		if err != nil {
			t.Fatal(err)
		}
		if row.Row == number {
			return row
		}
	}
	t.Fatalf("no row %d", number)
	return results.Row{}
}

func TestAJobTheOrgGivesUpStopsTheRunBeforeUpserts(t *testing.T) {
	n := newNight(t)
	n.org.breaks = "removals"
	s, err := Load(context.Background(), n.options(n.org), n.roster)
	if err != nil || s.Exit != run.ExitFailedRows || !s.Final {
		t.Fatalf("exit %d, final %v, %v", s.Exit, s.Final, err)
	}
	if row := rowOf(t, s, 1); row.Result != "Removed" {
		t.Errorf("the row that the job did come to: %+v", row)
	}
	if row := rowOf(t, s, 7); row.Result != "Failed" || row.ReasonCode != "SF_InvalidBatch" || row.Reason != "no such field" {
		t.Errorf("a row that the job never came to: %+v", row)
	}
	if row := rowOf(t, s, 2); row.Result != "Not attempted" || row.ReasonCode != "RUN_STOPPED" || row.NextStep != "fix-and-load" {
		t.Errorf("an upsert: %+v", row)
	}
	if _, err := Carry(context.Background(), n.options(n.org), s.Run); ExitCode(err) != run.ExitNothing {
		t.Errorf("a resume of a run that is over: %v", err)
	}
}

// clock goes on only when something sleeps.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) sleep(_ context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return nil
}

func TestASilentServerStopsOnceBeforeUpserts(t *testing.T) {
	n := newNight(t)
	n.org.slow = true
	o := n.options(n.org)
	clock := &clock{now: time.Now()}
	o.Now, o.Sleep = clock.time, clock.sleep
	s, err := Load(context.Background(), o, n.roster)
	if ExitCode(err) != run.ExitPending || s.Exit != run.ExitPending {
		t.Fatalf("%v, exit %d", err, s.Exit)
	}
	for _, entry := range n.org.log {
		if strings.HasPrefix(entry, "upserts") {
			t.Errorf("%s was sent", entry)
		}
	}
	s, err = Carry(context.Background(), o, s.Run)
	if err != nil || s.Exit != run.ExitPending || s.Results["Not attempted"] != 0 {
		t.Fatalf("the second time it goes on: %v, exit %d, %s", err, s.Exit, s.Line())
	}
	n.org.slow = false
	s, err = Carry(context.Background(), o, s.Run)
	if err != nil || s.Exit != 0 || !s.Final {
		t.Fatalf("when the server speaks again: %v, exit %d, %s", err, s.Exit, s.Line())
	}
}

func TestWhoeverWasMovedMeanwhileIsLeftAlone(t *testing.T) {
	n := newNight(t)
	first := n.options(n.org)
	first.Trip = func(write string, _ bool) error { // the plug is pulled when the removals are over
		if write == "journal: settled" {
			return errPulled
		}
		return nil
	}
	if _, err := Load(context.Background(), first, n.roster); !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	n.org.users["id0001"].Request = "Gamma"
	runs, _, _ := run.List(n.home)
	s, err := Carry(context.Background(), n.options(n.org), runs[0].ID)
	if err != nil || s.Exit != run.ExitFailedRows {
		t.Fatalf("%v, exit %d", err, s.Exit)
	}
	if row := rowOf(t, s, 2); row.ReasonCode != "USER_CHANGED_MEANWHILE" || row.NextStep != "fix-and-load" || row.Attempts != 0 {
		t.Errorf("%+v", row)
	}
	if n.org.applied["id0001"] != 0 || n.org.users["id0001"].Request != "Gamma" {
		t.Error("the late order was carried out")
	}
	if row := rowOf(t, s, 3); row.Result != "Updated" {
		t.Errorf("the next row: %+v", row)
	}
}

func TestAPlanThatIsNoLongerTrueIsRefusedAsAWhole(t *testing.T) {
	n := newNight(t)
	s, err := Plan(context.Background(), n.options(n.org), n.roster)
	if err != nil || s.Exit != 0 || s.Final || len(n.org.log) > 0 {
		t.Fatalf("%v, exit %d, final %v", err, s.Exit, s.Final)
	}
	n.org.users["id0001"].Request = "Gamma"
	s, err = Carry(context.Background(), n.options(n.org), s.Run)
	if ExitCode(err) != run.ExitStale || !strings.Contains(err.Error(), "user0001@acme.example") || !s.Final || s.Exit != run.ExitStale {
		t.Fatalf("%v", err)
	}
	if len(n.org.jobs) > 0 || s.Results["Not attempted"] == 0 {
		t.Errorf("something was sent: %s", s.Line())
	}
}

func TestTheNewestRunWins(t *testing.T) {
	n := newNight(t)
	first := n.options(n.org)
	first.Trip = func(write string, _ bool) error {
		if write == "journal: settled" {
			return errPulled
		}
		return nil
	}
	now := time.Now().Add(-time.Hour)
	first.Now = func() time.Time { return now }
	if _, err := Load(context.Background(), first, n.roster); !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	if _, err := Load(context.Background(), n.options(n.org), n.roster); err != nil {
		t.Fatal(err)
	}
	if _, err := run.Resumable(n.home, ""); ExitCode(err) != run.ExitNothing {
		t.Errorf("a bare resume takes a run that is superseded: %v", err)
	}
	runs, _, _ := run.List(n.home)
	sent := len(n.org.log)
	s, err := Carry(context.Background(), n.options(n.org), runs[0].ID)
	if err != nil || !s.Final || len(n.org.log) != sent {
		t.Fatalf("%v, final %v, %d sent", err, s.Final, len(n.org.log)-sent)
	}
	if row := rowOf(t, s, 2); row.ReasonCode != "RUN_SUPERSEDED" || row.NextStep != "ask-admin" {
		t.Errorf("%+v", row)
	}
	if s.Files.Failed != "" {
		data, _ := os.ReadFile(s.Files.Failed)
		if strings.Contains(string(data), "RUN_SUPERSEDED") {
			t.Error("superseded rows stand in failed.csv")
		}
	}
}
