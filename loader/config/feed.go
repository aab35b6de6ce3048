package config

import (
	"reflect"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Feed is one entry under feeds:, not yet decoded.
type Feed struct {
	Name string
	part Target // an entry with a place, and no kind
}

// feedName is what a feed may be called: its name is that of a lock, and stands in commands.
var feedName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func (c *Config) takeFeeds(n ast.Node) error {
	if n == nil {
		return nil
	}
	entries, ok := mapping(n)
	if !ok {
		return errorAt(n, "feeds: holds one entry a feed, with its settings below it")
	}
	for _, entry := range entries {
		name, at := strings.Trim(entry.Key.String(), `"'`), entry.Key.GetToken().Position
		if !feedName.MatchString(name) {
			return errorAt(entry.Key, "a feed is called by letters, digits, hyphens, dots and underscores: %q", name)
		}
		if _, ok := mapping(entry.Value); !ok {
			return errorAt(entry.Key, "feed %s has no settings", name)
		}
		part := Target{Name: name, Line: at.Line, column: at.Column, config: c, node: entry.Value}
		c.Feeds = append(c.Feeds, Feed{name, part})
	}
	return nil
}

// Decode fills a feed's settings strictly. Into is a pointer to a struct.
func (f Feed) Decode(into any) error {
	f.part.config.known = settingsOf(reflect.TypeOf(into).Elem())
	return f.part.config.complaint(f.part.decode(into))
}

// Complain says what is wrong with the feed as a whole: an *Error.
func (f Feed) Complain(format string, args ...any) error {
	return f.part.complain(0, 0, format, args...)
}

// ComplainAt says what is wrong at a place of the config: an *Error.
func (f Feed) ComplainAt(line, column int, format string, args ...any) error {
	return f.part.complain(line, column, format, args...)
}

// Relative is a path as the config means it: relative to its folder.
func (f Feed) Relative(path string) string { return f.part.config.relative(path) }

// Texts is one text or a list of them, as they are written whatever YAML would read.
type Texts struct {
	V            []string
	IsList       bool
	Line, Column int // 0: not given

	in Target
}

// UnmarshalYAML keeps the texts and the place.
func (t *Texts) UnmarshalYAML(n ast.Node) error {
	at := n.GetToken().Position
	t.Line, t.Column = at.Line, at.Column
	list, isList := bare(n).(*ast.SequenceNode)
	if !isList {
		text, ok := scalar(n)
		if !ok || text == "" {
			return errorAt(n, "%s is a text, or a list of texts", nameOf(n))
		}
		t.V = []string{text}
		return nil
	}
	t.IsList = true
	for _, entry := range list.Values {
		text, ok := scalar(entry)
		if !ok || strings.TrimSpace(text) == "" {
			return errorAt(entry, "each entry of %s is one text", nameOf(n))
		}
		t.V = append(t.V, text)
	}
	return nil
}

func (t *Texts) keep(in Target) { t.in = in }

// Given tells whether the setting is there.
func (t Texts) Given() bool { return t.Line > 0 }

// Complain says what is wrong with the texts, and where they stand: an *Error.
func (t Texts) Complain(format string, args ...any) error {
	return t.in.complain(t.Line, t.Column, format, args...)
}
