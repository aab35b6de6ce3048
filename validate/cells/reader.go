// Package cells reads and writes CSV by the million rows: what an org answers, the files of a run, results. It
// allocates pages, never rows.
//
// The rules are those of encoding/csv, which the tests hold it against: strict quotes, "\r\n" ends a line as "\n" does,
// also inside a quoted cell, and lines without a character are no records.
package cells

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// The two ways in which a record is none.
var (
	ErrQuote = errors.New("a quote stands where none may stand, or is never closed")
	ErrWidth = errors.New("wrong number of cells")
)

// pageSize is how much is read at once. A record that is longer makes the page grow.
const pageSize = 32 << 10

// Reader cuts a text into records. Their cells are pieces of its pages.
type Reader struct {
	Width  int  // cells of each record; 0: any number
	Ended  bool // the last record was ended by a line end, not by the end of the text
	Blanks int  // lines without a character that were skipped

	in      io.Reader
	buf     []byte
	page    string // the text of buf
	pos     int    // of the next record in page
	offset  int64  // of page in the text
	err     error  // of in; what stands before it is still read
	rec     []string
	scratch []byte
}

// NewReader reads records with commas.
func NewReader(in io.Reader) *Reader { return newReader(in, pageSize) }

func newReader(in io.Reader, page int) *Reader { return &Reader{in: in, buf: make([]byte, 0, page)} }

// First is the first record of a text; little more than it is read.
func First(in io.Reader) ([]string, error) { return newReader(in, 1<<10).Read() }

// Offset is where the next record begins.
func (r *Reader) Offset() int64 { return r.offset + int64(r.pos) }

// Read is the next record, io.EOF behind the last. The slice is valid until the next call, its strings stay valid.
func (r *Reader) Read() ([]string, error) {
	for {
		size, whole, err := r.cut(r.page[r.pos:])
		switch {
		case err != nil:
			return nil, fmt.Errorf("the record at byte %d: %w", r.Offset(), err)
		case whole && len(r.rec) == 0:
			r.Blanks++
			r.pos += size
		case whole:
			r.pos += size
			if r.Width != 0 && len(r.rec) != r.Width {
				return nil, fmt.Errorf("the record before byte %d: %w", r.Offset(), ErrWidth)
			}
			return r.rec, nil
		case r.err != nil:
			return nil, r.err
		default:
			r.fill()
		}
	}
}

// fill begins a page with what is left of the last. A record that does not fit makes pages grow by a quarter at least,
// so that it is not cut again for every few bytes that come in.
func (r *Reader) fill() {
	left := copy(r.buf, r.page[r.pos:])
	r.offset, r.pos = r.Offset(), 0
	least := max(left/4, 1)
	if left+least > cap(r.buf) {
		r.buf = append(make([]byte, 0, 2*cap(r.buf)), r.buf[:left]...)
	}
	n, err := io.ReadAtLeast(r.in, r.buf[left:cap(r.buf)], least)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	r.buf, r.err = r.buf[:left+n], err
	r.page = string(r.buf)
}

// last tells whether nothing follows the page.
func (r *Reader) last() bool { return errors.Is(r.err, io.EOF) }

// cut takes the first record of a text apart and answers how long it is; not whole: more of the text is needed. A blank
// line has no cells.
func (r *Reader) cut(text string) (size int, whole bool, err error) {
	r.rec = r.rec[:0]
	line, size, whole := r.line(text)
	if !whole || line == "" {
		return size, whole, nil
	}
	if strings.IndexByte(line, '"') >= 0 {
		return r.quoted(line, size, text)
	}
	for {
		i := strings.IndexByte(line, ',')
		if i < 0 {
			r.rec = append(r.rec, line)
			return size, true, nil
		}
		r.rec = append(r.rec, line[:i])
		line = line[i+1:]
	}
}

// line is the first line of a text without its end, and how long it is with it.
func (r *Reader) line(text string) (line string, size int, whole bool) {
	i := strings.IndexByte(text, '\n')
	switch {
	case i >= 0:
		line, size, r.Ended = text[:i], i+1, true
	case text == "" || !r.last():
		return "", 0, false
	default:
		line, size, r.Ended = text, len(text), false
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, size, true
}

// quoted takes a record apart that has a quote in its first line, which is so long.
func (r *Reader) quoted(line string, first int, text string) (size int, whole bool, err error) {
	for size = first; ; {
		if line == "" || line[0] != '"' {
			i := strings.IndexByte(line, ',')
			cell := line
			if i >= 0 {
				cell = line[:i]
			}
			if strings.IndexByte(cell, '"') >= 0 {
				return 0, false, ErrQuote
			}
			r.rec = append(r.rec, cell)
			if i < 0 {
				return size, true, nil
			}
			line = line[i+1:]
			continue
		}
		cell, rest, n, whole, err := r.cell(line[1:], text[size:])
		size += n
		switch {
		case err != nil || !whole:
			return 0, false, err
		case rest == "":
			r.rec = append(r.rec, cell)
			return size, true, nil
		}
		r.rec = append(r.rec, cell)
		line = rest[1:]
	}
}

// cell reads behind an opening quote: the cell, what follows it in its last line, and how much of the text behind the
// first line was taken.
func (r *Reader) cell(line, text string) (cell, rest string, size int, whole bool, err error) {
	if i := strings.IndexByte(line, '"'); i >= 0 && (i+1 == len(line) || line[i+1] == ',') {
		return line[:i], line[i+1:], 0, true, nil // as nearly all are
	}
	r.scratch = r.scratch[:0]
	for {
		i := strings.IndexByte(line, '"')
		switch {
		case i >= 0 && i+1 < len(line) && line[i+1] == '"':
			r.scratch = append(r.scratch, line[:i+1]...)
			line = line[i+2:]
		case i >= 0 && (i+1 == len(line) || line[i+1] == ','):
			r.scratch = append(r.scratch, line[:i]...)
			return string(r.scratch), line[i+1:], size, true, nil
		case i >= 0:
			return "", "", 0, false, ErrQuote
		default: // it goes on in the next line
			r.scratch = append(r.scratch, line...)
			ended := r.Ended
			next, n, whole := r.line(text[size:])
			if !whole {
				if r.last() {
					return "", "", 0, false, ErrQuote
				}
				return "", "", 0, false, nil
			}
			if ended {
				r.scratch = append(r.scratch, '\n')
			}
			line, size = next, size+n
		}
	}
}
