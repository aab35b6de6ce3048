package cells

import (
	"bytes"
	"io"
	"strconv"
)

// Writer gathers cells and hands them on page by page. The first error stays.
type Writer struct {
	delimiter byte
	simple    [256]bool // bytes that stand as they are, in a cell and in any reader's eyes
	to        io.Writer
	buf       []byte
	err       error
}

// flushAt is how many bytes are gathered before they are handed on.
const flushAt = 1 << 16

// NewWriter writes records with commas.
func NewWriter(to io.Writer) *Writer { return NewWriterOf(to, ',') }

// NewWriterOf writes records with another delimiter.
func NewWriterOf(to io.Writer, delimiter byte) *Writer {
	w := &Writer{delimiter: delimiter, to: to, buf: make([]byte, 0, flushAt+1<<12)}
	for c := ' '; c <= '~'; c++ {
		w.simple[c] = c != '"' && c != rune(delimiter)
	}
	return w
}

// Write writes a record.
func (w *Writer) Write(record ...string) error {
	for _, c := range record {
		w.Cell(c)
	}
	return w.End()
}

// Cell adds a cell to the record.
func (w *Writer) Cell(text string) {
	if !w.Simple(text) {
		w.buf = append(Append(w.buf, text, w.delimiter), w.delimiter)
	}
}

// Simple adds a cell of printable ASCII that needs no quotes and does not begin with a blank. For any other it answers
// false and adds nothing.
func (w *Writer) Simple(text string) bool {
	if text != "" && text[0] == ' ' {
		return false
	}
	for i := 0; i < len(text); i++ {
		if !w.simple[text[i]] {
			return false
		}
	}
	w.buf = append(append(w.buf, text...), w.delimiter)
	return true
}

// Repeat adds a cell that Simple has taken before.
func (w *Writer) Repeat(text string) { w.buf = append(append(w.buf, text...), w.delimiter) }

// Bytes adds a cell.
func (w *Writer) Bytes(text []byte) { w.buf = append(Append(w.buf, text, w.delimiter), w.delimiter) }

// Int adds a number.
func (w *Writer) Int(n int) {
	w.buf = append(strconv.AppendInt(w.buf, int64(n), 10), w.delimiter)
}

// Verbatim adds bytes that are no cell: a byte order mark.
func (w *Writer) Verbatim(text []byte) { w.buf = append(w.buf, text...) }

// Rest adds the last cells of a record, spelled already with the delimiter between them, and answers false where this
// writer would spell them otherwise: one begins with a blank, or holds a quote or a line end.
func (w *Writer) Rest(text []byte) bool {
	if len(text) == 0 || text[0] == ' ' || bytes.Contains(text, []byte{w.delimiter, ' '}) {
		return false
	}
	for _, c := range []byte("\"\r\n") {
		if bytes.IndexByte(text, c) >= 0 {
			return false
		}
	}
	w.buf = append(append(w.buf, text...), w.delimiter)
	return true
}

// End ends the record, which has one cell at least.
func (w *Writer) End() error {
	w.buf[len(w.buf)-1] = '\n' // the delimiter behind the last cell
	if len(w.buf) < flushAt {
		return w.err
	}
	return w.Flush()
}

// Flush hands on what was gathered and answers the first error there was.
func (w *Writer) Flush() error {
	if w.err == nil && len(w.buf) > 0 {
		_, w.err = w.to.Write(w.buf)
	}
	w.buf = w.buf[:0]
	return w.err
}

// Append adds a cell to a text, in quotes when it must be quoted: it holds the delimiter, a quote or a line break, or
// begins with a blank.
func Append[T string | []byte](to []byte, cell T, delimiter byte) []byte {
	if !MustQuote(cell, delimiter) {
		return append(to, cell...)
	}
	to = append(to, '"')
	for i := 0; i < len(cell); i++ {
		if cell[i] == '"' {
			to = append(to, '"')
		}
		to = append(to, cell[i])
	}
	return append(to, '"')
}

// MustQuote tells whether a cell cannot stand as it is.
func MustQuote[T string | []byte](cell T, delimiter byte) bool {
	if len(cell) > 0 && cell[0] == ' ' {
		return true
	}
	for i := 0; i < len(cell); i++ {
		if c := cell[i]; c == delimiter || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}
