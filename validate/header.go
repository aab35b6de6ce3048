package validate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Open finds out how a file is written and which of its columns matter. An error that is a *RosterError, or ErrEmpty, is the file's; any
// other is the disk's. The file stays open for later passes.
func Open(path string, spelling Spelling, options Options) (*Roster, error) {
	src, encoding, err := openSource(path)
	if err != nil {
		return nil, err
	}
	r := &Roster{Encoding: encoding, path: path, spelling: spelling, options: options, src: src, strict: encoding != "UTF-8", ValueColumn: -1}
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
	candidates := []byte{',', ';', '\t', '|'}
	if r.Delimiter != 0 {
		candidates = []byte{r.Delimiter}
	}
	best := (*sample)(nil)
	for _, d := range candidates {
		s, err := r.try(d)
		if err != nil {
			return err
		}
		if best == nil || s.better(best) {
			best = s
		}
	}
	if best.header == nil {
		return ErrEmpty
	}
	return r.adopt(best)
}

// skipSep takes a first line `sep=X`, which a spreadsheet understands: it names the delimiter and is no row.
func (r *Roster) skipSep() error {
	s, err := r.scan(0, ',')
	if err != nil {
		return err
	}
	line, _ := s.physical(0)
	text := s.bare(line)
	if len(text) == 5 && strings.EqualFold(string(text[:4]), "sep=") {
		r.Delimiter, r.begin, r.lines = text[4], int64(len(line)), 1
	}
	return s.err
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
	number    int   // line of the header
	begin     int64 // of the text behind it
	lines     int   // lines before that
	user      []int // candidates for the user column
	value     []int
	even      int // of the first rows, how many are as wide as the header
	rows      int
	first     [][]byte // the first row behind the header, for a results file's run
	span      int64    // of the text that the rows take
}

const sampleRows = 200

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
			r.columns(out)
		default:
			if out.rows == 0 {
				for _, c := range rec.cells {
					out.first = append(out.first, bytes.Clone(c))
				}
			}
			out.rows++
			out.span = s.offset + int64(s.pos) - out.begin
			if len(rec.cells) >= len(out.header) && isBlankRecord(rec.cells[len(out.header):]) {
				out.even++
			}
		}
	}
	return out, nil
}

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

// better: first the delimiter under which both columns are found, then the one under which the rows are even. How many marks there are
// decides nothing.
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

// heading is what two spellings of one heading have in common: case, blanks, underscores and the ending __c aside.
func heading(name string) string {
	name = strings.ToLower(strings.TrimFunc(name, isBlank))
	name = strings.TrimSuffix(name, "__c")
	return strings.Map(func(r rune) rune {
		if r == '_' || isBlank(r) {
			return -1
		}
		return r
	}, name)
}

// columns finds the candidates for both columns.
func (r *Roster) columns(s *sample) {
	for i, name := range s.header {
		h := heading(name)
		if r.options.User != "" && h == heading(r.options.User) || r.options.User == "" && r.userColumn(h) != nil {
			s.user = append(s.user, i)
		}
		if r.options.Group != "" && h == heading(r.options.Group) || r.options.Group == "" && slices.ContainsFunc(r.spelling.Values, func(v string) bool { return heading(v) == h }) {
			s.value = append(s.value, i)
		}
	}
}

func (r *Roster) userColumn(h string) *UserColumn {
	for i, u := range r.spelling.Users {
		if slices.ContainsFunc(u.Headings, func(known string) bool { return heading(known) == h }) {
			return &r.spelling.Users[i]
		}
	}
	return nil
}

// adopt makes the best sample the roster's dialect, or says why the file is none.
func (r *Roster) adopt(s *sample) error {
	if run, yes := resultsOf(s); yes {
		return &RosterError{Line: s.number, Text: "this is a results file" + run + ", not a roster", Hint: "load the roster, or the failed.csv beside it"}
	}
	r.Header, r.Delimiter, r.begin, r.lines = s.header, s.delimiter, s.begin, s.lines
	if err := r.pick("user", "--user", s.user, r.options.User, &r.UserColumn); err != nil {
		return err
	}
	if len(s.value) > 0 || !r.spelling.ValueOptional {
		if err := r.pick("group", "--group", s.value, r.options.Group, &r.ValueColumn); err != nil {
			return err
		}
	}
	if n := len(r.Header); n >= 3 && heading(r.Header[n-2]) == "reasoncode" && heading(r.Header[n-1]) == "reason" {
		r.Header, r.ours = r.Header[:n-2], true
	}
	r.chooseKey()
	if err := r.findStatements(); err != nil {
		return err
	}
	if s.span > 0 {
		r.expected = int(min(r.src.size()*int64(s.rows)/s.span, r.src.size()/4))
	}
	return nil
}

// findStatements finds the further columns that the kind reads; none of them need be there.
func (r *Roster) findStatements() error {
	r.said.columns = map[string]int{}
	for _, st := range r.spelling.Statements {
		for i, name := range r.Header {
			if !slices.ContainsFunc(st.Headings, func(known string) bool { return heading(known) == heading(name) }) || i == r.UserColumn || i == r.ValueColumn {
				continue
			}
			if first, twice := r.said.columns[st.Name]; twice {
				return &RosterError{Text: fmt.Sprintf("columns %d and %d both say %s: %q, %q", first+1, i+1, st.Name, r.Header[first], name), Hint: "take one of them out"}
			}
			r.said.columns[st.Name] = i
		}
	}
	return nil
}

// pick takes the one candidate for a column.
func (r *Roster) pick(what, flag string, candidates []int, asked string, column *int) error {
	shown := "the header is: " + strings.Join(quoteAll(r.Header), ", ")
	switch {
	case len(candidates) == 1:
		*column = candidates[0]
		return nil
	case len(candidates) > 1:
		var names []string
		for _, i := range candidates {
			names = append(names, fmt.Sprintf("%q (column %d)", r.Header[i], i+1))
		}
		return &RosterError{Text: fmt.Sprintf("%d columns could be the %s column: %s", len(candidates), what, strings.Join(names, ", ")), Hint: "choose one with " + flag}
	case asked != "":
		return &RosterError{Text: fmt.Sprintf("there is no column %q; %s", asked, shown), Hint: "name one of these with " + flag}
	}
	return &RosterError{Text: fmt.Sprintf("no column is known as the %s column; %s", what, shown), Hint: "name it with " + flag}
}

func quoteAll(names []string) []string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	return quoted
}

// chooseKey finds out how the user column names users; one that only --user knows holds usernames.
func (r *Roster) chooseKey() {
	u := r.userColumn(heading(r.Header[r.UserColumn]))
	if u == nil {
		u = &r.spelling.Users[0]
		for i := range r.spelling.Users {
			if r.spelling.Users[i].By == "Username" {
				u = &r.spelling.Users[i]
			}
		}
	}
	r.By, r.key = u.By, u.Key
}

// resultsOf tells whether the file is one of our own results, and of which run.
func resultsOf(s *sample) (run string, yes bool) {
	if len(s.header) < 18 || !slices.Equal(s.header[:4], []string{"row", "key", "action", "result"}) {
		return "", false
	}
	if i := slices.Index(s.header, "run_id"); i >= 0 && i < len(s.first) {
		run = " of run " + string(s.first[i])
	}
	return run, true
}
