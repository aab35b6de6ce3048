package loader

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"rosterload/loader/connector"
	"rosterload/validate"
)

// Exit codes, as the README's table promises them. cmd uses the same names.
const (
	ExitOK          = 0
	ExitBug         = 1
	ExitUsage       = 2
	ExitDenied      = 3
	ExitFailedRows  = 4
	ExitNothing     = 5
	ExitGuard       = 6
	ExitStale       = 7
	ExitPending     = 8
	ExitUnavailable = 9
	ExitUnproved    = 10
)

// Stop is an error that knows how the process ends and what to type next.
type Stop struct {
	Code int
	Text string
	Hint string
	Err  error
}

func (s *Stop) Error() string {
	if s.Text == "" {
		return s.Err.Error()
	}
	if s.Err == nil {
		return s.Text
	}
	return s.Text + ": " + s.Err.Error()
}

// Unwrap gives what stood behind it.
func (s *Stop) Unwrap() error { return s.Err }

// ExitCode is the process's exit code.
func (s *Stop) ExitCode() int { return s.Code }

func stop(code int, hint, format string, args ...any) *Stop {
	return &Stop{Code: code, Text: fmt.Sprintf(format, args...), Hint: hint}
}

// ExitCode tells how a process ends that met this error; 1, a bug, when nobody foresaw it.
func ExitCode(err error) int {
	var known interface{ ExitCode() int }
	var roster *validate.RosterError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &known):
		return known.ExitCode()
	case errors.Is(err, validate.ErrEmpty):
		return ExitNothing
	case errors.As(err, &roster):
		return ExitUsage
	case errors.Is(err, connector.ErrDenied):
		return ExitDenied
	case errors.Is(err, connector.ErrUnavailable), errors.Is(err, connector.ErrLost):
		return ExitUnavailable
	case OfDisk(err):
		return ExitUsage // the machine's, not ours: whoever runs it makes room
	}
	return ExitBug
}

// OfDisk tells of an error of this machine's disk: full, read-only, gone. What was on disk before stays, and a run that has begun is open.
func OfDisk(err error) bool {
	var path *fs.PathError
	var link *os.LinkError
	return errors.As(err, &path) || errors.As(err, &link)
}
