package evidence

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"sort"
	"strconv"
	"strings"
)

// splitter cuts a file that may have been changed into records. A changed byte may be a quote or a line end, after
// which no record would end where it did; so a record that was written is known by its digest wherever it stands.
type splitter struct {
	in        *records
	known     map[string]int
	delimiter byte
	lines     [][]byte // read, and not yet cut
	end       bool
}

// mostLines of one record are looked at: a quoted cell of a roster has a thousand at most.
const mostLines = 5000

// line is the nth line that is not cut yet; nil behind the end.
func (s *splitter) line(n int) ([]byte, error) {
	for len(s.lines) <= n && !s.end {
		line, err := s.in.line()
		if len(line) > 0 {
			s.lines = append(s.lines, bytes.Clone(line))
		}
		if errors.Is(err, io.EOF) {
			s.end = true
		} else if err != nil {
			return nil, err
		}
	}
	if n < len(s.lines) {
		return s.lines[n], nil
	}
	return nil, nil
}

// take joins the first n lines and drops them.
func (s *splitter) take(n int) []byte {
	joined := bytes.Join(s.lines[:n], nil)
	s.lines = s.lines[n:]
	return joined
}

// heading is the first record: the one whose digest is known, or the first line.
func (s *splitter) heading(sha string) ([]byte, error) {
	quotes := 0
	var joined []byte
	for n := range 100 {
		line, err := s.line(n)
		if err != nil {
			return nil, err
		}
		if line == nil {
			break
		}
		if n > 0 && s.isKnown(line) { // the first row begins here
			return s.take(n), nil
		}
		joined = append(joined, line...)
		quotes += bytes.Count(line, []byte{'"'})
		if digest(joined) == sha || quotes%2 == 0 {
			return s.take(n + 1), nil
		}
	}
	if len(s.lines) == 0 {
		return nil, nil
	}
	return s.take(1), nil
}

// all cuts the rest of the file.
func (s *splitter) all() ([]found, error) {
	var all []found
	for {
		line, err := s.line(0)
		if err != nil {
			return nil, err
		}
		if line == nil {
			return all, nil
		}
		n, place, err := s.next()
		if err != nil {
			return nil, err
		}
		f := found{place: place}
		text := s.take(n)
		if place < 0 {
			f.text, f.says = text, s.says(text)
			if last := len(all) - 1; f.says == 0 && last >= 0 && all[last].place < 0 { // a piece of the row before
				all[last].text = append(all[last].text, text...)
				continue
			}
		}
		all = append(all, f)
	}
}

// next says how many lines the next record has, and which one it is.
func (s *splitter) next() (lines, place int, err error) {
	quotes := 0
	var joined []byte
	for n := range mostLines {
		line, err := s.line(n)
		if err != nil {
			return 0, 0, err
		}
		if line == nil {
			break
		}
		if n > 0 && s.isKnown(line) { // the next record begins here
			return n, -1, nil
		}
		joined = append(joined, line...)
		if quotes += bytes.Count(line, []byte{'"'}); quotes%2 == 1 {
			continue
		}
		if place, ok := s.known[digest(joined)]; ok {
			return n + 1, place, nil
		}
		return n + 1, -1, nil
	}
	return 1, -1, nil
}

func (s *splitter) isKnown(line []byte) bool {
	_, ok := s.known[digest(line)]
	return ok
}

// says is the row number at the beginning of a record.
func (s *splitter) says(text []byte) int { return numberOf(text, s.delimiter) }

func numberOf(text []byte, delimiter byte) int {
	digits, _, ok := strings.Cut(string(text[:min(len(text), 12)]), string(delimiter))
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 {
		return 0
	}
	return n
}

// numbered cuts a large file of results whose records are known by blocks only: a record goes on until the next line
// that has the next number, or, where numbers fail, until its quotes are even.
type numbered struct {
	in        *records
	delimiter byte
	ahead     [][]byte // lines that were read, and belong to no record yet
	row       int
}

// line is the next line, empty behind the end.
func (r *numbered) line() ([]byte, error) {
	if len(r.ahead) > 0 {
		line := r.ahead[0]
		r.ahead = r.ahead[1:]
		return line, nil
	}
	line, err := r.in.line()
	return bytes.Clone(line), err
}

// back gives lines back that were read too far.
func (r *numbered) back(lines ...[]byte) { r.ahead = append(lines, r.ahead...) }

func (r *numbered) heading() ([]byte, error) {
	head, err := r.line()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	r.delimiter = delimiterOf(head)
	for isOpen(head) && len(head) < 1<<20 && err == nil {
		var line []byte
		line, err = r.line()
		if r.begins(line, 1) {
			r.back(line)
			break
		}
		head = append(head, line...)
	}
	return head, nil
}

// isOpen tells of a text that ends inside a quoted cell.
func isOpen(text []byte) bool { return bytes.Count(text, []byte{'"'})%2 == 1 }

func (r *numbered) begins(line []byte, row int) bool { return numberOf(line, r.delimiter) == row }

func (r *numbered) next() ([]byte, error) {
	rec, err := r.line()
	if len(rec) == 0 {
		return nil, err
	}
	r.row++
	for {
		line, err := r.line()
		if len(line) == 0 {
			return rec, nilAtEnd(err)
		}
		ends, err := r.endsBefore(rec, line)
		if err != nil {
			return nil, err
		}
		if ends {
			r.back(line)
			return rec, nil
		}
		rec = append(rec, line...)
	}
}

// endsBefore tells whether a record is over before a line. A line without a number is the next record when the line
// behind it has the number after that: its own was changed.
func (r *numbered) endsBefore(rec, line []byte) (bool, error) {
	switch {
	case r.begins(line, r.row+1):
		return true, nil
	case isOpen(rec):
		return false, nil
	case numberOf(line, r.delimiter) > 0:
		return true, nil
	}
	after, err := r.line()
	if len(after) == 0 {
		return false, nilAtEnd(err)
	}
	r.back(after)
	return r.begins(after, r.row+2), nil
}

func nilAtEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// longestRise marks a longest run of rising numbers.
func longestRise(all []int) []bool {
	var ends []int // index of the smallest end of a run of each length
	before := make([]int, len(all))
	for i, v := range all {
		n := sort.Search(len(ends), func(k int) bool { return all[ends[k]] >= v })
		if before[i] = -1; n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	in := make([]bool, len(all))
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = before[i] {
			in[i] = true
		}
	}
	return in
}

func csvCells(record string, delimiter byte) ([]string, error) {
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(record, "\xEF\xBB\xBF")))
	in.Comma = rune(delimiter)
	return in.Read()
}
