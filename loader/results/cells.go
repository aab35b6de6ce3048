package results

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"unicode/utf8"
)

// Cells reads all records of a results file of ours, the heading first, byte for byte: encoding/csv would make a line
// feed of a carriage return and a line feed. The cells are valid until the next record.
func Cells(path string) iter.Seq2[[][]byte, error] {
	return func(yield func([][]byte, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = f.Close() }()
		r := newCellReader(f)
		for err = r.begin(); err == nil; {
			if err = r.next(); err == nil && !yield(r.cells, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}

// cellReader reads what writer writes, and no other CSV. It allocates nothing for a record.
type cellReader struct {
	in        *bufio.Reader
	delimiter byte
	marked    int      // how long the mark is before the record in hand: the heading alone has one
	raw       []byte   // the record, with its line end and its mark
	cells     [][]byte // pieces of raw and of plain
	plain     []byte   // cells without the quotes that are doubled in raw
	whole     []byte   // raw, where in did not have it in one piece
	end       int64    // of raw in the file
}

func newCellReader(f io.Reader) *cellReader { return &cellReader{in: bufio.NewReaderSize(f, 1<<18)} }

var errNoRecord = errors.New("no results file: a cell is not quoted as results are")

// begin finds mark and delimiter.
func (r *cellReader) begin() (err error) {
	if r.marked, r.delimiter, err = head(r.in); err != nil {
		return err
	}
	if r.delimiter >= utf8.RuneSelf || bytes.IndexByte([]byte("\"\r\n"), r.delimiter) >= 0 {
		return fmt.Errorf("no results file: %q is no delimiter", r.delimiter)
	}
	return nil
}

// next reads one record. Quotes inside a quoted cell are doubled, so that a record ends where a line ends and the
// quotes so far are even.
func (r *cellReader) next() error {
	r.whole = r.whole[:0]
	for quotes := 0; ; {
		piece, err := r.in.ReadSlice('\n')
		quotes += bytes.Count(piece, []byte{'"'})
		if r.raw = piece; len(r.whole) > 0 || err != nil || quotes%2 == 1 {
			r.whole = append(r.whole, piece...)
			r.raw = r.whole
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err == nil && quotes%2 == 0:
			return r.cut(quotes > 0)
		case errors.Is(err, io.EOF) && len(r.raw) > 0:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		}
	}
}

// cut finds the cells of the record in hand.
func (r *cellReader) cut(quoted bool) error {
	record := r.raw[r.marked : len(r.raw)-1]
	r.end += int64(len(r.raw))
	r.cells, r.plain, r.marked = r.cells[:0], r.plain[:0], 0
	for {
		if len(record) > 0 && record[0] == '"' {
			cell, rest, err := r.unquote(record[1:])
			if err != nil {
				return err
			}
			r.cells = append(r.cells, cell)
			if rest == nil {
				return nil
			}
			record = rest
			continue
		}
		i := bytes.IndexByte(record, r.delimiter)
		cell := record
		if i >= 0 {
			cell = record[:i]
		}
		if quoted && bytes.IndexByte(cell, '"') >= 0 {
			return errNoRecord
		}
		if r.cells = append(r.cells, cell); i < 0 {
			return nil
		}
		record = record[i+1:]
	}
}

// unquote ends at the quote before a delimiter; rest is nil at the end of the record.
func (r *cellReader) unquote(text []byte) (cell, rest []byte, err error) {
	begin := len(r.plain)
	for {
		i := bytes.IndexByte(text, '"')
		switch {
		case i < 0:
			return nil, nil, errNoRecord
		case i+1 < len(text) && text[i+1] == '"':
			r.plain = append(r.plain, text[:i+1]...)
			text = text[i+2:]
			continue
		case i+1 < len(text) && text[i+1] != r.delimiter:
			return nil, nil, errNoRecord
		}
		if cell = text[:i]; len(r.plain) > begin { // nearly none has doubled quotes
			r.plain = append(r.plain, cell...)
			cell = r.plain[begin:]
		}
		if i+1 == len(text) {
			return cell, nil, nil
		}
		return cell, text[i+2:], nil
	}
}
