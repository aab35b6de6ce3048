package loader

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"rosterload/loader/results"
	"rosterload/loader/run"
)

// failedNight is a night on which the org failed two assignments, and found one user whose removal only a retry can do.
func failedNight(t *testing.T) (*night, *results.Summary) {
	t.Helper()
	n := newNight(t)
	n.org.broken = map[string]bool{"id0001": true, "id0002": true}
	n.org.users["id0006"].Request = "" // blank already, and still a member of Alpha
	s, err := Load(context.Background(), n.options(n.org), n.roster)
	if err != nil || s.Exit != run.ExitFailedRows || !s.Final {
		t.Fatalf("%v, exit %d, %s", err, s.Exit, s.Line())
	}
	if row := rowOf(t, s, 7); row.ReasonCode != "ENGAGE_RETRY_NEEDED" || s.Plan.RetryFirst != 1 {
		t.Fatalf("%+v", row)
	}
	n.org.broken = nil // the cause is cured
	n.org.log = nil
	return n, s
}

func checkRetried(t *testing.T, n *night, s *results.Summary) {
	t.Helper()
	for _, want := range []struct {
		row    int
		result string
	}{{2, "Updated"}, {3, "Updated"}, {7, "Removed"}} {
		if row := rowOf(t, s, want.row); row.Result != want.result || row.NextStep != "" {
			t.Errorf("row %d: %+v", want.row, row)
		}
	}
	times := map[string]int{}
	for i, entry := range n.org.log {
		job, user, _ := strings.Cut(entry, " ")
		times[user]++
		if !strings.HasPrefix(job, "retry-1-") || strings.HasSuffix(job, "removals") != (i == 0) {
			t.Errorf("%d: %s: removals by retry go first, and nothing but retries goes", i, entry)
		}
	}
	if len(times) != 3 {
		t.Errorf("asked again were %v", times)
	}
	for user, k := range times {
		if k != 1 {
			t.Errorf("%s was asked %d times", user, k)
		}
	}
	if _, err := os.Stat(strings.TrimSuffix(s.Files.Results, ".results.csv") + ".failed.csv"); err == nil {
		t.Error("failed.csv is still there, and nothing failed any more")
	}
}

func TestARetryAsksOnceMoreAndWritesTheResultsAgain(t *testing.T) {
	n, first := failedNight(t)
	which, err := Retryable(n.home, fakeCodes)
	if err != nil || which.ID != first.Run {
		t.Fatal(which, err)
	}
	s, err := Retry(context.Background(), n.options(n.org), which.ID)
	if err != nil || s.Exit != 0 || s.Revision != 2 || !s.Final {
		t.Fatalf("%v, exit %d, revision %d, %s", err, s.Exit, s.Revision, s.Line())
	}
	checkRetried(t, n, s)
	if row := rowOf(t, s, 2); row.Attempts != 2 {
		t.Errorf("attempts of a row that was sent before: %d", row.Attempts)
	}
	if row := rowOf(t, s, 7); row.Attempts != 1 || row.Action != "remove" {
		t.Errorf("a row that was never sent before: %+v", row)
	}
	s, err = Retry(context.Background(), n.options(n.org), which.ID)
	if ExitCode(err) != run.ExitNothing {
		t.Errorf("a second retry has nothing to do: %v, %+v", err, s)
	}
	if _, err := Retryable(n.home, fakeCodes); ExitCode(err) != run.ExitNothing {
		t.Errorf("no run is left that a retry could help: %v", err)
	}
}

func TestARowFoundRightWithoutARetryIsLeftAlone(t *testing.T) {
	n, first := failedNight(t)
	n.org.users["id0001"].Group, n.org.users["id0001"].Status = "Beta", "success" // the admin has synchronised by hand
	n.org.users["id0002"].Request = "Gamma"                                       // and this one was moved
	s, err := Retry(context.Background(), n.options(n.org), first.Run)
	if err != nil {
		t.Fatal(err)
	}
	if row := rowOf(t, s, 2); row.Result != "Updated" || row.Attempts != 1 {
		t.Errorf("%+v", row)
	}
	if row := rowOf(t, s, 3); row.ReasonCode != "USER_CHANGED_MEANWHILE" {
		t.Errorf("%+v", row)
	}
	if len(n.org.log) != 1 {
		t.Errorf("asked again were %v", n.org.log)
	}
}

func TestEveryWriteOfARetryMayFailOnce(t *testing.T) {
	count := func(t *testing.T, fail int) int {
		n, first := failedNight(t)
		writes := 0
		var mu sync.Mutex
		o := n.options(n.org)
		o.Trip = func(string, bool) error {
			mu.Lock()
			defer mu.Unlock()
			if writes++; fail == 0 || writes < fail {
				return nil
			}
			return errPulled
		}
		s, err := Retry(context.Background(), o, first.Run)
		for tries := 0; errors.Is(err, errPulled) || s == nil; tries++ {
			if s, err = Carry(context.Background(), n.options(n.org), first.Run); ExitCode(err) == run.ExitNothing {
				if r, _ := run.Open(n.home, first.Run); r.Last.Number > 1 {
					s, err = r.Summary()
					break
				}
				s, err = Retry(context.Background(), n.options(n.org), first.Run) // it never began
			}
			if tries > 4 {
				t.Fatal(err)
			}
		}
		if err != nil || s.Exit != 0 {
			t.Fatalf("%v, exit %d, %s", err, s.Exit, s.Line())
		}
		checkRetried(t, n, s)
		return writes
	}
	writes := count(t, 0)
	for fail := 1; fail <= writes; fail++ {
		t.Run(fmt.Sprint("write ", fail), func(t *testing.T) {
			t.Parallel()
			count(t, fail)
		})
	}
}
