package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rosterload/loader/config"
	"rosterload/loader/results"
)

// How rosterload speaks to people: `rosterload: ` in front, lower case, no full stop; then, when there is one, a hint
// on its own line: what to type next. The summary goes to stdout, everything else to stderr. Text of an org, a roster
// or a path is spelled out here, and nowhere else, before a terminal sees it.

// voice is the two streams and how they are to be used. Its writers may be shared with a progress line.
type voice struct {
	out, err io.Writer
	quiet    bool // --quiet: a run that ends well says nothing
	document bool // --json: stdout holds one JSON document, whatever happens
	machine  bool // --log-format json: each line on stderr is a JSON object
	printed  bool // the document is out
	sent     bool // a run that has sent something was reported
	lost     error
}

// listen takes the flags of speech out of the arguments, before any verb reads them: a mistake on the command line is
// told in the same way as the end of a run.
func (v *voice) listen(args []string) {
	v.quiet, v.document = switchedOn(args, "quiet"), switchedOn(args, "json")
	v.machine = valueOf(args, "log-format") == "json"
}

func switchedOn(args []string, name string) bool {
	on, err := strconv.ParseBool(valueOf(args, name))
	return err == nil && on
}

// valueOf is a flag's value; "true" where the flag has none, else its environment variable's.
func valueOf(args []string, name string) string {
	for i, a := range args {
		switch flag, value, given := strings.Cut(strings.TrimLeft(a, "-"), "="); {
		case a == "--":
			return os.Getenv(env(name)[0])
		case !strings.HasPrefix(a, "-") || flag != name:
		case given:
			return value
		case (name == "log-format" || name == "config") && i+1 < len(args):
			return args[i+1]
		default:
			return "true"
		}
	}
	return os.Getenv(env(name)[0])
}

// say prints a line of the summary.
func (v *voice) say(format string, args ...any) { v.print(spelled(format, args) + "\n") }

// print is the one way to stdout. A reader that goes away ends nothing; a disk that is full is told at the end.
func (v *voice) print(text string) {
	if p, ok := v.err.(*progress); ok {
		p.end() // else the line stays before the summary
	}
	if _, err := io.WriteString(v.out, text); err != nil && !errors.Is(err, syscall.EPIPE) {
		v.lost = err
	}
}

// show prints the one document of --json.
func (v *voice) show(document any) error {
	data, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return err
	}
	v.printed = true
	v.print(escaped(string(data)) + "\n")
	return nil
}

// showLine prints one of several documents of --json, each on a line of its own.
func (v *voice) showLine(document any) {
	data, err := json.Marshal(document)
	if err != nil {
		v.lost = err
		return
	}
	v.printed = true
	v.print(escaped(string(data)) + "\n")
}

// escaped spells out what JSON lets pass and a terminal would obey.
func escaped(document string) string {
	lines := strings.Split(document, "\n")
	for i, line := range lines {
		if results.Plain(line) == line {
			continue
		}
		spelled := strings.Builder{}
		for _, r := range line {
			if text := string(r); results.Plain(text) != text && r < 0x10000 {
				fmt.Fprintf(&spelled, `\u%04x`, r)
			} else {
				spelled.WriteString(text)
			}
		}
		lines[i] = spelled.String()
	}
	return strings.Join(lines, "\n")
}

// note says something on the way that is worth a line.
func (v *voice) note(format string, args ...any) {
	if !v.quiet {
		v.line("INFO", spelled(format, args), "")
	}
}

func (v *voice) warn(format string, args ...any) {
	if !v.quiet {
		v.line("WARN", spelled(format, args), "")
	}
}

// complain says why the process ends, and what to type next.
func (v *voice) complain(err error, hint string) {
	v.line("ERROR", strings.TrimSuffix(plainError(err), "."), hint)
}

// line writes to stderr. What cannot be written there is lost: the run is worth more than its log.
func (v *voice) line(level, text, hint string) { v.lineTo(v.err, level, text, hint) }

func (v *voice) lineTo(to io.Writer, level, text, hint string) {
	if v.machine {
		line, _ := json.Marshal(struct {
			Time  time.Time `json:"time"`
			Level string    `json:"level"`
			Text  string    `json:"msg"`
			Hint  string    `json:"hint,omitempty"`
		}{time.Now(), level, text, hint})
		_, _ = to.Write(append(line, '\n'))
		return
	}
	if level == "WARN" {
		text = "warning: " + text
	}
	text = "rosterload: " + text + "\n"
	if hint != "" {
		text += "  " + results.Plain(hint) + "\n"
	}
	_, _ = io.WriteString(to, text)
}

// spelled formats a text whose arguments come from outside: each is spelled out on one line.
func spelled(format string, args []any) string {
	args = slices.Clone(args)
	for i, a := range args {
		switch a := a.(type) {
		case error:
			args[i] = plainError(a)
		case string:
			args[i] = results.Plain(a)
		case fmt.Stringer:
			args[i] = results.Plain(a.String())
		}
	}
	return fmt.Sprintf(format, args...)
}

// plainError is an error on one line; only a complaint about the config brings the line of the config along.
func plainError(err error) string {
	var ours *config.Error
	if !errors.As(err, &ours) {
		return results.Plain(err.Error())
	}
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		lines[i] = results.Plain(line)
	}
	return strings.Join(lines, "\n")
}
