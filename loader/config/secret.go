package config

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

const hidden = "***"

// Secret is a value that cannot be printed by accident. In the config it is `env:NAME`, `file:PATH` or, where it must
// be, the value itself.
type Secret struct {
	source string
	value  string
	line   int
	column int
	in     Target
}

// NewSecret is for secrets that come from elsewhere than a config.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal is the secret itself, for the one call that needs it.
func (s Secret) Reveal() string { return s.value }

// Empty tells whether nothing was given.
func (s Secret) Empty() bool { return s.value == "" && s.source == "" }

// String hides the secret, and so do the methods below, whatever prints it.
func (s Secret) String() string { return hidden }

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return hidden }

// Format hides the secret from every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText hides the secret from JSON, YAML and CSV.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// UnmarshalYAML keeps what is written and where; it is looked up when the target is opened.
func (s *Secret) UnmarshalYAML(n ast.Node) error {
	text, ok := scalar(n)
	if !ok {
		return errorAt(n, "a secret is env:NAME, file:PATH, or the value itself")
	}
	at := n.GetToken().Position
	*s = Secret{source: text, line: at.Line, column: at.Column}
	return nil
}

// keep remembers the target, once it is decoded.
func (s *Secret) keep(t Target) { s.in = t }

// Complain says what is wrong with the secret, and where it stands in the config: an *Error. What it says must not
// hold the secret.
func (s Secret) Complain(format string, args ...any) error {
	return s.in.complain(s.line, s.column, format, args...)
}

// plainly are the settings that must not be read by others; a user's name or a client's id may be.
var plainly = regexp.MustCompile(`(?i)secret|password|token|key`)

// resolve looks a secret up. One that is given and empty is an error: signing in without it would be refused by the
// org, and nothing would say why. Given is its value in the config, nil where it has none of its own.
func (t Target) resolve(name string, s *Secret, given ast.Node) error {
	if s.line == 0 && given == nil {
		return nil
	}
	kind, from, _ := strings.Cut(s.source, ":")
	var wrong string
	switch kind {
	case "env":
		s.value, wrong = fromEnvironment(from)
	case "file":
		t.config.Files = append(t.config.Files, t.config.relative(from))
		s.value, wrong = fromFile(t.config.relative(from))
	case "":
		wrong = name + " is empty"
	default:
		s.value = s.source
		if plainly.MatchString(name) {
			t.config.warn(s.line, s.column, "%s is written out; env:NAME or file:PATH keeps it out of the config", name)
		}
	}
	switch {
	case wrong == "":
		return nil
	case s.line == 0: // `client_secret:` and nothing behind it
		return errorAt(given, "%s", wrong)
	}
	return &Error{Line: s.line, Column: s.column, Text: wrong}
}

func fromEnvironment(name string) (value, wrong string) {
	value, set := os.LookupEnv(name)
	switch {
	case name == "":
		return "", "env: names no environment variable"
	case !set:
		return "", fmt.Sprintf("the environment variable %s is not set", name)
	case strings.TrimSpace(value) == "":
		return "", fmt.Sprintf("the environment variable %s is empty", name)
	}
	return value, ""
}

// fromFile reads a secret without a byte order mark and without the line end that editors add.
func fromFile(path string) (value, wrong string) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", "the secret cannot be read: " + err.Error()
	}
	data, utf16 := withoutMark(data)
	value = strings.TrimRight(string(data), "\r\n")
	switch {
	case utf16:
		return "", fmt.Sprintf("the secret file %s is UTF-16: save it as UTF-8", path)
	case strings.TrimSpace(value) == "":
		return "", fmt.Sprintf("the secret file %s is empty", path)
	}
	return value, ""
}

func (c *Config) warn(line, column int, format string, args ...any) {
	text := fmt.Sprintf("%s:%d:%d: %s", c.Path, line, column, fmt.Sprintf(format, args...))
	if !slices.Contains(c.Warnings, text) { // a target that others stand on is decoded once for each
		c.Warnings = append(c.Warnings, text)
	}
}
