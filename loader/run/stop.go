package run

import (
	"fmt"
	"strings"
)

// Exit codes, as the README's table promises them.
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

// Hint is what to do next: words, or a command to type, or words around one. Only cmd spells commands, since only it
// knows which flags they need.
type Hint struct {
	Before string
	Verb   string // of the command; empty: Before says it all
	Args   []string
	After  string
}

// Say is a hint without a command.
func Say(text string) Hint { return Hint{Before: text} }

// Type is a hint that is a command.
func Type(verb string, args ...string) Hint { return Hint{Verb: verb, Args: args} }

// Spell writes the hint as a person reads it. command spells a command.
func (h Hint) Spell(command func(verb string, args ...string) string) string {
	if h.Verb == "" {
		return h.Before
	}
	return h.Before + command(h.Verb, h.Args...) + h.After
}

// Command spells a command without any flag but those in args.
func Command(verb string, args ...string) string {
	words := append([]string{"rosterload", verb}, args...)
	for i, w := range words {
		words[i] = quote(w)
	}
	return strings.Join(words, " ")
}

// plain are the characters that no shell reads as anything but themselves, wherever in a word they stand.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+:,./_-"

func quote(word string) string {
	if strings.Trim(word, plain) != "" || word == "" {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// Stop is an error that knows how the process ends and what to do next.
type Stop struct {
	Code int
	Text string
	Hint Hint
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

// Unwrap gives the error behind it.
func (s *Stop) Unwrap() error { return s.Err }

// ExitCode is the process's exit code.
func (s *Stop) ExitCode() int { return s.Code }

// Stopf makes a Stop.
func Stopf(code int, hint Hint, format string, args ...any) *Stop {
	return &Stop{Code: code, Text: fmt.Sprintf(format, args...), Hint: hint}
}
