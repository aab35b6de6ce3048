package results

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain is a text as our own columns hold it: on one line, and without characters that change how a terminal, an
// editor or a reader sees the rest. Line breaks and tabs become blanks; other control characters, marks of direction
// and bytes that are no UTF-8 are spelled out, as \x1b and \u202e. The roster's own columns are not touched: they
// come back as they came.
func Plain(text string) string {
	if isPlain(text) {
		return text
	}
	plain := strings.Builder{}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case strings.HasPrefix(text[i:], "\r\n"):
			size = 2
			plain.WriteByte(' ')
		case isBreak(r):
			plain.WriteByte(' ')
		case r == utf8.RuneError && size == 1, r < utf8.RuneSelf && unicode.IsControl(r):
			fmt.Fprintf(&plain, `\x%02x`, text[i])
		case unicode.IsControl(r), turns(r):
			fmt.Fprintf(&plain, `\u%04x`, r)
		default:
			plain.WriteString(text[i : i+size])
		}
		i += size
	}
	return plain.String()
}

// isPlain tells of a text that stays as it is, as nearly all do: it is asked for every cell of a million rows.
func isPlain(text string) bool {
	for _, r := range text {
		switch {
		case r >= ' ' && r < 0x7f:
		case r == utf8.RuneError, unicode.IsControl(r), isBreak(r), turns(r):
			return false
		}
	}
	return true
}

func isBreak(r rune) bool {
	return r >= '\t' && r <= '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// turns tells of the marks that set the direction in which text is read: with them a name can be shown as another one.
func turns(r rune) bool {
	switch r {
	case '\u061c', '\u200e', '\u200f':
		return true
	}
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
