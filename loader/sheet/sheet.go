package sheet

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
)

// Sheet is one sheet of a workbook. Rows beyond what a sheet can hold go to further tabs with the same heading: Rows,
// Rows 2, Rows 3.
type Sheet struct {
	Rows    int // written, headings aside
	Tabs    int // taken so far
	Cut     int // cells that were cut at MostText
	Spelled int // cells with characters that XML cannot hold, which were spelled out
	Dropped int // cells, or headings, beyond MostColumns

	book    *Book
	name    string
	columns []Column
	tab     *tab
	place   int // of its first tab
	buf     []byte
}

// turn goes on to the next tab, behind the one before. The heading stays in sight when the rows are scrolled.
func (s *Sheet) turn(place int) {
	s.place, s.Tabs = place, s.Tabs+1
	s.tab = &tab{name: s.name, width: max(len(s.columns), 1)}
	if s.Tabs > 1 {
		s.tab.name = fmt.Sprintf("%s %d", s.name, s.Tabs)
	}
	s.book.begin(s.tab, place)
	s.buf = append(s.buf[:0], head...)
	for i, c := range s.columns {
		s.buf = fmt.Appendf(s.buf, `<col min="%d" max="%d" width="%d" style="%d" customWidth="1"/>`, i+1, i+1,
			max(c.Width, 4), textStyle)
	}
	s.buf = append(s.buf, `</cols><sheetData>`...)
	s.begin()
	for i, c := range s.columns {
		s.cell(i, headingStyle, []byte(c.Heading))
	}
	s.end()
}

// Row writes one row. Empty cells are none.
func (s *Sheet) Row(cells ...[]byte) {
	if s.tab.row == s.book.MostRows {
		s.turn(s.place + 1)
	}
	s.begin()
	for i, c := range cells[:min(len(cells), MostColumns)] {
		if len(c) > 0 {
			s.cell(i, textStyle, c)
		}
	}
	s.end()
	s.Rows++
	s.Dropped += max(0, len(cells)-MostColumns)
}

// Texts writes one row of texts.
func (s *Sheet) Texts(cells ...string) {
	row := make([][]byte, len(cells))
	for i, c := range cells {
		row[i] = []byte(c)
	}
	s.Row(row...)
}

func (s *Sheet) begin() {
	s.tab.row++
	s.buf = append(s.buf, `<row r="`...)
	s.buf = strconv.AppendInt(s.buf, int64(s.tab.row), 10)
	s.buf = append(s.buf, `">`...)
}

// errOver is for a sheet that is written when another one has begun.
var errOver = errors.New("sheet: written after its end")

func (s *Sheet) end() {
	s.buf = append(s.buf, `</row>`...)
	if s.book.open != s.tab {
		s.book.fail(errOver)
		return
	}
	_, err := s.tab.out.Write(s.buf)
	s.book.fail(err)
	s.buf = s.buf[:0]
}

// cell writes one text.
func (s *Sheet) cell(column, style int, text []byte) {
	s.buf = append(s.buf, `<c r="`...)
	s.buf = append(s.buf, letters(column)...)
	s.buf = strconv.AppendInt(s.buf, int64(s.tab.row), 10)
	s.buf = append(s.buf, `" s="`...)
	s.buf = strconv.AppendInt(s.buf, int64(style), 10)
	s.buf = append(s.buf, `" t="inlineStr"><is><t`...)
	if isPlain(text) {
		s.buf = append(append(s.buf, '>'), text...)
	} else {
		s.spell(text)
	}
	s.buf = append(s.buf, `</t></is></c>`...)
}

// tab is what a reader sees as one sheet.
type tab struct {
	name   string
	number int // in the order in which they were begun
	width  int
	row    int // rows so far, the heading included
	out    *bufio.Writer
}

func (t *tab) path() string { return fmt.Sprintf("xl/worksheets/sheet%d.xml", t.number) }

// head comes before the columns.
const head = xmlHead + `<worksheet xmlns="` + spreadsheet + `"><sheetViews><sheetView workbookViewId="0">` +
	`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="A2" sqref="A2"/>` +
	`</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>`

// foot comes behind the rows: a filter in the heading, and no complaint about numbers that are texts. A write that
// failed fails again when the buffer is flushed.
func (t *tab) foot() {
	all := "A1:" + letters(t.width-1) + strconv.Itoa(t.row)
	_, _ = t.out.WriteString(`</sheetData><autoFilter ref="` + all + `"/><ignoredErrors><ignoredError sqref="` + all +
		`" numberStoredAsText="1"/></ignoredErrors></worksheet>`)
}

// columnLetters are the names of the first columns: A to ZZ.
var columnLetters = func() (all []string) {
	for i := range 26 + 26*26 {
		all = append(all, lettersOf(i))
	}
	return all
}()

func letters(column int) string {
	if column < len(columnLetters) {
		return columnLetters[column]
	}
	return lettersOf(column)
}

func lettersOf(column int) string {
	text := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		text = string(rune('A'+(n-1)%26)) + text
	}
	return text
}
