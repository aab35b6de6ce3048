// Package sheet writes workbooks (ECMA-376, Office Open XML) as a stream: memory does not grow with their rows.
//
// Every cell is a text. A spreadsheet then shows 00042 and an id of 18 digits as they are, runs no formula and makes no
// date of anything.
//
//	sheets, in the order in which they are begun ──▶ xl/worksheets/sheetN.xml
//	Close ──▶ what lists them: styles, workbook, relations, content types
package sheet

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"io"
	"slices"
	"time"
)

// The limits of spreadsheets, as Excel has them.
const (
	MostRows    = 1048576 // of a sheet, its heading included
	MostColumns = 16384
	MostText    = 32767 // of a cell, in units of UTF-16
)

// Book is a workbook on its way. One sheet is written at a time.
type Book struct {
	// MostRows is the most rows of a sheet, its heading included.
	MostRows int
	zip      *zip.Writer
	tabs     []*tab // as a reader sees them
	open     *tab
	err      error // the first
}

// New begins a workbook. The same sheets give the same bytes.
func New(to io.Writer) *Book {
	b := &Book{MostRows: MostRows, zip: zip.NewWriter(to)}
	b.zip.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(to,
			flate.BestSpeed)
	})
	return b
}

// member begins a file of the zip. Its time is always the same.
func (b *Book) member(name string) (io.Writer, error) {
	return b.zip.CreateHeader(&zip.FileHeader{
		Name: name, Method: zip.Deflate,
		Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC),
	})
}

// Column is a column of a sheet: its heading, and its width in characters.
type Column struct {
	Heading string
	Width   int
}

// Sheet begins a sheet behind the others. The sheet before is over.
func (b *Book) Sheet(name string, columns []Column) *Sheet {
	return b.sheet(len(b.tabs), name, columns)
}

// FirstSheet begins a sheet that stands before those that are written: it may say what is known only now.
func (b *Book) FirstSheet(name string, columns []Column) *Sheet { return b.sheet(0, name, columns) }

func (b *Book) sheet(place int, name string, columns []Column) *Sheet {
	s := &Sheet{
		book: b, name: name, columns: columns[:min(len(columns), MostColumns)],
		Dropped: max(0, len(columns)-MostColumns),
	}
	s.turn(place)
	return s
}

// begin begins the tab at a place.
func (b *Book) begin(t *tab, place int) {
	b.end()
	t.number = len(b.tabs) + 1
	b.tabs = slices.Insert(b.tabs, place, t)
	to, err := b.member(t.path())
	b.fail(err)
	t.out, b.open = bufio.NewWriterSize(to, 1<<16), t
}

// end ends the tab that is open.
func (b *Book) end() {
	if b.open != nil {
		b.open.foot()
		b.fail(b.open.out.Flush())
	}
	b.open = nil
}

func (b *Book) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// Close ends the workbook and answers the first error there was.
func (b *Book) Close() error {
	b.end()
	for _, part := range b.parts() {
		to, err := b.member(part.name)
		if err == nil {
			_, err = io.WriteString(to, part.text)
		}
		b.fail(err)
	}
	b.fail(b.zip.Close())
	return b.err
}
