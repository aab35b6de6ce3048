package validate

import (
	"bytes"
	"unicode"
)

// Trim is a cell without the blanks at its ends: Unicode's, no-break and zero-width ones included.
func Trim(cell []byte) string { return string(trim(cell)) }

func trim(cell []byte) []byte {
	if n := len(cell); n == 0 || cell[0] > ' ' && cell[0] < 0x7f && cell[n-1] > ' ' && cell[n-1] < 0x7f {
		return cell
	}
	return bytes.TrimFunc(cell, isBlank)
}

func isBlank(r rune) bool {
	switch r {
	case '\u200b', '\u2060', '\ufeff', '\u180e':
		return true
	}
	return unicode.IsSpace(r)
}
