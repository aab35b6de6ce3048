package validate

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Open finds out how a file is written and which of its columns matter. An error that is a *RosterError, or ErrEmpty,
// is the file's; any other is the disk's. The file stays open for later passes.
func Open(path string, spelling Spelling, options Options) (*Roster, error) {
	src, encoding, err := openSource(path)
	if err != nil {
		return nil, err
	}
	r := &Roster{
		Encoding: encoding, path: path, spelling: spelling, options: options,
		src: src, strict: encoding != "UTF-8", ValueColumn: -1, values: texts{},
	}
	if err := r.open(); err != nil {
		_ = src.file.Close()
		return nil, err
	}
	return r, nil
}

// Close lets go of the file.
func (r *Roster) Close() error { return r.src.file.Close() }

func (r *Roster) open() (err error) {
	if r.lineEnd, err = findLineEnd(r.src); err != nil {
		return err
	}
	if err := r.skipSep(); err != nil {
		return err
	}
	samples, err := r.tryAll()
	if err != nil {
		return err
	}
	best := samples[0]
	for _, s := range samples[1:] {
		if s.better(best) {
			best = s
		}
	}
	if best.header == nil {
		return r.openEmpty()
	}
	if r.lacks(best) {
		if err := r.otherwise(best, samples); err != nil {
			return err
		}
	}
	return r.adopt(best)
}

// openEmpty is for a file without a header. It has no rows either; one who asks for it gets a roster that says so.
func (r *Roster) openEmpty() error {
	if !r.options.MayBeEmpty {
		return ErrEmpty
	}
	if r.Delimiter == 0 {
		r.Delimiter = ','
	}
	return nil
}

// skipSep takes a first line `sep=X`, which a spreadsheet understands: it names the delimiter and is no row.
func (r *Roster) skipSep() error {
	s, err := r.scan(0, ',')
	if err != nil {
		return err
	}
	line, _ := s.physical(0)
	text := s.bare(line)
	if len(text) != 5 || !strings.EqualFold(string(text[:4]), "sep=") {
		return s.err
	}
	if !isDelimiter(text[4]) {
		return &RosterError{
			Line: 1, Text: fmt.Sprintf("sep= names %q, which is no delimiter", text[4:]),
			Hint: "save the file with commas, semicolons or tabs",
		}
	}
	r.Delimiter, r.begin, r.lines = text[4], int64(len(line)), 1
	return s.err
}

// isDelimiter tells of a mark that can stand between cells, also in the results: no letter, no quote and no half of one.
func isDelimiter(c byte) bool {
	return c == '\t' || c > ' ' && c < 0x7f && c != '"' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z')
}

func (r *Roster) scan(offset int64, delimiter byte) (*scanner, error) {
	in, err := r.src.from(offset)
	if err != nil {
		return nil, err
	}
	return newScanner(in, delimiter, r.lineEnd, offset, 1<<12), nil
}

// sample is what a file looks like under one delimiter.
type sample struct {
	delimiter byte
	header    []string
	failed    bool  // the header is that of a failed.csv of ours
	number    int   // line of the header
	begin     int64 // of the text behind it
	lines     int   // lines before that
	user      []int // candidates for the user column
	value     []int
	even      int // of the first rows, how many are as wide as the header
	rows      int
	first     []headLine // the first rows behind the header
	span      int64      // of the text that the rows take
}

// headLine is one of the first lines of a file.
type headLine struct {
	number int
	cells  []string
}

const (
	sampleRows = 200
	firstRows  = 20 // so many lines may stand above a header before it is no longer looked for
)

// tryAll samples the file under each delimiter that it may have.
func (r *Roster) tryAll() ([]*sample, error) {
	candidates := []byte{',', ';', '\t', '|'}
	if r.Delimiter != 0 {
		candidates = []byte{r.Delimiter}
	}
	var samples []*sample
	for _, d := range candidates {
		s, err := r.try(d)
		if err != nil {
			return nil, err
		}
		samples = append(samples, s)
	}
	return samples, nil
}

// try reads the header and the first rows under a delimiter.
func (r *Roster) try(delimiter byte) (*sample, error) {
	s, err := r.scan(r.begin, delimiter)
	if err != nil {
		return nil, err
	}
	s.line = r.lines
	out := &sample{delimiter: delimiter}
	for out.rows < sampleRows {
		rec, err := s.next()
		if err != nil || rec == nil {
			return out, err
		}
		switch {
		case isBlankRecord(rec.cells):
		case out.header == nil:
			out.header, out.number = r.decodeHeader(rec.cells), rec.number
			out.begin, out.lines = s.offset+int64(s.pos), s.line
			out.failed = isFailed(out.header)
			out.user, out.value = r.columns(out.header, out.failed)
		default:
			r.addRow(out, rec)
			out.span = s.offset + int64(s.pos) - out.begin
		}
	}
	return out, nil
}

func (r *Roster) addRow(s *sample, rec *record) {
	if s.rows++; s.rows <= firstRows {
		s.first = append(s.first, headLine{rec.number, r.decodeHeader(rec.cells)})
	}
	if len(rec.cells) >= len(s.header) && isBlankRecord(rec.cells[len(s.header):]) {
		s.even++
	}
}

// decodeHeader decodes the cells of a line before it is known what the file is.
func (r *Roster) decodeHeader(cells [][]byte) []string {
	header := make([]string, len(cells))
	for i, c := range cells {
		if decoded, ok := windows1252(c); ok && !r.strict && !utf8.Valid(c) {
			c = decoded
		}
		header[i] = string(bytes.ToValidUTF8(c, []byte("\uFFFD")))
	}
	return header
}

// better: first the delimiter under which both columns are found, then the one under which the rows are even. How
// many marks there are decides nothing.
func (s *sample) better(than *sample) bool {
	if s.found() != than.found() {
		return s.found() > than.found()
	}
	if s.found() == 0 {
		return len(s.header) > len(than.header)
	}
	return s.even*max(than.rows, 1) > than.even*max(s.rows, 1)
}

func (s *sample) found() int { return min(len(s.user), 1) + min(len(s.value), 1) }

// lacks tells whether a column is missing without which nothing can be loaded.
func (r *Roster) lacks(s *sample) bool {
	return len(s.user) == 0 || len(s.value) == 0 && !r.lacksNoValue()
}
