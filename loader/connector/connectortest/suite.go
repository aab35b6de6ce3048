package connectortest

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader"
	"rosterload/loader/results"
)

// Run holds a kind to the promises that every kind makes.
func Run(t *testing.T, rig Rig) {
	t.Run("a night ends as the table says", func(t *testing.T) { calmNight(t, rig) })
	t.Run("each call may fail once", func(t *testing.T) { troubledNights(t, rig) })
	t.Run("the same load again sends nothing", func(t *testing.T) { secondNight(t, rig) })
	t.Run("a retry asks again, removals first", func(t *testing.T) { retriedNight(t, rig) })
}

func calmNight(t *testing.T, rig Rig) {
	org := rig.Serve(t, people, groups, licences)
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	n := newNight(t, rig, server.URL)
	s := n.untilOver(t)
	check(t, org, s)
	if s.Exit != loader.ExitFailedRows {
		t.Errorf("exit %d", s.Exit)
	}
	if len(s.Jobs) != 2 || s.Jobs[0].Job != "removals" || s.Jobs[0].EndedAt > s.Jobs[1].BeganAt {
		t.Errorf("the jobs do not show that removals were over first: %+v", s.Jobs)
	}
}

// check holds the results, the org and its judgement against what they must be.
func check(t *testing.T, org Org, s *results.Summary) {
	t.Helper()
	if diff := cmp.Diff(said, told(t, s.Files.Results)); diff != "" {
		t.Errorf("the results:\n%s", diff)
	}
	if diff := cmp.Diff(holds, org.Holds()); diff != "" {
		t.Errorf("the org:\n%s", diff)
	}
	if n := org.Requests(); n != changes {
		t.Errorf("the request field was changed %d times, not %d", n, changes)
	}
	for _, v := range org.Violations() {
		t.Errorf("a broken promise: %s", v)
	}
}

// troubledNights counts the calls of a calm night, and then lets each of them fail in each way. Whatever happens: the same results, each
// user changed once, no promise broken.
func troubledNights(t *testing.T, rig Rig) {
	if testing.Short() {
		t.Skip("a night for each call and each way to fail")
	}
	calm := &Unlucky{Handler: rig.Serve(t, people, groups, licences)}
	server := httptest.NewServer(calm)
	newNight(t, rig, server.URL).untilOver(t)
	server.Close()
	EachCall(t, calm.Calls(), func(t *testing.T, u *Unlucky) {
		org := rig.Serve(t, people, groups, licences)
		u.Handler = org
		server := httptest.NewServer(u)
		t.Cleanup(server.Close)
		check(t, org, newNight(t, rig, server.URL).untilOver(t))
	})
}

func secondNight(t *testing.T, rig Rig) {
	org := rig.Serve(t, people, groups, licences)
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	n := newNight(t, rig, server.URL)
	n.untilOver(t)
	s, err := loader.Load(context.Background(), n.options(t), n.roster())
	if err != nil {
		t.Fatal(err)
	}
	if s.Results["Updated"]+s.Results["Removed"] != 0 || s.Results["Unchanged"] != 7 {
		t.Errorf("the second load says %s", s.Line())
	}
	if org.Requests() != changes {
		t.Errorf("the request field was changed %d times, not %d", org.Requests(), changes)
	}
}

// retriedNight buys nothing and frees nothing: what failed for want of a licence fails again, what merely failed works, and a removal whose
// request was blank already goes first.
func retriedNight(t *testing.T, rig Rig) {
	org := rig.Serve(t, people, groups, licences)
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	n := newNight(t, rig, server.URL)
	first := n.untilOver(t)
	s, err := loader.Retry(context.Background(), n.options(t), first.Run)
	if err != nil {
		t.Fatal(err)
	}
	want := append([]string{}, said...)
	want[10] = "11 assign Updated   |Gamma|Gamma"
	want[11] = "12 remove Removed   Gamma||"
	if diff := cmp.Diff(want, told(t, s.Files.Results)); diff != "" {
		t.Errorf("the results after the retry:\n%s", diff)
	}
	if s.Revision != first.Revision+1 {
		t.Errorf("revision %d follows %d", s.Revision, first.Revision)
	}
	if org.Requests() != changes {
		t.Errorf("a retry changed the request field: %d changes, not %d", org.Requests(), changes)
	}
	for _, v := range org.Violations() {
		t.Errorf("a broken promise: %s", v)
	}
}
