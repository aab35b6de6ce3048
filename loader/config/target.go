package config

import (
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

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

func (c *Config) target(entry *ast.MappingValueNode) (Target, error) {
	name, at := entry.Key.String(), entry.Key.GetToken().Position
	t := Target{Name: strings.Trim(name, `"'`), Line: at.Line, column: at.Column, config: c, node: entry.Value}
	if _, ok := mapping(entry.Value); !ok {
		return t, errorAt(entry.Key, "target %s has no settings", name)
	}
	if kind := entryOf(entry.Value, "kind"); kind != nil {
		t.Kind, _ = scalar(kind.Value)
		t.kindAt = kind.Value.GetToken().Position
	}
	if t.Kind == "" {
		return t, errorAt(entry.Key, "target %s does not say its kind", name)
	}
	return t, nil
}

// UnknownKind complains about the target's kind, which is none of these: an *Error.
func (t Target) UnknownKind(known []string) error {
	all, near := "; there are: "+strings.Join(known, ", "), meant(t.Kind, known)
	if near != "" {
		all = near + " (there are: " + strings.Join(known, ", ") + ")"
	}
	return t.complain(t.kindAt.Line, t.kindAt.Column, "target %s: no kind %q%s", t.Name, t.Kind, all)
}

// Decode fills a kind's settings strictly and looks its secrets up. Into is a pointer to a struct that embeds Common.
func (t Target) Decode(into any) error {
	t.config.known = settingsOf(reflect.TypeOf(into).Elem())
	return t.config.complaint(t.decode(into))
}

func (t Target) decode(into any) error {
	if err := shaped("", reflect.TypeOf(into), t.node); err != nil {
		return err
	}
	literal(reflect.TypeOf(into), t.node)
	if err := yaml.NodeToValue(t.node, into, yaml.Strict()); err != nil {
		return err
	}
	if err := t.settle(reflect.ValueOf(into).Elem(), t.node); err != nil {
		return err
	}
	if kind, ok := into.(interface{ Unread() []string }); ok {
		for _, name := range kind.Unread() {
			if given := nodeAt(t.node, name); given != nil && !isBlank(given) {
				return errorAt(given, "%s is not read by targets of this kind", name)
			}
		}
	}
	if c, ok := into.(interface{ Shared() *Common }); ok {
		c.Shared().CAFile = t.config.relative(c.Shared().CAFile)
		c.Shared().Approval.By.V = t.config.relative(c.Shared().Approval.By.V)
		for i, entry := range c.Shared().Protect.V {
			if path, isFile := strings.CutPrefix(entry, "file:"); isFile {
				c.Shared().Protect.V[i] = "file:" + t.config.relative(path)
			}
		}
		return c.Shared().check(t.node)
	}
	return nil
}

// settingsOf are the names of all settings, inner ones included.
func settingsOf(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if name, _ := settingName(f); name != "" {
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

// settle looks up each secret of a struct, tells values that know their place whose they are, and refuses numbers
// below zero: no setting of any kind has a use for one.
func (t Target) settle(v reflect.Value, n ast.Node) error {
	for i := range v.NumField() {
		field, f := v.Type().Field(i), v.Field(i)
		if !field.IsExported() {
			continue
		}
		if f.Kind() == reflect.Pointer && !f.IsNil() {
			f = f.Elem()
		}
		name, inline := settingName(field)
		given := n
		if !inline {
			given = nodeAt(n, name)
		}
		if err := t.settleOne(name, f, given); err != nil {
			return err
		}
	}
	return nil
}

// settleOne sees to one setting. Given is its value in the config, nil where it has none.
func (t Target) settleOne(name string, f reflect.Value, given ast.Node) error {
	if s, ok := f.Addr().Interface().(interface{ keep(Target) }); ok {
		s.keep(t)
	}
	switch s := f.Addr().Interface().(type) {
	case *Secret:
		return t.resolve(name, s, given)
	case *Duration:
		return nil
	}
	switch {
	case f.CanInt() && f.Int() < 0 && given != nil:
		return errorAt(given, "%s %d is below zero", name, f.Int())
	case f.Kind() == reflect.Struct && !readsItself(f.Type()):
		return t.settle(f, given)
	}
	return nil
}
