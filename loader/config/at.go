package config

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// At is a value that knows where it stood, for complaints after decoding.
type At[T any] struct {
	V            T
	Line, Column int // 0: not given

	in Target
}

// UnmarshalYAML keeps the place. A text is what is written, also where YAML would read a number.
func (a *At[T]) UnmarshalYAML(n ast.Node) error {
	at := n.GetToken().Position
	a.Line, a.Column = at.Line, at.Column
	text, isText := any(&a.V).(*string)
	if _, isNumber := any(&a.V).(*int); isNumber {
		if err := wholeNumber(nameOf(n), n); err != nil {
			return err
		}
	}
	if !isText {
		return yaml.NodeToValue(n, &a.V, yaml.Strict())
	}
	written, ok := scalar(n)
	if !ok {
		return oneText(nameOf(n), n)
	}
	*text = written
	return nil
}

// Given tells whether the setting is there.
func (a At[T]) Given() bool { return a.Line > 0 }

// keep remembers the target, once it is decoded.
func (a *At[T]) keep(t Target) { a.in = t }

// Complain says what is wrong with the value, and where it stands: an *Error. A value that was not given stands where
// its target does.
func (a At[T]) Complain(format string, args ...any) error {
	return a.in.complain(a.Line, a.Column, format, args...)
}

// ComplainOf places what another part of the config is complained of without a place: a target that is named here and
// is not there.
func (a At[T]) ComplainOf(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Line == 0 {
		return a.Complain("%s", e.Text)
	}
	return err
}

func (t Target) complain(line, column int, format string, args ...any) error {
	e := &Error{Line: line, Column: column, Text: fmt.Sprintf(format, args...)}
	if t.config == nil {
		return e
	}
	if line == 0 {
		e.Line, e.Column = t.Line, t.column
	}
	return t.config.complaint(e)
}
