package validate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Roster is a file that says who belongs where, once its dialect and its columns are known.
type Roster struct {
	Header      []string // decoded, as it came, without the two columns of a failed.csv of ours
	Delimiter   byte
	Encoding    string // "UTF-8", "UTF-8 with BOM", "UTF-16LE", "UTF-16BE"; Windows-1252 lines are known after a pass
	UserColumn  int
	ValueColumn int    // -1: a user column alone
	By          string // how users are named

	spelling Spelling
	options  Options
	key      KeyFunc
	path     string
	src      *source
	strict   bool  // a byte order mark said how every line is written
	lineEnd  byte  // '\n', or '\r' in a file without line feeds
	begin    int64 // of the text of the first data row
	lines    int   // lines before it
	ours     bool  // a failed.csv of ours
	seenRow  passed
	expected int // rows, by the size of the file: so much room is made beforehand
	keyBuf   []byte
	values   texts
	said     statements
	meaning  Reader
}

// passed is what the last complete pass over the lines met.
type passed struct{ rows, blank, windows1252, surplus int }

// Line is one data record as it came. It is valid until the next.
type Line struct {
	Row    int      // data rows from 1
	Number int      // the line on which it begins, as an editor counts
	Offset int64    // in the roster's text, to find it again
	Cells  [][]byte // decoded to UTF-8, as they came
	Raw    []byte   // of the cells, as the text spells them; nil where it has quotes, is no UTF-8 or too long, or is of a failed.csv
	Fault  *Fault   // what the reader found wrong with it
	cutOff bool     // the last line, without a line end
}

// Mark tells whether answers begin with a byte order mark: the roster had one, or was no UTF-8.
func (r *Roster) Mark() bool { return r.strict || r.seenRow.windows1252 > 0 }

// Surplus tells whether the last pass met a line with more cells than the header.
func (r *Roster) Surplus() bool { return r.seenRow.surplus > 0 }

// Lines reads the data rows from the start, each time it is called. An error is one of the disk; what is wrong with a
// line is its Fault.
func (r *Roster) Lines() iter.Seq2[*Line, error] {
	return func(yield func(*Line, error) bool) {
		in, err := r.src.from(r.begin)
		if err != nil {
			yield(nil, err)
			return
		}
		s := newScanner(in, r.Delimiter, r.lineEnd, r.begin, 1<<18)
		s.line = r.lines
		var pass passed
		line := &Line{}
		for {
			rec, err := s.next()
			if err != nil {
				yield(nil, fmt.Errorf("%s: %w", r.path, err))
				return
			}
			if rec == nil {
				r.seenRow = pass
				return
			}
			if isBlankRecord(rec.cells) {
				pass.blank++
				continue
			}
			pass.rows++
			r.read(line, rec, &pass)
			line.Row = pass.rows
			if !yield(line, nil) {
				return
			}
		}
	}
}

// read makes a line of a record: decodes it, and finds what is wrong with it as a record.
func (r *Roster) read(line *Line, rec *record, pass *passed) {
	*line = Line{Number: rec.number, Offset: rec.offset, Cells: rec.cells, cutOff: !rec.ended}
	if r.ours {
		line.Cells = dropReasons(line.Cells, len(r.Header)) // before they are judged: the reasons are no cells of the line
	}
	bad := -1
	for i, c := range line.Cells {
		if i == 0 && rec.raw != nil && utf8.Valid(rec.raw) {
			line.Raw = rec.raw // as nearly all lines are
			break
		}
		if utf8.Valid(c) {
			continue
		}
		if decoded, ok := windows1252(c); ok && !r.strict {
			line.Cells[i] = decoded
			bad = -2
		} else {
			line.Cells[i] = bytes.ToValidUTF8(c, []byte("\uFFFD"))
			bad = i
			break
		}
	}
	if bad == -2 {
		pass.windows1252++
	}
	if r.ours {
		line.Raw = nil
	}
	surplus := r.surplus(line.Cells)
	pass.surplus += surplus
	line.Fault = r.recordFault(line, rec, bad, surplus)
}

// recordFault says what is wrong with a line as a record. Bad is the first cell that could not be decoded.
func (r *Roster) recordFault(line *Line, rec *record, bad, surplus int) *Fault {
	said := func(code, format string, args ...any) *Fault {
		return fault(code, fmt.Sprintf("line %d", line.Number)+fmt.Sprintf(format, args...))
	}
	switch {
	case rec.tooLong: // before its bytes are judged: it may have been cut inside a letter
		return said(codeTooLong, ": the line is longer than 8 MiB")
	case bad >= 0:
		const what = ", column %s: its bytes are no %s text; save the file as UTF-8"
		return said(codeEncoding, what, r.columnName(bad), r.encodingName())
	case rec.quoting != "":
		return said(codeQuoting, ": %s; double every quote inside a quoted cell", rec.quoting)
	case surplus > 0:
		const cure = "a cell that holds the delimiter must be quoted"
		return said(codeColumns, ": %d cells, the header has %d; %s", len(line.Cells), len(r.Header), cure)
	case len(line.Cells) < len(r.Header):
		return said(codeColumns, ": %d cells, the header has %d", len(line.Cells), len(r.Header))
	}
	return nil
}

func (r *Roster) encodingName() string {
	if r.strict {
		return r.Encoding
	}
	return "UTF-8 or Windows-1252"
}

func (r *Roster) columnName(i int) string {
	if i < len(r.Header) {
		return r.Header[i]
	}
	return fmt.Sprint(i + 1)
}

// surplus counts the cells beyond the header's width when one of them says something; blank ones are a spreadsheet's.
func (r *Roster) surplus(cells [][]byte) int {
	if len(cells) <= len(r.Header) || isBlankRecord(cells[len(r.Header):]) {
		return 0
	}
	return len(cells) - len(r.Header)
}

func isBlankRecord(cells [][]byte) bool {
	for _, c := range cells {
		if len(trim(c)) > 0 {
			return false
		}
	}
	return true
}

// windows1252 decodes a cell, unless it holds one of the five bytes that the code page lacks.
func windows1252(cell []byte) ([]byte, bool) {
	if slices.ContainsFunc(cell, undefined1252) {
		return nil, false
	}
	decoded, err := charmap.Windows1252.NewDecoder().Bytes(cell)
	return decoded, err == nil
}

func undefined1252(c byte) bool { return c == 0x81 || c == 0x8d || c == 0x8f || c == 0x90 || c == 0x9d }

// findLineEnd tells how lines end: by line feeds, or, in a file that has none, by carriage returns.
func findLineEnd(s *source) (byte, error) {
	in, err := s.from(0)
	if err != nil {
		return 0, err
	}
	buf, returns := make([]byte, 1<<16), false
	for {
		n, err := in.Read(buf)
		if bytes.IndexByte(buf[:n], '\n') >= 0 {
			return '\n', nil
		}
		returns = returns || bytes.IndexByte(buf[:n], '\r') >= 0
		if errors.Is(err, io.EOF) {
			if returns {
				return '\r', nil
			}
			return '\n', nil
		}
		if err != nil {
			return 0, err
		}
	}
}
