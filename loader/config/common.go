package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Common are the settings that every kind has. A kind's own settings embed it with `yaml:",inline"`.
type Common struct {
	Kind            string    `yaml:"kind"`
	Columns         Columns   `yaml:"columns"`
	UsernameSuffix  string    `yaml:"username_suffix"`
	Blank           string    `yaml:"blank"`
	NA              string    `yaml:"na"`
	Duplicates      string    `yaml:"duplicates"`
	MaxRemovals     string    `yaml:"max_removals"`
	MaxFailed       string    `yaml:"max_failed"`
	Groups          []string  `yaml:"groups"`
	Wait            *Duration `yaml:"wait"`
	CAFile          string    `yaml:"ca_file"`
	Insecure        bool      `yaml:"insecure"`
	Poll            Poll      `yaml:"poll"`
	RetryFor        Duration  `yaml:"retry_for"`
	MinAPICallsLeft int       `yaml:"min_api_calls_left"`
}

// Shared lets the caller reach the settings of any kind.
func (c *Common) Shared() *Common { return c }

// Columns names the roster's columns where the known headings do not.
type Columns struct {
	User  string `yaml:"user"`
	Group string `yaml:"group"`
}

// Poll is how often the org is asked: from the first pause to the longest, for jobs and for provisioning.
type Poll struct {
	Job        Duration `yaml:"job"`
	JobMost    Duration `yaml:"job_most"`
	Status     Duration `yaml:"status"`
	StatusMost Duration `yaml:"status_most"`
}

// Duration is a time such as 30m or 1h30m; 0 may be written bare.
type Duration time.Duration

// Duration is the value as the standard library has it.
func (d Duration) Duration() time.Duration { return time.Duration(d) }

// UnmarshalYAML complains with line and column.
func (d *Duration) UnmarshalYAML(n ast.Node) error {
	at := n.GetToken().Position
	text, ok := scalar(n)
	v, err := time.ParseDuration(text)
	if !ok || err != nil || v < 0 {
		name := n.GetPath()[strings.LastIndexByte(n.GetPath(), '.')+1:]
		return &Error{Line: at.Line, Column: at.Column, Text: fmt.Sprintf("%s %q is no duration such as 30m", name, text)}
	}
	*d = Duration(v)
	return nil
}

// At is a value that knows where it stood, for complaints after decoding.
type At[T any] struct {
	V            T
	Line, Column int // 0: not given

	in Target
}

// UnmarshalYAML keeps the place.
func (a *At[T]) UnmarshalYAML(n ast.Node) error {
	at := n.GetToken().Position
	a.Line, a.Column = at.Line, at.Column
	return yaml.NodeToValue(n, &a.V, yaml.Strict())
}

// keep remembers the target, once it is decoded.
func (a *At[T]) keep(t Target) { a.in = t }

// Complain says what is wrong with the value, and where it stands: an *Error. A value that was not given stands where its target does.
func (a At[T]) Complain(format string, args ...any) error {
	e := &Error{Line: a.Line, Column: a.Column, Text: fmt.Sprintf(format, args...)}
	if a.in.config == nil {
		return e
	}
	if a.Line == 0 {
		e.Line, e.Column = a.in.Line, a.in.column
	}
	return a.in.config.complaint(e)
}
