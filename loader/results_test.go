package loader

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
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

// The disk is full when the results are written, or laid where their reader looks: the run did not end well, whatever became of its rows, and
// the command that is named ends it as an undisturbed night would.
func TestResultsThatFindNoRoomAreNoGoodEnd(t *testing.T) {
	for _, at := range []string{"journal: results", "journal: published"} {
		n := newNight(t)
		o := n.options(n.org)
		o.Trip = func(write string, done bool) error {
			if write == at && !done {
				return &fs.PathError{Op: "write", Path: "results", Err: syscall.ENOSPC}
			}
			return nil
		}
		s, err := Load(context.Background(), o, n.roster)
		if ExitCode(err) != run.ExitPending || s != nil && s.Exit != run.ExitPending {
			t.Fatalf("%s: %v, %+v", at, err, s)
		}
		var stop *run.Stop
		if !errors.As(err, &stop) || stop.Hint.Verb != "resume" {
			t.Fatalf("%s: %+v", at, stop)
		}
		s, err = Carry(context.Background(), n.options(n.org), stop.Hint.Args[0])
		if err != nil || s.Exit != run.ExitOK || s.Pending != 0 || !s.Final {
			t.Errorf("%s: %v, %+v", at, err, s)
		}
	}
}
