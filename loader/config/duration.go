package config

import (
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Duration is a time such as 30m or 1h30m; 0 may be written bare.
type Duration time.Duration

// Duration is the value as the standard library has it.
func (d Duration) Duration() time.Duration { return time.Duration(d) }

// UnmarshalYAML complains with line and column.
func (d *Duration) UnmarshalYAML(n ast.Node) error {
	name := nameOf(n)
	text, ok := scalar(n)
	if !ok {
		return errorAt(n, "%s is one time such as 30m", name)
	}
	v, err := time.ParseDuration(text)
	switch {
	case err != nil && strings.Trim(text, "0123456789") == "" && text != "":
		return errorAt(n, "%s %s has no unit: %ss are seconds, %sm are minutes", name, text, text, text)
	case err != nil:
		return errorAt(n, "%s %q is no duration such as 30m", name, text)
	case v < 0:
		return errorAt(n, "%s %s is below zero", name, text)
	}
	*d = Duration(v)
	return nil
}
