package plan

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/run"
)

// recalled writes down what it is told.
type recalled struct {
	connector.Target
	told []string
}

func (r *recalled) Recall(snapshot []byte, left iter.Seq2[connector.Left, error], seen iter.Seq2[connector.Seen, error]) error {
	r.told = append(r.told, string(snapshot))
	for l, err := range left {
		r.told = append(r.told, fmt.Sprint(l, err))
	}
	for s, err := range seen {
		r.told = append(r.told, fmt.Sprintf("%s %v", s.User, err))
	}
	return nil
}

// remembered is a run that is planned, and the exports that have spoken of it, each at its time.
func remembered(t *testing.T, home, kind string, begun time.Time, exports map[string]time.Time) *run.Run {
	t.Helper()
	now := begun
	w, err := run.Create(context.Background(), home, run.Queue{Now: func() time.Time { return now }}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ok := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(w.Begin(journal.Event{Target: "prod", Kind: kind}, &run.Seal{Verb: "load"}))
	ok(w.NoteData(journal.Event{What: journal.Planned, Rows: 1}, &run.Planned{Rows: 1, Org: connector.Org{ID: "org"}}))
	for user, at := range exports {
		now = at
		ok(w.KeepSeen([]connector.Seen{{Row: 1, User: user}}, ""))
	}
	return w.Run
}

func TestExportsAreRecalledBehindTheRunsThatBeganBeforeThem(t *testing.T) {
	home, noon := t.TempDir(), time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	first := remembered(t, home, "fake", hour(0), map[string]time.Time{"late": hour(5)})
	second := remembered(t, home, "fake", hour(2), map[string]time.Time{"early": hour(3)})
	third := remembered(t, home, "fake", hour(4), nil)
	other := remembered(t, home, "other", hour(4), map[string]time.Time{"stranger": hour(4)})
	runs := []*run.Run{first, second, third, other}
	for name, c := range map[string]struct {
		current *run.Run
		want    []string // an empty text stands for each call
	}{
		"without a run": {nil, []string{"", "", "", "early <nil>", "", "", "late <nil>"}},
		"a planned run": {second, []string{"", "early <nil>"}},
	} {
		target := &recalled{}
		if err := Recall(target, runs, c.current, "fake", "org"); err != nil || !slices.Equal(target.told, c.want) {
			t.Errorf("%s: %v, %q", name, err, target.told)
		}
	}
	if err := Recall(nil, runs, nil, "fake", "org"); err != nil {
		t.Error("a connector that wants to know nothing:", err)
	}
}
