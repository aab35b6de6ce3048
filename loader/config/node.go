package config

import (
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

func mapping(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch m := bare(n).(type) {
	case *ast.MappingNode:
		return m.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}, true
	}
	return nil, false
}

// bare is a node without its tag and anchor: `!!str &a x` is x.
func bare(n ast.Node) ast.Node {
	for {
		switch v := n.(type) {
		case *ast.TagNode:
			n = v.Value
		case *ast.AnchorNode:
			n = v.Value
		default:
			return n
		}
	}
}

// scalar is a node's text as it is written, where it is one word or one string: 0042 is "0042", and no number.
func scalar(n ast.Node) (string, bool) {
	switch v := bare(n).(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case ast.ScalarNode:
		if isBlank(v) {
			return "", true
		}
		return v.GetToken().Value, true
	}
	return "", false
}

// isBlank tells of a value that is not written at all: `key:`.
func isBlank(n ast.Node) bool {
	null, ok := n.(*ast.NullNode)
	return ok && null.GetToken().Type == token.ImplicitNullType
}

// entryOf is the entry of a mapping with this key; nil when there is none.
func entryOf(n ast.Node, name string) *ast.MappingValueNode {
	entries, _ := mapping(n)
	for _, e := range entries {
		if key, _ := scalar(e.Key); key == name {
			return e
		}
	}
	return nil
}

// nodeAt is the value of a setting such as "poll.job"; nil when it is not given.
func nodeAt(n ast.Node, path string) ast.Node {
	for name := range strings.SplitSeq(path, ".") {
		e := entryOf(n, name)
		if e == nil {
			return nil
		}
		n = e.Value
	}
	return n
}

// literal makes every value that goes into a text the text that is written. YAML would read 0042 as 34, 1_000 as 1000
// and null as nothing, and a group of that name would no longer be found.
func literal(t reflect.Type, n ast.Node) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || readsItself(t) {
		return
	}
	for i := range t.NumField() {
		name, inline := settingName(t.Field(i))
		if inline {
			literal(t.Field(i).Type, n)
			continue
		}
		if e := entryOf(n, name); e != nil && name != "" {
			e.Value = asWritten(t.Field(i).Type, e.Value)
			literal(t.Field(i).Type, e.Value)
		}
	}
}

// asWritten is a value for a field of this type: a text, a list of texts, or anything else, which stays as it is.
func asWritten(t reflect.Type, n ast.Node) ast.Node {
	switch {
	case readsItself(t):
	case t.Kind() == reflect.String:
		return asText(n)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String:
		if list, ok := bare(n).(*ast.SequenceNode); ok {
			for i, entry := range list.Values {
				list.Values[i] = asText(entry)
			}
		}
	case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.String:
		entries, _ := mapping(n)
		for _, e := range entries {
			e.Value = asText(e.Value)
		}
	}
	return n
}

func asText(n ast.Node) ast.Node {
	switch v := bare(n).(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return n
	case ast.ScalarNode:
		if isBlank(v) {
			return n
		}
		text := ast.String(v.GetToken())
		text.SetPath(n.GetPath())
		return text
	}
	return n
}

// readsItself tells whether a type has its own way of reading a node.
func readsItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[interface{ UnmarshalYAML(n ast.Node) error }]())
}

// settingName is the name of a field in the config, and whether the field's own settings stand beside it instead.
func settingName(f reflect.StructField) (name string, inline bool) {
	name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name, options == "inline"
}
