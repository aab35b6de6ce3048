package results

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"os"
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
		r := &cellReader{in: bufio.NewReaderSize(f, 1<<18)}
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

// cellReader reads what writer writes, and no other CSV.
type cellReader struct {
	in        *bufio.Reader
	delimiter byte
	buf       []byte // of the record, and of its cells
	cells     [][]byte
}

var errNoRecord = errors.New("no results file: a cell is not quoted as results are")

// begin skips the mark and finds the delimiter.
func (r *cellReader) begin() error {
	head, _ := r.in.Peek(len(mark) + len(Header[0]) + 1)
	if bytes.HasPrefix(head, mark) {
		_, _ = r.in.Discard(len(mark))
		head = head[len(mark):]
	}
	if len(head) <= len(Header[0]) || !bytes.HasPrefix(head, []byte(Header[0])) {
		return errors.New("no results file: its header does not begin with " + Header[0])
	}
	r.delimiter = head[len(Header[0])]
	return nil
}

// next reads one record. Quotes inside a quoted cell are doubled, so that a record ends where a line ends and the
// quotes so far are even.
func (r *cellReader) next() error {
	r.buf = r.buf[:0]
	for quotes := 0; ; {
		piece, err := r.in.ReadSlice('\n')
		r.buf = append(r.buf, piece...)
		quotes += bytes.Count(piece, []byte{'"'})
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err == nil && quotes%2 == 0:
			return r.cut(r.buf[:len(r.buf)-1])
		case errors.Is(err, io.EOF) && len(r.buf) > 0:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		}
	}
}

// cut finds the cells of a record. Quoted ones shrink in their place.
func (r *cellReader) cut(record []byte) error {
	r.cells = r.cells[:0]
	for {
		if len(record) > 0 && record[0] == '"' {
			cell, rest, err := unquote(record[1:], r.delimiter)
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
		if i < 0 {
			r.cells = append(r.cells, record)
			return nil
		}
		r.cells, record = append(r.cells, record[:i]), record[i+1:]
	}
}

// unquote ends at the quote before a delimiter; rest is nil at the end of the record.
func unquote(text []byte, delimiter byte) (cell, rest []byte, err error) {
	to := 0
	for i := 0; i < len(text); i++ {
		if text[i] == '"' {
			i++
			switch {
			case i == len(text):
				return text[:to], nil, nil
			case text[i] == delimiter:
				return text[:to], text[i+1:], nil
			case text[i] != '"':
				return nil, nil, errNoRecord
			}
		}
		text[to] = text[i]
		to++
	}
	return nil, nil, errNoRecord
}
