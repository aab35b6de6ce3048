package validate

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

var blanks = []string{" ", "\t", "\u00A0", "\u2003", "\u200B", "\u2060", "\uFEFF", "\u180E", "\u3000", "\u2028"}

func TestBlanksAtTheEndsDoNotCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inner := rapid.StringMatching(`[a-zü]([a-zü \x{00A0}]{0,6}[a-zü])?`).Draw(t, "cell")
		front, back := rapid.SliceOf(rapid.SampledFrom(blanks)).Draw(t, "front"), rapid.SliceOf(rapid.SampledFrom(blanks)).Draw(t, "back")
		cell := ""
		for _, b := range front {
			cell += b
		}
		cell += inner
		for _, b := range back {
			cell += b
		}
		if got := Trim([]byte(cell)); got != inner {
			t.Errorf("%q is trimmed to %q, not to %q", cell, got, inner)
		}
	})
}

func TestTrimmingTakesNothingButBlanks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.SliceOf(rapid.Byte()).Draw(t, "cell")
		got := Trim(cell)
		if again := Trim([]byte(got)); again != got {
			t.Errorf("%q, trimmed again: %q", got, again)
		}
		first, _ := utf8.DecodeRuneInString(got)
		last, _ := utf8.DecodeLastRuneInString(got)
		if got != "" && (isBlank(first) || isBlank(last)) {
			t.Errorf("%q keeps a blank: %q", cell, got)
		}
	})
}
