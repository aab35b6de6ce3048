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
	t.Run("a night ends as wanted", func(t *testing.T) { calm = calmNight(t, rig) })
	t.Run("the same load again sends nothing", func(t *testing.T) { secondNight(t, rig) })
	t.Run("batches of one row end in the same", func(t *testing.T) { smallNights(t, rig, calm) })
	t.Run("an org of several pages ends in the same", func(t *testing.T) { pagedNight(t, rig, calm) })
	t.Run("what another admin has changed meanwhile stays", func(t *testing.T) { driftNights(t, rig) })
	t.Run("a retry asks again, and only where there is something to retry", func(t *testing.T) { retriedNight(t, rig) })
	if testing.Short() {
		return // what follows is a night for each call and each way to fail
	}
	t.Run("each call may fail", func(t *testing.T) { troubledNights(t, rig, calm, each(calm.calls)) })
	t.Run("two calls may fail", func(t *testing.T) { troubledNights(t, rig, calm, pairs(calm.calls)) })
	t.Run("a list may be short", func(t *testing.T) { shortNights(t, rig, calm) })
	t.Run("the org may be away for long", func(t *testing.T) { outageNights(t, rig, calm) })
	t.Run("the process may be killed", func(t *testing.T) { killedNights(t, rig, calm) })
}

// calm is what an undisturbed night leaves, and what every other must end in.
type calm struct {
	calls       int
	writes      []int          // those of the calls that do not only read, by their method
	lists       int            // answers with a list that the org counts
	words       map[string]int // lines by result word
	attachments map[string]string
	rows        []results.Row // to the letter
}

func calmNight(t *testing.T, rig Rig) calm {
	counter := &shortener{counted: rig.Counted}
	serve := rig.Serve
	rig.Serve = func(t *testing.T) Org {
		org := serve(t)
		counter.Handler = org.Handler
		org.Handler = counter
		return org
	}
	n, u, s := undisturbed(t, rig, 0)
	n.check(t, s)
	return calm{u.Calls(), u.writes, counter.lists, s.Results, attachments(t, s), letters(t, s.Files.Results)}
}

// undisturbed is a night in which nothing fails.
func undisturbed(t *testing.T, rig Rig, rows int) (n *night, u *Unlucky, s *results.Summary) {
	t.Helper()
	n = newNight(t, rig, rows, func(org http.Handler) http.Handler {
		u = unlucky(org, nil)
		return u
	})
	s, err := loader.Load(context.Background(), n.options(t), n.roster())
	if err != nil || !s.Final {
		t.Fatalf("the night does not end by itself: %v", err)
	}
	if s.Exit != rig.Exit {
		t.Errorf("exit %d, not %d", s.Exit, rig.Exit)
	}
	checkOrder(t, s)
	return n, u, s
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
	if diff := cmp.Diff(c.rows, letters(t, s.Files.Results)); diff != "" {
		t.Errorf("the results are not those of an undisturbed night:\n%s", diff)
	}
}

// troubledNights let calls fail. Whatever happens: the same results, each user changed once, no promise broken.
func troubledNights(t *testing.T, rig Rig, calm calm, all []strikes) {
	nights(t, all, func(t *testing.T, s strikes) *Unlucky {
		n, u := unluckyNight(t, rig, 0, s)
		calm.compare(t, n, n.untilOver(t))
		return u
	})
}

func unluckyNight(t *testing.T, rig Rig, rows int, s strikes) (n *night, u *Unlucky) {
	n = newNight(t, rig, rows, func(org http.Handler) http.Handler {
		u = unlucky(org, s)
		return u
	})
	return n, u
}

// smallNights have batches of one row, several under way side by side. Who of two gets the last licence then depends on
// which is faster, so that results are counted and not compared line by line.
func smallNights(t *testing.T, rig Rig, calm calm) {
	n, u, s := undisturbed(t, rig, 1)
	checkBatches(t, n, s)
	calm.count(t, n, s)
	if testing.Short() {
		return
	}
	nights(t, some(u.Calls(), 2*len(failures)), func(t *testing.T, s strikes) *Unlucky {
		n, u := unluckyNight(t, rig, 1, s)
		calm.count(t, n, n.untilOver(t))
		return u
	})
}

func (c calm) count(t *testing.T, n *night, s *results.Summary) {
	t.Helper()
	if diff := cmp.Diff(c.words, s.Results); diff != "" {
		t.Errorf("the results:\n%s", diff)
	}
	n.checkOrg(t)
}

func secondNight(t *testing.T, rig Rig) {
	n := newNight(t, rig, 0, calmly)
	n.untilOver(t)
	s, err := loader.Load(context.Background(), n.options(t), n.roster())
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, j := range s.Jobs {
		sent += j.Rows
	}
	if s.Results["Created"]+s.Results["Updated"]+s.Results["Removed"] != 0 || sent != rig.SentAgain {
		t.Errorf("the second load says %s, and has the jobs %+v with %d rows, not %d", s.Line(), s.Jobs, sent,
			rig.SentAgain)
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
