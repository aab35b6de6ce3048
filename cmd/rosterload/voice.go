package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/validate"
)

// How rosterload speaks to people: `rosterload: ` in front, lower case, no full stop; then, when there is one, a hint on its own line: what to
// type next. The summary goes to stdout, everything else to stderr.

type voice struct{ out, err io.Writer }

func (v voice) say(format string, args ...any) { fmt.Fprintf(v.out, format+"\n", args...) }

// plain says what may hold text of others, with its control characters spelled out.
func (v voice) plain(format string, args ...any) {
	v.say("%s", results.Plain(fmt.Sprintf(format, args...)))
}

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

// hintedError carries what to type next, spelled with the flags that the verb was given.
type hintedError struct {
	error
	hint string
}

func (h hintedError) Unwrap() error { return h.error }

// hinted adds the hint to a verb's error.
func hinted(c *cli.Context, err error) error {
	if err == nil {
		return nil
	}
	return hintedError{err, hintOf(c, err)}
}

func hintOf(c *cli.Context, err error) string {
	var h hintedError
	var u usageError
	var s *run.Stop
	var r *validate.RosterError
	switch {
	case errors.As(err, &h):
		return h.hint
	case errors.As(err, &u):
		return u.hint
	case errors.As(err, &s):
		return s.Hint.Spell(commandOf(c))
	case errors.As(err, &r):
		return r.Hint
	case loader.OfDisk(err):
		return "make room on the disk or give rights to the folder, then: " + commandOf(c)("resume")
	}
	return ""
}
