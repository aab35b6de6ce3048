package page

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain is a text as a reader is to see it: control characters, marks of direction, marks without width and bytes that
// are no UTF-8 are spelled out, as \x1b and \u202e; with them a name can look like another one. Line breaks and tabs
// stay; a carriage return and a line feed are one line break.
func Plain(text string) string {
	if strings.IndexFunc(text, unseen) < 0 {
		return text
	}
	plain := strings.Builder{}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case strings.HasPrefix(text[i:], "\r\n"):
		case r == utf8.RuneError && size == 1, r < utf8.RuneSelf && unseen(r):
			fmt.Fprintf(&plain, `\x%02x`, text[i])
		case unseen(r) && r != utf8.RuneError:
			fmt.Fprintf(&plain, `\u%04x`, r)
		default:
			plain.WriteString(text[i : i+size])
		}
		i += size
	}
	return plain.String()
}

func unseen(r rune) bool {
	switch r {
	case '\n', '\t':
		return false
	case '\u061c', '\u200b', '\u200e', '\u200f', '\u2028', '\u2029', '\u2060', '\ufeff', utf8.RuneError:
		return true
	}
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
