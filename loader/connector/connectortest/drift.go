package connectortest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// codeDrift is what the results say of a user that others have changed since the plan.
const codeDrift = "USER_CHANGED_MEANWHILE"

// driftNights let another admin change a user between the plan and a resume. What the admin has set stays.
func driftNights(t *testing.T, rig Rig) {
	t.Run("before anything is sent: nothing is sent", func(t *testing.T) { t.Parallel(); driftedPlan(t, rig) })
	t.Run("between removals and upserts: the user is left alone",
		func(t *testing.T) { t.Parallel(); driftedUpserts(t, rig) })
}

// drifts tells whether the rig's other admin sets a value that is neither the old one nor the one asked for. An org
// where a value is there or not knows no third.
func (r Rig) drifts() bool { return strings.Contains(strings.Join(r.Drifted, "\n"), codeDrift) }

func driftedPlan(t *testing.T, rig Rig) {
	n := newNight(t, rig, 0, calmly)
	s, err := loader.Plan(context.Background(), n.options(t), n.roster())
	if err != nil {
		t.Fatal(err)
	}
	drifted := n.watch.drift(t)
	s, err = loader.Carry(context.Background(), n.options(t), s.Run)
	if !rig.drifts() {
		if err != nil || !s.Final {
			t.Errorf("the org stands as asked for one user, and the run does not end: %v", err)
		}
		n.checkDrift(t, drifted)
		return
	}
	if code := loader.ExitCode(err); code != run.ExitStale {
		t.Errorf("exit %d, not %d: %v", code, run.ExitStale, err)
	}
	if is := n.watch.changes(); is != 0 {
		t.Errorf("the written field was changed %d times although the plan was no longer true", is)
	}
	n.checkDrift(t, drifted)
}

var errStopped = errors.New("stopped")

func driftedUpserts(t *testing.T, rig Rig) {
	n := newNight(t, rig, 0, calmly)
	s := n.stoppedBeforeUpserts(t)
	drifted := n.watch.drift(t)
	s, err := loader.Carry(context.Background(), n.options(t), s.Run)
	if err != nil || !s.Final {
		t.Fatalf("the run does not come to its end: %v", err)
	}
	n.checkLines(t, s, rig.Drifted)
	n.checkDrift(t, drifted)
}

// stoppedBeforeUpserts loads, and ends the process when the removals are over.
func (n *night) stoppedBeforeUpserts(t *testing.T) *results.Summary {
	t.Helper()
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	o := n.options(t)
	o.Watch = func(p loader.Progress) {
		if p.Stage == "sending upserts" {
			stop(errStopped)
		}
	}
	s, err := loader.Load(ctx, o, n.roster())
	if !errors.Is(err, errStopped) || s == nil || n.watch.changes() == 0 {
		t.Fatalf("the load is not stopped between its jobs: %v", err)
	}
	return s
}

// checkDrift: what the other admin has set is there.
func (n *night) checkDrift(t *testing.T, drifted map[string]string) {
	t.Helper()
	now := map[string]string{}
	field := n.watch.Field()
	for user := range drifted {
		now[user] = field[user]
	}
	if diff := cmp.Diff(drifted, now); diff != "" {
		t.Errorf("another admin's change was overwritten:\n%s", diff)
	}
	for _, promise := range n.watch.broken() {
		t.Errorf("a broken promise: %s", promise)
	}
}
