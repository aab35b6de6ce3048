package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Error is a complaint about the config: where, what, and the one line it speaks of with its secrets masked. The
// process ends with 2.
type Error struct {
	File         string
	Line, Column int
	Text         string
	Excerpt      string
}

func (e *Error) Error() string {
	where := e.File
	if e.Line > 0 {
		where += fmt.Sprintf(":%d:%d", e.Line, e.Column)
	}
	text := strings.TrimPrefix(where+": "+e.Text, ": ")
	if e.Excerpt != "" {
		text += "\n" + e.Excerpt
	}
	return text
}

// errorAt complains about a value at its place.
func errorAt(n ast.Node, format string, args ...any) *Error {
	at := n.GetToken().Position
	return &Error{Line: at.Line, Column: at.Column, Text: fmt.Sprintf(format, args...)}
}

// ExitCode is 2.
func (*Error) ExitCode() int { return 2 }

// A secret's setting and its value: to the end of the line, or, between braces, to the next setting.
var (
	secretInBlock  = regexp.MustCompile(`(?i)((?:secret|password|token|key)\w*["']?\s*:\s*)(\S.*)`)
	secretInBraces = regexp.MustCompile(`(?i)((?:secret|password|token|key)\w*["']?\s*:\s*)("(?:[^"\\]|\\.)*"?|'[^']*'?|[^,}]+)`)
	anyValue       = regexp.MustCompile(`([\w.-]+["']?\s*:\s*)("(?:[^"\\]|\\.)*"?|'[^']*'?|[^,{}\s][^,{}]*)`)
	setting        = regexp.MustCompile(`^\s*(?:- +)?["']?[\w.-]+["']?\s*:|^\s*[#{-]`)
)

// masked stars secrets that are written out; references to them stay readable. A line without a setting may be the
// inside of a key, and is not shown at all.
func masked(line string) string {
	if !setting.MatchString(line) {
		return ""
	}
	if strings.Contains(line, "{") {
		return starred(secretInBraces, line)
	}
	return starred(secretInBlock, line)
}

// starred stars the values that a pattern finds behind their settings.
func starred(secret *regexp.Regexp, line string) string {
	return secret.ReplaceAllStringFunc(line, func(m string) string {
		parts := secret.FindStringSubmatch(m)
		if bare := strings.Trim(parts[2], `"'`); strings.HasPrefix(bare, "env:") || strings.HasPrefix(bare, "file:") {
			return m
		}
		return parts[1] + strings.Repeat("*", len(parts[2]))
	})
}

// complaint makes any error of decoding one of ours. The library's own excerpt shows lines around, secrets among
// them; it is not used.
func (c *Config) complaint(err error) error {
	if err == nil {
		return nil
	}
	e := &Error{}
	var theirs yaml.Error
	switch {
	case errors.As(err, &e):
		e = &Error{Line: e.Line, Column: e.Column, Text: e.Text}
	case errors.As(err, &theirs):
		e = &Error{Text: theirs.GetMessage()}
		if at := theirs.GetToken(); at != nil {
			e.Line, e.Column = at.Position.Line, at.Position.Column
		}
	default:
		e = &Error{Text: firstLine(err.Error())}
	}
	e.File, e.Text = c.Path, c.near(wording(e.Text))
	e.Excerpt = c.excerpt(e.Line, e.Column, strings.HasPrefix(e.Text, "unknown setting"))
	return e
}

// excerpt is the line, starred: of a setting that is not known, every value may be a secret.
func (c *Config) excerpt(line, column int, everything bool) string {
	lines := strings.Split(string(c.source), "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	text := masked(strings.TrimRight(lines[line-1], "\r"))
	if everything {
		text = starred(anyValue, text)
	}
	if text == "" {
		return ""
	}
	return fmt.Sprintf("  %s\n  %s^", text, strings.Repeat(" ", max(0, column-1)))
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

var goField = regexp.MustCompile(`cannot unmarshal (\S+) into Go (?:struct field|value) .*`)

// wording takes Go's words out of the library's.
func wording(text string) string {
	return goField.ReplaceAllString(firstLine(text), "a $1 does not belong here")
}

var unknownField = regexp.MustCompile(`unknown field "([^"]*)"`)

// near adds the setting that was probably meant.
func (c *Config) near(text string) string {
	m := unknownField.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	return fmt.Sprintf("unknown setting %q%s", m[1], meant(m[1], c.known))
}

// meant asks for the word that was probably meant, when there is one.
func meant(word string, known []string) string {
	for _, k := range known {
		if len(word) > 2 && oneSlip(word, k) {
			return fmt.Sprintf("; did you mean %q?", k)
		}
	}
	return ""
}

// oneSlip tells whether two words differ by one letter, or by two that changed places.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		return i == len(a) || a[i+1:] == b[i+1:] ||
			i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	case 1:
		return a[i:] == b[i+1:]
	}
	return false
}
