package validate

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Screening is what one pass over all lines knows: how many there are, which of them name one user, and where each
// user's line is. It holds about 35 bytes a row and nothing of the text.
type Screening struct {
	Rows        int
	BlankLines  int
	Windows1252 int // lines that were no UTF-8
	Surplus     bool
	Blanks      int // removals asked by a blank
	NAs         int // removals asked in words

	roster  Roster // a copy with buffers of its own: Find may be called while another goroutine walks the lines
	again   *scanner
	index   *index
	tags    []uint32       // of each row's key in the index, by row - 1; 0: the row is not in it
	guess   int            // the last row that was guessed
	offsets []int64        // of each row's line, by row - 1
	numbers []uint32       // its line as an editor counts
	groups  map[int]*group // rows of one user, by the first of them
	faults  map[int]*Fault // of rows in groups
	line    Line
}

// seen is a line on its way into the index.
type seen struct {
	row        int
	tag        uint32
	key, value []byte // pieces of the page's text
}

// pageRows lines are put into the index together, so that the memory is waited for once and not line by line.
const pageRows = 4096

// Screen reads every line once. Progress is told the rows so far.
func (r *Roster) Screen(progress func(rows int)) (*Screening, error) {
	s := &Screening{roster: *r, index: newIndex(r.expected), groups: map[int]*group{}, faults: map[int]*Fault{}}
	s.roster.keyBuf, s.roster.values = nil, nil
	s.offsets, s.numbers = make([]int64, 0, r.expected), make([]uint32, 0, r.expected)
	s.tags = make([]uint32, 0, r.expected)
	page, text := make([]seen, 0, pageRows), make([]byte, 0, pageRows*48)
	for line, err := range r.Lines() {
		if err != nil {
			return nil, err
		}
		s.offsets, s.numbers = append(s.offsets, line.Offset), append(s.numbers, uint32(line.Number))
		s.tags = append(s.tags, 0)
		q, f := r.Check(line)
		if f != nil {
			continue
		}
		s.count(q)
		text = append(text, q.key...)
		key := text[len(text)-len(q.key):]
		sense := q.sense()
		text = append(text, sense...)
		page = append(page, seen{q.row, s.index.tag(key), key, text[len(text)-len(sense):]})
		if len(page) == pageRows {
			if err := s.insert(page); err != nil {
				return nil, err
			}
			page, text = page[:0], text[:0]
			progress(line.Row)
		}
	}
	if err := s.insert(page); err != nil {
		return nil, err
	}
	s.Rows, s.BlankLines, s.Windows1252, s.Surplus = r.seenRow.rows, r.seenRow.blank, r.seenRow.windows1252, r.Surplus()
	s.resolve()
	return s, nil
}

func (s *Screening) count(q Request) {
	switch {
	case !q.Removal():
	case q.blank:
		s.Blanks++
	default:
		s.NAs++
	}
}

