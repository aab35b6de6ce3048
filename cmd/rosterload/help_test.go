package main

import (
	"strings"
	"testing"
)

func TestALineOfHelpIsBrokenBelowItsText(t *testing.T) {
	for _, c := range []struct {
		name, line, want string
		width            int
	}{
		{"a line that fits", "   --split  write it, too\n", "   --split  write it, too\n", 40},
		{"a flag and its text", "   --split  write the rows that went well into a file of theirs\n", "   --split  write the rows that\n            went well into a file\n            of theirs\n", 35},
		{"a text alone", "   one two three four five\n", "   one two\n   three four\n   five\n", 14},
		{"a first column that takes too much room", "   --a-flag-of-great-length  its text\n", "   --a-flag-of-great-length\n   its text\n", 30},
		{"a word that fits nowhere", "   " + strings.Repeat("x", 30) + "\n", "   " + strings.Repeat("x", 30) + "\n", 20},
		{"a line without an end", "a b", "a b", 20},
	} {
		if is := broken(c.line, c.width); is != c.want {
			t.Errorf("%s: %q, want %q", c.name, is, c.want)
		}
	}
}
