package config

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

const hidden = "***"

// Secret is a value that cannot be printed by accident. In the config it is `env:NAME`, `file:PATH` or, where it must be, the value itself.
type Secret struct {
	source string
	value  string
	line   int
	column int
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
	at := n.GetToken().Position
	text, ok := scalar(n)
	if !ok {
		return &Error{Line: at.Line, Column: at.Column, Text: "a secret is env:NAME, file:PATH, or the value itself"}
	}
	*s = Secret{source: text, line: at.Line, column: at.Column}
	return nil
}

// resolve looks the secret up. A path is relative to the config's folder.
func (s *Secret) resolve(folder string) error {
	kind, name, _ := strings.Cut(s.source, ":")
	switch kind {
	case "env":
		value, set := os.LookupEnv(name)
		if !set || value == "" {
			return &Error{Line: s.line, Column: s.column, Text: fmt.Sprintf("the environment variable %s is not set", name)}
		}
		s.value = value
	case "file":
		if !filepath.IsAbs(name) {
			name = filepath.Join(folder, name)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return &Error{Line: s.line, Column: s.column, Text: "the secret cannot be read: " + err.Error()}
		}
		s.value = strings.TrimRight(string(data), "\r\n")
	default:
		s.value = s.source
	}
	return nil
}
