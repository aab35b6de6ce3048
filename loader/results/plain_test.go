package results

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestOurColumnsHoldNoControlCharacters(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"plain text stays", `SF said "no" \ at all`, `SF said "no" \ at all`},
		{"letters of any language stay", "Köln 北京 Αθήνα 😀", "Köln 北京 Αθήνα 😀"},
		{"line breaks are blanks", "one\ntwo\r\nthree\rfour", "one two three four"},
		{"tabs are blanks", "a\tb", "a b"},
		{"Unicode's line breaks are blanks", "a\u2028b\u2029c\u0085d", "a b c d"},
		{"a terminal's escape is spelled out", "\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"a bell and a null", "a\x07b\x00c\x7fd", `a\x07b\x00c\x7fd`},
		{"the second set of control characters", "a\u009bb", `a\u009bb`},
		{"marks that turn the reading direction", "Ann\u202egpj.exe\u2066", `Ann\u202egpj.exe\u2066`},
		{"bytes that are no UTF-8", "a\xff\xfeb", `a\xff\xfeb`},
		{"the mark for what could not be read stays", "a\uFFFDb", "a\uFFFDb"},
	} {
		if got := Plain(c.text); got != c.want {
			t.Errorf("%s: %q became %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

func TestPlainTextIsPlain(t *testing.T) {
	piece := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(t *rapid.T) {
		text := piece.Draw(t, "text")
		plain := Plain(text)
		if !utf8.ValidString(plain) || strings.ContainsFunc(plain, func(r rune) bool { return unicode.IsControl(r) || isBreak(r) }) {
			t.Errorf("%q became %q", text, plain)
		}
		if Plain(plain) != plain {
			t.Errorf("%q became %q, and that %q", text, plain, Plain(plain))
		}
	})
}

func BenchmarkPlain(b *testing.B) {
	for name, text := range map[string]string{
		"ASCII": "user0000001@acme.example", "umlauts": "Jürgen.Müller@acme.example",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Plain(text)
			}
		})
	}
}

func TestEveryMarkOfDirectionIsSpelledOut(t *testing.T) {
	for r := range rune(unicode.MaxRune) {
		if turns(r) != unicode.Is(unicode.Bidi_Control, r) {
			t.Errorf("%U", r)
		}
	}
}
