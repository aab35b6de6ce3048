package sheet

import (
	"fmt"
	"unicode/utf8"
)

// isPlain tells of a text that stands in XML as it is, as nearly all do: it is asked for every cell of a million rows.
func isPlain(text []byte) bool {
	if len(text) > MostText || len(text) > 0 && (text[0] == ' ' || text[len(text)-1] == ' ') {
		return false
	}
	for i, c := range text {
		if !plain[c] || c == '_' && isCharacter(text[i:]) {
			return false
		}
	}
	return true
}

// plain are the bytes that stand in XML as they are.
var plain = func() (is [256]bool) {
	for c := ' '; c <= '~'; c++ {
		is[c] = c != '&' && c != '<' && c != '>'
	}
	return is
}()

// spell writes the rest of the tag, and a text of any bytes. Blanks at its ends count, and a carriage return stays one.
func (s *Sheet) spell(text []byte) {
	s.buf = append(s.buf, ` xml:space="preserve">`...)
	text, mark := cut(text)
	if mark != "" {
		s.Cut++
	}
	spelled := false
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '_' && isCharacter(text[i:]):
			s.buf = append(s.buf, `_x005F_`...) // a spreadsheet makes a character of _x0041_, and an underscore of this
			i++
			continue
		case plain[c] || c == '\t' || c == '\n':
			s.buf = append(s.buf, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == utf8.RuneError && size == 1, r < ' ' && r != '\r':
			s.buf = fmt.Appendf(s.buf, `\x%02x`, c)
			spelled = true
		case r == 0xFFFE || r == 0xFFFF:
			s.buf = fmt.Appendf(s.buf, `\u%04x`, r)
			spelled = true
		default:
			s.buf = appendMarkup(s.buf, r, text[i:i+size])
		}
		i += size
	}
	if spelled {
		s.Spelled++
	}
	s.buf = append(s.buf, mark...)
}

func appendMarkup(to []byte, r rune, text []byte) []byte {
	switch r {
	case '&':
		return append(to, "&amp;"...)
	case '<':
		return append(to, "&lt;"...)
	case '>':
		return append(to, "&gt;"...)
	case '\r':
		return append(to, "&#13;"...)
	}
	return append(to, text...)
}

// isCharacter tells of _xHHHH_, which spreadsheets read as one character.
func isCharacter(text []byte) bool {
	if len(text) < 7 || text[1] != 'x' || text[6] != '_' {
		return false
	}
	for _, c := range text[2:6] {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

// cut shortens a text to what a cell holds, and says with which mark it is to end. A text that fits has none. What is
// spelled out counts as it is spelled.
func cut(text []byte) (kept []byte, mark string) {
	if len(text) <= MostText/4 { // however it is spelled, it fits
		return text, ""
	}
	mark = "… [cut]"
	room, at, units := MostText-utf8.RuneCountInString(mark), -1, 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		units += unitsOf(r, size)
		if units > room && at < 0 {
			at = i
		}
		if units > MostText {
			return text[:at], mark
		}
		i += size
	}
	return text, ""
}

// unitsOf is how many units of UTF-16 a character takes in a cell.
func unitsOf(r rune, size int) int {
	switch {
	case r == utf8.RuneError && size == 1, r < ' ' && r != '\t' && r != '\n' && r != '\r':
		return len(`\x00`)
	case r == 0xFFFE, r == 0xFFFF:
		return len(`\u0000`)
	case r > 0xFFFF:
		return 2
	}
	return 1
}
