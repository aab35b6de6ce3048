package connectortest

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// Run holds a connector to the promises that every connector makes.
func Run(t *testing.T, rig Rig) {
	if why := rig.complaint(); why != "" {
		t.Fatal(why)
	}
	var calm calm
	t.Run("a night ends as wanted", func(t *testing.T) { calm = calmNight(t, rig, 0) })
	t.Run("the same load again sends nothing", func(t *testing.T) { secondNight(t, rig) })
	t.Run("batches of one row end in the same", func(t *testing.T) { smallNights(t, rig) })
	t.Run("a retry asks again, and only where there is something to retry", func(t *testing.T) { retriedNight(t, rig) })
	if testing.Short() {
		return // what follows is a night for each call and each way to fail
	}
	t.Run("each call may fail", func(t *testing.T) { troubledNights(t, rig, calm, 0, each(calm.calls)) })
	t.Run("two calls may fail", func(t *testing.T) { troubledNights(t, rig, calm, 0, pairs(calm.calls)) })
	t.Run("the process may be killed", func(t *testing.T) { killedNights(t, rig, calm) })
}

// calm is what an undisturbed night leaves, and what every other must end in.
type calm struct {
	calls       int
	attachments map[string]string
}

func calmNight(t *testing.T, rig Rig, rows int) calm {
	var u *Unlucky
	n := newNight(t, rig, rows, func(org http.Handler) http.Handler {
		u = unlucky(org, nil)
		return u
	})
	s, err := loader.Load(context.Background(), n.options(t), n.roster())
	if err != nil || !s.Final {
		t.Fatalf("the night does not end by itself: %v", err)
	}
	n.check(t, s)
	if s.Exit != rig.Exit {
		t.Errorf("exit %d, not %d", s.Exit, rig.Exit)
	}
	checkOrder(t, s)
	if rows > 0 {
		checkBatches(t, n, s)
	}
	return calm{u.Calls(), attachments(t, s)}
}

// checkOrder: the summary is the auditor's proof that removals were over first.
func checkOrder(t *testing.T, s *results.Summary) {
	t.Helper()
	ended := ""
	for _, j := range s.Jobs {
		switch {
		case j.Job == "removals":
			ended = max(ended, j.EndedAt)
		case ended == "" || j.BeganAt < ended:
			t.Errorf("the jobs do not show that removals were over first: %+v", s.Jobs)
		}
	}
	if ended == "" {
		t.Errorf("a night without removals proves nothing: %+v", s.Jobs)
	}
}

func checkBatches(t *testing.T, n *night, s *results.Summary) {
	t.Helper()
	r, err := run.Open(n.home, s.Run)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Batches) < 3 {
		t.Errorf("%d batches: a job of more than one was not tried", len(r.Batches))
	}
	for _, b := range r.Batches {
		if b.Rows > n.rows {
			t.Errorf("a batch of %d rows", b.Rows)
		}
	}
}

// compare holds a night that went through trouble against a calm one.
func (c calm) compare(t *testing.T, n *night, s *results.Summary) {
	t.Helper()
	n.check(t, s)
	if diff := cmp.Diff(c.attachments, attachments(t, s)); diff != "" {
		t.Errorf("the attachments:\n%s", diff)
	}
}

// troubledNights let calls fail. Whatever happens: the same results, each user changed once, no promise broken.
func troubledNights(t *testing.T, rig Rig, calm calm, rows int, all []strikes) {
	nights(t, all, func(t *testing.T, s strikes) *Unlucky {
		var u *Unlucky
		n := newNight(t, rig, rows, func(org http.Handler) http.Handler {
			u = unlucky(org, s)
			return u
		})
		calm.compare(t, n, n.untilOver(t))
		return u
	})
}

func smallNights(t *testing.T, rig Rig) {
	calm := calmNight(t, rig, 1)
	if !testing.Short() {
		troubledNights(t, rig, calm, 1, some(calm.calls, 4*len(failures)))
	}
}

func secondNight(t *testing.T, rig Rig) {
	n := newNight(t, rig, 0, calmly)
	n.untilOver(t)
	s, err := loader.Load(context.Background(), n.options(t), n.roster())
	if err != nil {
		t.Fatal(err)
	}
	if s.Results["Created"]+s.Results["Updated"]+s.Results["Removed"] != 0 || len(s.Jobs) != 0 {
		t.Errorf("the second load says %s, and has the jobs %+v", s.Line(), s.Jobs)
	}
	answered := 0
	for _, lines := range s.Results {
		answered += lines
	}
	if answered != len(rig.Want) {
		t.Errorf("%d lines are answered, not %d", answered, len(rig.Want))
	}
	if diff := cmp.Diff(rig.After, n.watch.Holds()); diff != "" {
		t.Errorf("the org after the second load:\n%s", diff)
	}
	n.checkOrg(t)
}

// retriedNight retries a night in which nothing was cured. A retry never changes the written field.
func retriedNight(t *testing.T, rig Rig) {
	n := newNight(t, rig, 0, calmly)
	first := n.untilOver(t)
	s, err := loader.Retry(context.Background(), n.options(t), first.Run)
	switch {
	case len(rig.Connector.RetryCodes) == 0 && err == nil:
		t.Error("the connector has nothing to retry, and a retry says that it is done")
	case len(rig.Connector.RetryCodes) > 0 && err != nil:
		t.Fatal(err)
	case len(rig.Connector.RetryCodes) > 0:
		n.checkLines(t, s, rig.Retried)
		if s.Revision != first.Revision+1 {
			t.Errorf("revision %d follows %d", s.Revision, first.Revision)
		}
	}
	n.checkOrg(t)
}
