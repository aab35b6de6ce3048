package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"rosterload/loader"
	"rosterload/validate"
)

// How rosterload speaks to people: `rosterload: ` in front, lower case, no full stop; then, when there is one, a hint on its own line: what to
// type next. The summary goes to stdout, everything else to stderr.

type voice struct{ out, err io.Writer }

func (v voice) say(format string, args ...any) { fmt.Fprintf(v.out, format+"\n", args...) }

func (v voice) note(format string, args ...any) {
	fmt.Fprintf(v.err, "rosterload: "+format+"\n", args...)
}

func (v voice) complain(err error, hint string) {
	v.note("%s", strings.TrimSuffix(err.Error(), "."))
	if hint != "" {
		fmt.Fprintln(v.err, "  "+hint)
	}
}

// usageError is a mistake on the command line or in the config: exit 2.
type usageError struct {
	error
	hint string
}

func usage(hint, format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...), hint}
}

func (u usageError) Unwrap() error { return u.error }

func hintOf(err error) string {
	var u usageError
	var s *loader.Stop
	var r *validate.RosterError
	switch {
	case errors.As(err, &u):
		return u.hint
	case errors.As(err, &s):
		return s.Hint
	case errors.As(err, &r):
		return r.Hint
	case loader.OfDisk(err):
		return "make room on the disk or give rights to the folder, then: rosterload resume"
	}
	return ""
}
