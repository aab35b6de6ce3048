package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/run"
	"rosterload/validate"
)

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

// commandOf spells commands that can be pasted: with the home and the config that this one was given.
func commandOf(c *cli.Context) func(verb string, args ...string) string {
	return func(verb string, args ...string) string {
		for _, f := range c.App.Command(verb).Flags {
			if name := f.Names()[0]; (name == "home" || name == "config") && c.IsSet(name) {
				args = append(args, "--"+name, c.String(name))
			}
		}
		return run.Command(verb, args...)
	}
}
