package sheet

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"rosterload/loader/sheet/sheettest"
)

// written are the sheets of a workbook, read back.
func written(t testing.TB, write func(b *Book)) []sheettest.Sheet {
	t.Helper()
	var text bytes.Buffer
	b := New(&text)
	write(b)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "book.xlsx")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	sheets, err := sheettest.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return sheets
}

var two = []Column{{"Name", 20}, {"Value", 60}}

func TestCellsAreTextsAndStayWhatTheyAre(t *testing.T) {
	long := strings.Repeat("ab", 20000)
	for name, c := range map[string]struct {
		text, want string
		cut, spelt int
	}{
		"a formula":                        {text: "=1+1", want: "=1+1"},
		"a formula of another kind":        {text: "@SUM(A1)", want: "@SUM(A1)"},
		"leading zeros":                    {text: "00042", want: "00042"},
		"a plus":                           {text: "+49 30 123", want: "+49 30 123"},
		"an id of 18 digits":               {text: "123456789012345678", want: "123456789012345678"},
		"a date":                           {text: "2026-11-23", want: "2026-11-23"},
		"markup":                           {text: `<b a="1">&amp;</b>]]>`, want: `<b a="1">&amp;</b>]]>`},
		"blanks at the ends":               {text: "  a ", want: "  a "},
		"blanks alone":                     {text: " ", want: " "},
		"tabs and line breaks":             {text: "a\tb\nc\r\nd\re", want: "a\tb\nc\r\nd\re"},
		"an emoji":                         {text: "\U0001F600 ok", want: "\U0001F600 ok"},
		"marks of direction":               {text: "\u202egnp.exe\u200f", want: "\u202egnp.exe\u200f"},
		"control characters":               {text: "a\x00b\x1bc\x7f", want: `a\x00b\x1bc` + "\x7f", spelt: 1},
		"bytes that are no UTF-8":          {text: "a\xffb\xc3", want: `a\xffb\xc3`, spelt: 1},
		"half a surrogate":                 {text: "\xed\xa0\x80", want: `\xed\xa0\x80`, spelt: 1},
		"what is no character":             {text: "\ufffe\uffff\ufffd", want: `\ufffe\uffff` + "\ufffd", spelt: 1},
		"what a spreadsheet makes one of":  {text: "_x0041_ _x41_ _X0041_ _x005F_x0041_", want: "_x0041_ _x41_ _X0041_ _x005F_x0041_"},
		"code names":                       {text: "USER_NOT_FOUND", want: "USER_NOT_FOUND"},
		"40,000 characters":                {text: long, want: long[:MostText-7] + "… [cut]", cut: 1},
		"as many as a cell holds":          {text: long[:MostText], want: long[:MostText]},
		"one more":                         {text: long[:MostText+1], want: long[:MostText-7] + "… [cut]", cut: 1},
		"as many emojis as a cell holds":   {text: strings.Repeat("\U0001F600", MostText/2), want: strings.Repeat("\U0001F600", MostText/2)},
		"more emojis than a cell holds":    {text: strings.Repeat("\U0001F600", MostText/2+1), want: strings.Repeat("\U0001F600", MostText/2-3) + "… [cut]", cut: 1},
		"control characters that grow":     {text: strings.Repeat("\x01", MostText/4+1), want: strings.Repeat(`\x01`, (MostText-7)/4) + "… [cut]", cut: 1, spelt: 1},
		"control characters that just fit": {text: strings.Repeat("\x01", MostText/4), want: strings.Repeat(`\x01`, MostText/4), spelt: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var s *Sheet
			sheets := written(t, func(b *Book) {
				s = b.Sheet("Rows", two)
				s.Texts("a", c.text)
			})
			if got := sheets[0].Rows[1][1]; got != c.want || sheets[0].Other > 0 {
				t.Errorf("%.80q of %d, want %.80q of %d; %d cells of another kind", got, len(got), c.want, len(c.want), sheets[0].Other)
			}
			if s.Cut != c.cut || s.Spelled != c.spelt {
				t.Errorf("cut %d, spelled %d", s.Cut, s.Spelled)
			}
			if units := len(utf16.Encode([]rune(sheets[0].Rows[1][1]))); units > MostText {
				t.Errorf("%d units stand in one cell", units)
			}
		})
	}
}

