package loader

import (
	"context"
	"testing"

	"rosterload/loader/run"
)

func TestResultsOfARunThatTheGuardHoldsSayWhatHoldsIt(t *testing.T) {
	n := newNight(t)
	o := n.options(n.org)
	o.Flags.MaxRemovals = "1"
	first, err := Load(context.Background(), o, n.roster)
	if ExitCode(err) != run.ExitGuard || first.Exit != run.ExitGuard {
		t.Fatalf("%v, exit %d", err, first.Exit)
	}
	s, err := Results(context.Background(), n.options(n.org), first.Run)
	if err != nil || s.Exit != run.ExitGuard || s.Revision != first.Revision || s.Next != first.Next {
		t.Errorf("%v, exit %d, revision %d behind %d, next %q", err, s.Exit, s.Revision, first.Revision, s.Next)
	}
}

func TestARetryWithNothingToDoMakesNoRevision(t *testing.T) {
	n := newNight(t)
	first, err := Load(context.Background(), n.options(n.org), n.roster)
	if err != nil || first.Exit != run.ExitOK {
		t.Fatalf("%v, exit %d", err, first.Exit)
	}
	s, err := Retry(context.Background(), n.options(n.org), first.Run)
	if ExitCode(err) != run.ExitNothing || s.Exit != run.ExitNothing || s.Revision != first.Revision {
		t.Errorf("%v, exit %d, revision %d behind %d", err, s.Exit, s.Revision, first.Revision)
	}
	if r, err := run.Open(n.home, first.Run); err != nil || r.Last.Number != first.Revision || r.Last.Exit != run.ExitOK {
		t.Errorf("%v, %+v", err, r.Last)
	}
}
