package validate

import (
	"bytes"
	"errors"
	"io"
)

// Limits of one record. A quote that is not closed by then was no quote.
const (
	maxQuoted = 1 << 20 // bytes of a quoted cell
	maxLines  = 1000    // lines of a quoted cell
	maxRecord = 8 << 20 // bytes of a record
)

// record is one record as the scanner cuts it.
type record struct {
	offset  int64
	number  int // line, as an editor counts
	cells   [][]byte
	raw     []byte // the line without its end, where it has no quote
	quoting string // what is wrong with its quotes
	tooLong bool
	ended   bool // by a line end, not by the end of the file
}

// scanner cuts a text into records. The cells of a record are pieces of its buffer, and valid until the next.
type scanner struct {
	in        io.Reader
	delimiter byte
	lineEnd   byte // '\n', or '\r' in a file without line feeds
	buf       []byte
	pos, end  int
	eof       bool
	err       error
	offset    int64 // in the text, of buf[0]
	line      int   // lines before pos
	rec       record
	scratch   []byte // unescaped quoted cells
	spans     []span
}

func newScanner(in io.Reader, delimiter, lineEnd byte, offset int64, size int) *scanner {
	return &scanner{in: in, delimiter: delimiter, lineEnd: lineEnd, offset: offset, buf: make([]byte, size)}
}

// reset begins at an offset of another reader.
func (s *scanner) reset(in io.Reader, offset int64) {
	s.in, s.offset, s.pos, s.end, s.eof, s.err = in, offset, 0, 0, false, nil
}

// seek moves to an offset that is in the buffer, and tells whether it was.
func (s *scanner) seek(offset int64) bool {
	if offset < s.offset || offset >= s.offset+int64(s.end) {
		return false
	}
	s.pos = int(offset - s.offset)
	return true
}

// next cuts the next record, nil at the end. A record that goes wrong ends with its first physical line, so that
// every line that a stray quote would have swallowed is a record of its own.
func (s *scanner) next() (*record, error) {
	line, ended := s.physical(0)
	if line == nil || s.err != nil {
		return nil, s.err
	}
	r := &s.rec
	*r = record{offset: s.offset + int64(s.pos), number: s.line + 1, cells: r.cells[:0], ended: ended}
	switch {
	case len(line) > maxRecord:
		s.tooLong(r, line)
	case bytes.IndexByte(line, '"') < 0:
		r.raw = s.bare(line)
		r.cells = s.cut(r.cells, r.raw)
		s.pass(len(line), 1)
	default:
		s.quoted(r, len(line))
	}
	return r, s.err
}

// tooLong makes a record of what is held of a line that is too long, and leaves the rest of the line out: it would
// not fit into memory.
func (s *scanner) tooLong(r *record, line []byte) {
	r.tooLong = true
	r.cells = s.cut(r.cells, s.bare(bytes.Clone(line))) // reading on overwrites the buffer
	s.pass(len(line), 1)
	if !r.ended {
		s.skipLine()
	}
}

// physical is the line that begins skip bytes behind pos, its end included, and whether it has one. Nil at the end of
// the text.
func (s *scanner) physical(skip int) ([]byte, bool) {
	for searched := skip; ; {
		if i := bytes.IndexByte(s.buf[s.pos+searched:s.end], s.lineEnd); i >= 0 {
			return s.buf[s.pos+skip : s.pos+searched+i+1], true
		}
		searched = s.end - s.pos
		if s.eof || searched > maxRecord {
			break
		}
		s.fill()
	}
	if s.pos+skip >= s.end {
		return nil, false
	}
	return s.buf[s.pos+skip : s.end], false
}

// fill reads on, moving what is still needed to the front.
func (s *scanner) fill() {
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.offset += int64(s.pos)
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := s.in.Read(s.buf[s.end:])
	s.end += n
	if err != nil {
		s.eof = true
		if !errors.Is(err, io.EOF) {
			s.err = err
		}
	}
}

func (s *scanner) pass(bytes, lines int) {
	s.pos += bytes
	s.line += lines
}

// skipLine leaves out the rest of a line that is too long to be held.
func (s *scanner) skipLine() {
	for {
		if i := bytes.IndexByte(s.buf[s.pos:s.end], s.lineEnd); i >= 0 {
			s.pos += i + 1
			return
		}
		s.pos = s.end
		if s.eof {
			return
		}
		s.fill()
	}
}

// bare is a physical line without its end.
func (s *scanner) bare(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte{s.lineEnd})
	if s.lineEnd == '\n' {
		line = bytes.TrimSuffix(line, []byte{'\r'})
	}
	return line
}