// Whatever the bytes: the workbook can be read, no cell is too long, and a text that XML can hold comes back.
func TestAnyBytesMakeACell(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("_x0041F\x02\ufffe ab\r\n\t<&"))),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(r, "text")
		text = strings.Repeat(text, rapid.SampledFrom([]int{1, 1, 1, 9000}).Draw(r, "times"))
		var s *Sheet
		rows := written(t, func(b *Book) { s = b.Sheet("Rows", two); s.Texts("a", text) })[0].Rows
		got := ""
		if len(rows[1]) > 1 {
			got = rows[1][1]
		}
		if s.Cut+s.Spelled == 0 && got != text {
			r.Fatalf("%.200q, was %.200q", got, text)
		}
		if len(utf16.Encode([]rune(got))) > MostText || s.Cut > 0 && !strings.HasSuffix(got, "… [cut]") {
			r.Fatalf("%d bytes, cut %d", len(got), s.Cut)
		}
	})
}

func TestRowsBeyondASheetGoToFurtherOnes(t *testing.T) {
	var rows *Sheet
	sheets := written(t, func(b *Book) {
		b.MostRows = 4
		rows = b.Sheet("Rows", two)
		for i := range 7 {
			rows.Texts(fmt.Sprint(i), "x")
		}
		b.Sheet("Reasons", two).Texts("r", "")
		b.FirstSheet("Summary", two).Texts("sheets", fmt.Sprint(rows.Tabs))
	})
	var names, first []string
	for _, s := range sheets {
		names = append(names, s.Name)
		if !s.Frozen || s.Filter != fmt.Sprintf("A1:B%d", len(s.Rows)) || !slices.Equal(s.Rows[0], []string{"Name", "Value"}) {
			t.Errorf("%s: %+v", s.Name, s)
		}
		for _, r := range s.Rows[1:] {
			first = append(first, r[0])
		}
	}
	if got, want := strings.Join(names, ","), "Summary,Rows,Rows 2,Rows 3,Reasons"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := strings.Join(first, ","); got != "sheets,0,1,2,3,4,5,6,r" || rows.Rows != 7 || rows.Tabs != 3 {
		t.Errorf("%s: %d rows on %d sheets", got, rows.Rows, rows.Tabs)
	}
}

func TestColumnsBeyondASheetAreCounted(t *testing.T) {
	columns, cells := make([]Column, MostColumns+2), make([]string, MostColumns+2)
	for i := range columns {
		columns[i].Heading, cells[i] = fmt.Sprint("h", i), fmt.Sprint("c", i)
	}
	var s *Sheet
	sheets := written(t, func(b *Book) { s = b.Sheet("Rows", columns); s.Texts(cells...) })
	if rows := sheets[0].Rows; len(rows[0]) != MostColumns || len(rows[1]) != MostColumns || rows[1][MostColumns-1] != "c16383" || sheets[0].Filter != "A1:XFD2" {
		t.Errorf("%d headings, %d cells, filter %s", len(rows[0]), len(rows[1]), sheets[0].Filter)
	}
	if s.Dropped != 4 {
		t.Errorf("%d were dropped", s.Dropped)
	}
}

func TestTheSameSheetsAreTheSameBytes(t *testing.T) {
	var books [2]bytes.Buffer
	for i := range books {
		b := New(&books[i])
		s := b.Sheet("Rows & more", two)
		for n := range 1000 {
			s.Texts(fmt.Sprint(n), strings.Repeat("x", n))
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(books[0].Bytes(), books[1].Bytes()) {
		t.Error("two workbooks of the same sheets differ")
	}
}

func TestAFailedWriteIsTold(t *testing.T) {
	for _, room := range []int{0, 100, 3000} {
		b := New(&small{room: room})
		s := b.Sheet("Rows", two)
		for n := range 2000 {
			s.Texts(fmt.Sprint(n*7919), fmt.Sprint(n*104729))
		}
		if err := b.Close(); !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: %v", room, err)
		}
	}
	b := New(io.Discard)
	first := b.Sheet("First", two)
	b.Sheet("Second", two)
	first.Texts("late")
	if err := b.Close(); !errors.Is(err, errOver) {
		t.Errorf("a sheet that is over was written: %v", err)
	}
}

var errFull = errors.New("full")

// small is a disk with little room.
type small struct{ room int }

func (s *small) Write(p []byte) (int, error) {
	if s.room -= len(p); s.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestNamesOfColumns(t *testing.T) {
	for column, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		if got := letters(column); got != want {
			t.Errorf("column %d is %s, want %s", column, got, want)
		}
	}
}

func TestEachPartIsXML(t *testing.T) {
	b := New(io.Discard)
	b.Sheet(`a "name" & 'more' <here>`, two)
	for _, p := range b.parts() {
		for d := xml.NewDecoder(strings.NewReader(p.text)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v\n%s", p.name, err, p.text)
			}
		}
	}
}
