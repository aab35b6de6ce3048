package config

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// shaped holds a value against the type that it is read into, and says what belongs there. The decoder would say so
// too, in words of its own, and would take 1.5 for a whole number. What a type reads by itself, it judges by itself.
func shaped(name string, t reflect.Type, n ast.Node) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n == nil || isBlank(n) || isReference(n) || readsItself(t) {
		return nil
	}
	switch {
	case t.Kind() == reflect.Struct:
		return shapedPart(name, t, n)
	case t.Kind() == reflect.String:
		return oneText(name, n)
	case t.Kind() == reflect.Bool:
		return yesOrNo(name, n)
	case t.Kind() == reflect.Int:
		return wholeNumber(name, n)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String:
		return listOfTexts(name, n)
	case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.String:
		return namedTexts(name, n)
	}
	return nil
}

// isReference tells of a value that stands elsewhere in the file: *name.
func isReference(n ast.Node) bool {
	_, is := bare(n).(*ast.AliasNode)
	return is
}

// shapedPart goes through a part with settings of its own.
func shapedPart(name string, t reflect.Type, n ast.Node) error {
	entries, ok := mapping(n)
	may := fieldsOf(t)
	if !ok {
		return errorAt(n, "%s holds settings of its own: %s", name, strings.Join(namesOf(may), ", "))
	}
	for _, e := range entries {
		key, isText := scalar(e.Key)
		if _, merged := e.Key.(*ast.MergeKeyNode); merged || !isText {
			continue
		}
		i := slices.IndexFunc(may, func(f reflect.StructField) bool { is, _ := settingName(f); return is == key })
		if i < 0 {
			return unknownSetting(e.Key, key, name, namesOf(may), settingsOf(t))
		}
		if err := shaped(key, may[i].Type, e.Value); err != nil {
			return err
		}
	}
	return nil
}

// fieldsOf are the fields that one part of the config may set.
func fieldsOf(t reflect.Type) (all []reflect.StructField) {
	for i := range t.NumField() {
		f := t.Field(i)
		switch name, inline := settingName(f); {
		case inline:
			all = append(all, fieldsOf(f.Type)...)
		case name != "":
			all = append(all, f)
		}
	}
	return all
}

func namesOf(fields []reflect.StructField) (names []string) {
	for _, f := range fields {
		name, _ := settingName(f)
		names = append(names, name)
	}
	return names
}

// unknownSetting names the setting that was meant, or else all that may stand there.
func unknownSetting(at ast.Node, key, part string, here, anywhere []string) error {
	where := ""
	if part != "" {
		where = " under " + part
	}
	near := meant(key, here)
	if near == "" {
		near = meant(key, anywhere)
	}
	if near != "" {
		return errorAt(at, "unknown setting %q%s%s", key, where, near)
	}
	return errorAt(at, "unknown setting %q%s; there are: %s", key, where, strings.Join(here, ", "))
}

func oneText(name string, n ast.Node) error {
	if _, ok := scalar(n); !ok {
		return errorAt(n, "%s is one text, no list and no settings of its own", name)
	}
	return nil
}

func yesOrNo(name string, n ast.Node) error {
	if _, ok := bare(n).(*ast.BoolNode); !ok {
		return errorAt(n, "%s is true or false", name)
	}
	return nil
}

// wholeNumber leaves a number below zero to settle, which knows it for one.
func wholeNumber(name string, n ast.Node) error {
	text, ok := scalar(n)
	if _, err := strconv.Atoi(text); !ok || err != nil {
		return errorAt(n, "%s is a whole number from 0", name)
	}
	return nil
}

func listOfTexts(name string, n ast.Node) error {
	list, ok := bare(n).(*ast.SequenceNode)
	if !ok {
		return errorAt(n, "%s is a list of texts, such as [A, B]", name)
	}
	for _, entry := range list.Values {
		if _, ok := scalar(entry); !ok {
			return errorAt(entry, "each entry of %s is one text", name)
		}
	}
	return nil
}

func namedTexts(name string, n ast.Node) error {
	entries, ok := mapping(n)
	if !ok {
		return errorAt(n, "%s holds one entry a name, such as {A: B}", name)
	}
	for _, e := range entries {
		if _, ok := scalar(e.Value); !ok {
			return errorAt(e.Value, "each entry of %s is one text", name)
		}
	}
	return nil
}

// nameOf is the setting whose value a node is.
func nameOf(n ast.Node) string {
	path := n.GetPath()
	return path[strings.LastIndexByte(path, '.')+1:]
}