func (s *scanner) cut(cells [][]byte, line []byte) [][]byte {
	for {
		i := bytes.IndexByte(line, s.delimiter)
		if i < 0 {
			return append(cells, line)
		}
		cells = append(cells, line[:i])
		line = line[i+1:]
	}
}

// span is where a cell stands: in the buffer, counted from pos, or among the unescaped. Reading on moves the buffer,
// so a cell is a span until its record is complete.
type span struct {
	from, to  int
	unescaped bool
}

// quoted cuts a record that has a quote in its first physical line, which is first bytes long.
func (s *scanner) quoted(r *record, first int) {
	s.scratch, s.spans = s.scratch[:0], s.spans[:0]
	at, lines := 0, 1
	for {
		if s.byteAt(at) == '"' {
			cell, next, more, wrong := s.quotedCell(at)
			if wrong != "" || next > maxRecord {
				s.giveUp(r, first, wrong)
				return
			}
			at, lines = next, lines+more
			s.spans = append(s.spans, cell)
		} else {
			line, _ := s.physical(at)
			bare := s.bare(line)
			if i := bytes.IndexByte(bare, s.delimiter); i >= 0 {
				bare = bare[:i]
			}
			s.spans = append(s.spans, span{from: at, to: at + len(bare)})
			at += len(bare)
		}
		if s.byteAt(at) != int(s.delimiter) {
			break
		}
		at++
	}
	line, ended := s.physical(at)
	r.ended = ended
	r.offset = s.offset + int64(s.pos)
	for _, c := range s.spans {
		text := s.scratch
		if !c.unescaped {
			text = s.buf[s.pos:s.end]
		}
		r.cells = append(r.cells, text[c.from:c.to])
	}
	s.pass(at+len(line), lines)
}

// byteAt reads on if it must; -1 is the end of the text.
func (s *scanner) byteAt(at int) int {
	for s.pos+at >= s.end {
		if s.eof {
			return -1
		}
		s.fill()
	}
	return int(s.buf[s.pos+at])
}

// quotedCell cuts a cell that begins with a quote at at, and answers where it ends and how many line ends it holds.
func (s *scanner) quotedCell(at int) (cell span, next, lines int, wrong string) {
	begin, from := len(s.scratch), at+1
	for i := from; ; {
		j := bytes.IndexByte(s.buf[min(s.pos+i, s.end):s.end], '"')
		if j < 0 {
			if s.eof || s.end-s.pos-at > maxQuoted {
				return cell, 0, 0, "a quote is opened and never closed"
			}
			lines += bytes.Count(s.buf[min(s.pos+i, s.end):s.end], []byte{s.lineEnd})
			i = max(i, s.end-s.pos)
			s.fill()
			continue
		}
		lines += bytes.Count(s.buf[s.pos+i:s.pos+i+j], []byte{s.lineEnd})
		i += j
		if lines > maxLines || i-at > maxQuoted {
			return cell, 0, 0, "a quoted cell does not end within 1,000 lines and 1 MiB"
		}
		if s.byteAt(i+1) == '"' {
			s.scratch = append(s.scratch, s.buf[s.pos+from:s.pos+i+1]...)
			i += 2
			from = i
			continue
		}
		if !s.closes(i + 1) {
			return cell, 0, 0, "a closing quote is followed by more text"
		}
		if len(s.scratch) == begin {
			return span{from: from, to: i}, i + 1, lines, ""
		}
		s.scratch = append(s.scratch, s.buf[s.pos+from:s.pos+i]...)
		return span{from: begin, to: len(s.scratch), unescaped: true}, i + 1, lines, ""
	}
}

// closes tells whether a cell may end here: before the delimiter, a line end, or the end of the text.
func (s *scanner) closes(at int) bool {
	switch c := s.byteAt(at); {
	case c == -1 || c == int(s.delimiter) || c == int(s.lineEnd):
		return true
	case c == '\r' && s.lineEnd == '\n':
		after := s.byteAt(at + 1)
		return after == '\n' || after == -1
	}
	return false
}

// giveUp makes the record its first physical line, cut at the delimiters.
func (s *scanner) giveUp(r *record, first int, wrong string) {
	line := s.buf[s.pos : s.pos+first]
	r.cells, r.quoting = s.cut(r.cells[:0], s.bare(line)), wrong
	r.ended = line[first-1] == s.lineEnd
	r.offset = s.offset + int64(s.pos)
	s.pass(first, 1)
}
