package report

import (
	"testing"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

func TestExitOfARunGoesByItsRowsAndByWhatEndedIt(t *testing.T) {
	for _, c := range []struct {
		name                            string
		failed, unsent, pending, others int
		final                           bool
		maxFailed                       string
		ended                           int
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
		{name: "the org was gone", failed: 1, unsent: 3, ended: run.ExitUnavailable, want: 9},
		{name: "the wait was over before the upserts", unsent: 3, pending: 1, failed: 1, ended: run.ExitPending, want: 8},
		{name: "the plan was no longer true", unsent: 3, final: true, ended: run.ExitStale, want: 7},
	} {
		r := &Report{Flags: run.Flags{MaxFailed: c.maxFailed}, Ended: c.ended}
		s := &results.Summary{Final: c.final, Pending: c.pending, Failed: c.failed + c.unsent, Results: map[string]int{
			string(transform.Failed): c.failed, string(transform.NotAttempted): c.unsent, string(transform.Pending): c.pending, string(transform.Updated): c.others,
		}}
		s.Roster.Rows = c.failed + c.unsent + c.pending + c.others
		if got := r.exit(s); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