func (s *Screening) insert(page []seen) error {
	for _, l := range page {
		first, err := s.index.find(l.tag, s.isKey(l.key))
		switch {
		case err != nil:
			return err
		case first == 0:
			s.index.add(l.row, l.tag)
			s.tags[l.row-1] = l.tag
		default:
			if err := s.join(first, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// isKey confirms a guess by the key itself.
func (s *Screening) isKey(key []byte) func(row int) (bool, error) {
	return func(row int) (bool, error) { return s.names(row, key) }
}

// names reads a row's line again and tells whether its user is this one.
func (s *Screening) names(row int, key []byte) (bool, error) {
	line, err := s.at(s.offsets[row-1])
	if err != nil {
		return false, err
	}
	is, ok := s.roster.User(line)
	return ok && bytes.Equal(is, key), nil
}

// request reads one row again.
func (s *Screening) request(row int) (Request, error) {
	line, err := s.at(s.offsets[row-1])
	if err != nil {
		return Request{}, err
	}
	line.Row, line.Number = row, int(s.numbers[row-1])
	q, _ := s.roster.Check(line)
	return q, nil
}

// at finds a line again, in the buffer of the last one when it is there.
func (s *Screening) at(offset int64) (*Line, error) {
	if s.again == nil || !s.again.seek(offset) {
		in, err := s.roster.src.from(offset)
		if err != nil {
			return nil, err
		}
		if s.again == nil {
			s.again = newScanner(in, s.roster.Delimiter, s.roster.lineEnd, offset, 1<<16)
		} else {
			s.again.reset(in, offset)
		}
	}
	rec, err := s.again.next()
	if err == nil && rec == nil {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("%s: line at byte %d: %w", s.roster.path, offset, err)
	}
	line := &s.line
	s.roster.read(line, rec, &passed{})
	return line, nil
}

// join adds a line to the group of an earlier one.
func (s *Screening) join(first int, l seen) error {
	g := s.groups[first]
	if g == nil {
		q, err := s.request(first)
		if err != nil {
			return err
		}
		g = &group{}
		s.groups[first] = g
		g.add(first, s.hash(q.sense()), q.sense())
	}
	g.add(l.row, s.hash(l.value), l.value)
	return nil
}

// hash is what two values that are one name have in common: they are compared in NFC.
func (s *Screening) hash(value []byte) uint64 {
	return maphash.Bytes(s.index.seed, norm.NFC.Bytes(value))
}

// group are the lines of one user, when there are several.
type group struct {
	rows   []int
	values []uint64
	shown  []string // the first few values, for the reason
	used   int      // the row that counts, 0: none
}

func (g *group) add(row int, hash uint64, value []byte) {
	if !slices.Contains(g.values, hash) && len(g.shown) < 4 {
		g.shown = append(g.shown, string(value))
	}
	g.rows, g.values = append(g.rows, row), append(g.values, hash)
}

// resolve says of each line that is not alone what becomes of it.
func (s *Screening) resolve() {
	for _, g := range s.groups {
		use := 0
		if s.roster.options.Duplicates == Last {
			use = len(g.rows) - 1
		}
		agree := !slices.ContainsFunc(g.values, func(v uint64) bool { return v != g.values[use] })
		choose := s.roster.options.Duplicates == First || s.roster.options.Duplicates == Last
		if agree || choose {
			g.used = g.rows[use]
		}
		for i, row := range g.rows {
			if row != g.used {
				s.faults[row] = s.notUsed(g, row, g.values[i] == g.values[use])
			}
		}
	}
}

// notUsed says why a row of a group does not count: none does, or another one says the same, or was chosen.
func (s *Screening) notUsed(g *group, row int, same bool) *Fault {
	switch {
	case g.used == 0:
		return s.contradiction(g, row)
	case same:
		return &Fault{Code: "ROW_DUPLICATE", Skipped: true, Reason: "same as " + s.place(g.used)}
	}
	return &Fault{Code: "ROW_CONTRADICTION", Skipped: true, Reason: "superseded by " + s.place(g.used)}
}

func (s *Screening) place(row int) string {
	return fmt.Sprintf("row %d (line %d)", row, s.numbers[row-1])
}

func (s *Screening) contradiction(g *group, row int) *Fault {
	var others, values []string
	for _, other := range g.rows {
		if other != row && len(others) < 5 {
			others = append(others, s.place(other))
		}
	}
	for _, v := range g.shown {
		if v == "" {
			v = "nothing"
		}
		values = append(values, v)
	}
	const text = "line %d: contradicts %s: one user cannot be asked for %s; nothing is sent for this user"
	there, asked := strings.Join(others, ", "), strings.Join(values, " and for ")
	return fault("ROW_CONTRADICTION", fmt.Sprintf(text, s.numbers[row-1], there, asked))
}

// Fault is what is wrong with a row because of other rows; nil for a row that counts.
func (s *Screening) Fault(row int) *Fault {
	if len(s.faults) == 0 {
		return nil
	}
	return s.faults[row]
}

// Guess is the first row of a user whose key has the hash of this one, 0 when there is none: no row has the key. It looks
// at the row behind its last guess before it looks into the index, which is far memory: where the roster has the org's
// order that is the one. It is used by one goroutine.
func (s *Screening) Guess(key string) (row int) {
	tag := uint32(maphash.String(s.index.seed, key))
	if s.guess < len(s.tags) && s.tags[s.guess] == tag && tag != 0 {
		s.guess++
		return s.guess
	}
	if row, _ = s.index.find(tag, func(int) (bool, error) { return true, nil }); row != 0 {
		s.guess = row
	}
	return row
}

// Confirm answers the row that counts for a canonical key that was guessed to be this row's, by the key itself.
func (s *Screening) Confirm(guess int, key []byte) (row int, ok bool, err error) {
	is, err := s.names(guess, key)
	if err != nil || !is {
		return s.Find(key)
	}
	row, ok = s.counts(guess)
	return row, ok, nil
}

// Find answers the row that counts for a canonical key. The hash is confirmed against the key itself.
func (s *Screening) Find(key []byte) (row int, ok bool, err error) {
	row, err = s.index.find(s.index.tag(key), s.isKey(key))
	if err != nil || row == 0 {
		return 0, false, err
	}
	row, ok = s.counts(row)
	return row, ok, nil
}

// counts is the row that is used of the rows of one user.
func (s *Screening) counts(row int) (used int, ok bool) {
	if g := s.groups[row]; g != nil {
		return g.used, g.used != 0
	}
	return row, true
}
