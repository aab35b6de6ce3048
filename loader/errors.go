package loader

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/validate"
)

// ExitCode tells how a process ends that met this error; 1, a bug, for an error that no rule knows.
func ExitCode(err error) int {
	var known interface{ ExitCode() int }
	var roster *validate.RosterError
	switch {
	case err == nil:
		return run.ExitOK
	case errors.As(err, &known):
		return known.ExitCode()
	case errors.Is(err, validate.ErrEmpty):
		return run.ExitNothing
	case errors.As(err, &roster):
		return run.ExitUsage
	case errors.Is(err, connector.ErrDenied):
		return run.ExitDenied
	case errors.Is(err, connector.ErrUnavailable), errors.Is(err, connector.ErrLost):
		return run.ExitUnavailable
	case OfDisk(err):
		return run.ExitUsage // the machine's: its user makes room
	}
	return run.ExitBug
}

// OfDisk tells of an error of this machine's disk: full, read-only, gone. What was on disk before stays, and a run
// that has begun is open.
func OfDisk(err error) bool {
	var path *fs.PathError
	var link *os.LinkError
	return errors.As(err, &path) || errors.As(err, &link)
}

// endedBy is the exit code of what ended a run. Trouble with our own disk behind the first sending is 8: exit 2 means
// that nothing was sent.
func (s *session) endedBy(err error) int {
	code := ExitCode(err)
	if last := s.run().Last; s.again && !s.run().Over && !s.run().SentSince() && last.Exit != run.ExitFailedRows {
		return last.Exit
	}
	if code == run.ExitUsage && OfDisk(err) && s.run().SentAnything() {
		return run.ExitPending
	}
	return code
}

// unsentCode says in one word why rows of an open run are unsent.
func (s *session) unsentCode(err error) string {
	r := s.run()
	switch code := ExitCode(err); {
	case r.Rejected != nil:
		return "RUN_REJECTED"
	case err == nil && r.Last.Number > 0:
		return r.Last.Unsent
	case code == run.ExitGuard:
		if open := r.OpenHolds(); len(open) > 0 {
			return open[0].Code
		}
		return run.HoldRemovals
	case err == nil && r.Seal.Verb == "plan":
		return "RUN_PLANNED"
	case errors.Is(err, context.Canceled), isSignal(err):
		return "RUN_INTERRUPTED"
	case code == run.ExitDenied:
		return "RUN_DENIED"
	case code == run.ExitPending:
		return "RUN_SILENT"
	case code == run.ExitUnavailable:
		return "RUN_UNAVAILABLE"
	}
	return "RUN_INTERRUPTED"
}

// isSignal tells of an exit code behind 128.
func isSignal(err error) bool { return ExitCode(err) > 128 }
