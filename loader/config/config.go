// Package config reads rosterload.yaml: strictly, with line and column in each complaint, and without ever printing a secret.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Config is a file with targets.
type Config struct {
	Path    string
	Targets []Target // in the file's order

	source []byte
	known  []string // settings of the part that is being decoded
}

// Target is one entry under targets:, not yet decoded: its kind says into what.
type Target struct {
	Name string
	Kind string
	Line int

	column int
	config *Config
	node   ast.Node
	kindAt *token.Position
}

// Load reads the file. Every error is an *Error, but those of the disk.
func Load(path string) (*Config, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &Config{Path: path, source: source, known: []string{"targets"}}
	return c, c.complaint(c.parse())
}

func (c *Config) parse() error {
	var file struct {
		Targets ast.Node `yaml:"targets"`
	}
	d := yaml.NewDecoder(bytes.NewReader(c.source), yaml.Strict())
	if err := d.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := c.oneDocument(); err != nil {
		return err
	}
	if file.Targets == nil {
		return nil
	}
	entries, ok := mapping(file.Targets)
	if !ok {
		at := file.Targets.GetToken().Position
		return &Error{Line: at.Line, Column: at.Column, Text: "targets: holds one entry a target, with its settings below it"}
	}
	for _, entry := range entries {
		t, err := c.target(entry)
		if err != nil {
			return err
		}
		c.Targets = append(c.Targets, t)
	}
	return nil
}

// oneDocument refuses a second document, which the decoder would pass over in silence.
func (c *Config) oneDocument() error {
	f, err := parser.ParseBytes(c.source, 0)
	if err != nil {
		return err
	}
	documents := 0
	for _, d := range f.Docs {
		if d.Body == nil {
			continue
		}
		if documents++; documents > 1 {
			at := d.Body.GetToken().Position
			return &Error{Line: at.Line, Column: at.Column, Text: "a second document begins here (---): only one is read"}
		}
	}
	return nil
}

func (c *Config) target(entry *ast.MappingValueNode) (Target, error) {
	name, at := entry.Key.String(), entry.Key.GetToken().Position
	t := Target{Name: strings.Trim(name, `"'`), Line: at.Line, column: at.Column, config: c, node: entry.Value}
	settings, ok := mapping(entry.Value)
	if !ok {
		return t, &Error{Line: at.Line, Column: at.Column, Text: "target " + name + " has no settings"}
	}
	for _, s := range settings {
		if s.Key.String() == "kind" {
			t.Kind, _ = scalar(s.Value)
			t.kindAt = s.Value.GetToken().Position
		}
	}
	if t.Kind == "" {
		return t, &Error{Line: at.Line, Column: at.Column, Text: "target " + name + " does not say its kind"}
	}
	return t, nil
}

func mapping(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}, true
	}
	return nil, false
}

// scalar is a node's text, where it is one word or one string.
func scalar(n ast.Node) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case ast.ScalarNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// UnknownKind complains about the target's kind, which is none of these: an *Error.
func (t Target) UnknownKind(known []string) error {
	text := fmt.Sprintf("target %s: kind %q is none of %s%s", t.Name, t.Kind, strings.Join(known, ", "), meant(t.Kind, known))
	return t.config.complaint(&Error{Line: t.kindAt.Line, Column: t.kindAt.Column, Text: text})
}

// Decode fills a kind's settings strictly and looks its secrets up. Into is a pointer to a struct that embeds Common.
func (t Target) Decode(into any) error {
	t.config.known = settingsOf(reflect.TypeOf(into).Elem())
	if err := yaml.NodeToValue(t.node, into, yaml.Strict()); err != nil {
		return t.config.complaint(err)
	}
	return t.config.complaint(t.resolveAll(reflect.ValueOf(into).Elem()))
}

// settingsOf are the names of all settings, inner ones included.
func settingsOf(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name != "" {
			names = append(names, name)
		}
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && f.IsExported() {
			names = append(names, settingsOf(inner)...)
		}
	}
	return names
}

// resolveAll looks up each secret of a struct, and tells values that know their place whose they are.
func (t Target) resolveAll(v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Field(i)
		if !v.Type().Field(i).IsExported() {
			continue
		}
		if f.Kind() == reflect.Pointer && !f.IsNil() {
			f = f.Elem()
		}
		switch s := f.Addr().Interface().(type) {
		case *Secret:
			if err := s.resolve(filepath.Dir(t.config.Path)); err != nil {
				return err
			}
			continue
		case interface{ keep(Target) }:
			s.keep(t)
			continue
		}
		if f.Kind() == reflect.Struct {
			if err := t.resolveAll(f); err != nil {
				return err
			}
		}
	}
	return nil
}
