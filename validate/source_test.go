package validate

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

func utf16Text(text string, big bool) string {
	var b bytes.Buffer
	for _, u := range append([]uint16{0xFEFF}, utf16.Encode([]rune(text))...) {
		if big {
			b.Write([]byte{byte(u >> 8), byte(u)})
		} else {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	}
	return b.String()
}

func TestEncodings(t *testing.T) {
	for _, c := range []struct{ name, text, encoding, want string }{
		{"UTF-8", head + "a,Köln\n", "UTF-8", "a>Köln"},
		{"a mark", "\xEF\xBB\xBF" + head + "a,Köln\n", "UTF-8 with BOM", "a>Köln"},
		{"Windows-1252, line by line", head + "a,K\xF6ln\nb,Köln\n", "UTF-8", "a>Köln b>Köln"},
		{"what neither can be", head + "a,K\x81ln\nb,Y\n", "UTF-8", "ROW_ENCODING b>Y"},
		{"a mark decides", "\xEF\xBB\xBF" + head + "a,K\xF6ln\nb,Y\n", "UTF-8 with BOM", "ROW_ENCODING b>Y"},
		{"UTF-16, little end first", utf16Text(head+"a,Köln 😀\nb,\n", false), "UTF-16LE", "a>Köln 😀 b>"},
		{"UTF-16, big end first", utf16Text(head+"a,Köln 😀\nb,\n", true), "UTF-16BE", "a>Köln 😀 b>"},
		{"half a character at the end", utf16Text(head+"a,X\nb,Y", false) + "\x20", "UTF-16LE", "a>X ROW_ENCODING"},
		{
			"a lone surrogate", strings.Replace(utf16Text(head+"a,Q\nb,Y\n", false), "Q\x00", "\x00\xD8", 1),
			"UTF-16LE", "ROW_ENCODING b>Y",
		},
		{"carriage returns alone", strings.ReplaceAll(head+"a,X\nb,Y\n", "\n", "\r"), "UTF-8", "a>X b>Y"},
		{"mixed line ends", "Username,Group\r\na,X\r\nb,Y\nc,Z\r\n", "UTF-8", "a>X b>Y c>Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, r, _ := said(t, c.text, Options{})
			if strings.Join(got, " ") != c.want || r.Encoding != c.encoding {
				t.Errorf("%q in %s, want %q in %s", got, r.Encoding, c.want, c.encoding)
			}
		})
	}
}

func TestALongUTF16RosterIsFoundAgainByKey(t *testing.T) {
	var b strings.Builder
	b.WriteString(head)
	for i := range 3000 {
		fmt.Fprintf(&b, "üser%d😀,Köln %d\n", i, i)
	}
	_, r, s := said(t, utf16Text(b.String(), false), Options{})
	for _, i := range []int{0, 1, 777, 2999, 1500, 2} {
		if row, ok, _ := s.Find([]byte(fmt.Sprintf("üser%d😀", i))); !ok || row != i+1 {
			t.Errorf("user %d is found in row %d, %v", i, row, ok)
		}
	}
	if !r.Mark() {
		t.Error("answers to a UTF-16 roster begin with a mark")
	}
}
