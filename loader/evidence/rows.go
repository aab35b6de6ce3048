package evidence

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// A proof names so many rows, and so many cells of a row.
const (
	mostSaid  = 20
	mostCells = 4
)

// rows says which rows of a results file are not what was written. With the run's folder at hand it says what was;
// without it each row has a digest, or, of a large file, each block of rows.
func (p *Proof) rows(path string, m *Manifest, f *File, o VerifyOptions) error {
	if kept := m.kept(path, f, o.Home); kept != "" {
		return p.rowsOf(path, kept)
	}
	blocks, why := m.blocks(filepath.Dir(p.Evidence), f.Name)
	switch {
	case blocks == nil:
		p.say("which rows were changed cannot be said: %s", why)
		return nil
	case blocks.RowsPerBlock > 1:
		return p.blockRows(path, blocks, *f.Rows)
	}
	w := &written{heading: blocks.Heading, rows: map[string]int{}, count: len(blocks.SHA256)}
	for i, sha := range blocks.SHA256 {
		w.rows[sha] = i
	}
	return p.compare(path, w, nil)
}

// kept is the file that was written, in the run's folder, where that is at hand and holds.
func (m *Manifest) kept(path string, f *File, home string) string {
	if home == "" {
		return ""
	}
	kept := filepath.Join(home, "runs", m.Run, f.Name)
	same, err := sameFile(kept, *f)
	if err != nil || !same || kept == path {
		return ""
	}
	return kept
}

// blocks are the digests of a file's rows; nil and a word on why when there are none that can be believed.
func (m *Manifest) blocks(folder, of string) (*Blocks, string) {
	for _, name := range []string{m.Blocks.Beside, m.Blocks.File} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			continue
		}
		if digest(text) != m.Blocks.SHA256 {
			return nil, name + " was changed as well"
		}
		all, err := readBlocks(text)
		if err != nil {
			return nil, name + " cannot be read"
		}
		for i := range all {
			if all[i].Of == of {
				return &all[i], ""
			}
		}
	}
	return nil, m.Blocks.Beside + " is not there"
}

// written is a results file as it was written, by the digests of its records.
type written struct {
	heading string
	rows    map[string]int // digest to place, from 0
	count   int
	places  []int64 // of the records, where the file itself is at hand
	from    *os.File
	size    int64
}

// rowsOf compares with the file that was written.
func (p *Proof) rowsOf(path, kept string) error {
	from, err := os.Open(kept)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	w := &written{rows: map[string]int{}, from: from}
	var heading []byte
	_, err = digestBlocks(from, "", 1, func(rec []byte, at int64) {
		if at == 0 {
			heading, w.heading = bytes.Clone(rec), digest(rec)
		} else {
			w.rows[digest(rec)] = w.count
			w.places = append(w.places, at)
			w.count++
		}
		w.size = at + int64(len(rec))
	})
	if err != nil {
		return err
	}
	return p.compare(path, w, heading)
}

// record is what was written in a place; nil where that is not at hand.
func (w *written) record(place int) []byte {
	if w.from == nil || place < 0 || place >= len(w.places) {
		return nil
	}
	end := w.size
	if place+1 < len(w.places) {
		end = w.places[place+1]
	}
	rec := make([]byte, end-w.places[place])
	if _, err := w.from.ReadAt(rec, w.places[place]); err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	return rec
}

// found is one record of the file in hand: one that was written, or a strange one.
type found struct {
	place int    // of the record that was written, -1: it is strange
	text  []byte // of a strange one
	says  int    // the row that a strange one says it is, from 1; 0: none
}

// compare tells changed, missing, added and reordered rows apart.
func (p *Proof) compare(path string, w *written, heading []byte) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	s := &splitter{in: newRecords(f), known: w.rows}
	head, err := s.heading(w.heading)
	if err != nil {
		return err
	}
	delimiter := delimiterOf([]byte(cmp.Or(string(heading), string(head))))
	s.delimiter = delimiter
	if digest(head) != w.heading {
		p.headingChanged(head, heading, delimiter)
	}
	all, err := s.all()
	if err != nil {
		return err
	}
	d := &difference{
		written: w, all: all, delimiter: delimiter,
		heading: cells(cmp.Or(string(heading), string(head)), delimiter),
	}
	d.find()
	slices.SortStableFunc(d.said, func(a, b said) int { return cmp.Compare(a.row, b.row) })
	for i, one := range d.said {
		if i == mostSaid {
			p.say("and %d more", len(d.said)-i)
			break
		}
		p.say("%s", one.text)
	}
	return nil
}

func (p *Proof) headingChanged(is, was []byte, delimiter byte) {
	p.say("the heading was changed")
	if was == nil {
		return
	}
	a, b := cells(string(was), delimiter), cells(string(is), delimiter)
	told := 0
	for i := range max(len(a), len(b)) {
		if at(a, i) != at(b, i) && told < mostCells {
			told++
			p.say("heading %d says %q, written was %q", i+1, at(b, i), at(a, i))
		}
	}
}

// blockRows names the blocks of a large file that differ.
func (p *Proof) blockRows(path string, blocks *Blocks, rows int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	in := &numbered{in: newRecords(f)}
	head, err := in.heading()
	if err != nil {
		return err
	}
	if digest(head) != blocks.Heading {
		p.say("the heading was changed")
	}
	count, block, sum := 0, 0, sha256.New()
	differ := func() {
		first, last := block*blocks.RowsPerBlock+1, min((block+1)*blocks.RowsPerBlock, rows)
		if block < len(blocks.SHA256) && hex.EncodeToString(sum.Sum(nil)) != blocks.SHA256[block] {
			p.sayOnce(mostSaid, "somewhere in rows %s to %s", thousands(first), thousands(last))
		}
		sum.Reset()
		block++
	}
	for {
		rec, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		sum.Write(rec)
		if count++; count%blocks.RowsPerBlock == 0 {
			differ()
		}
	}
	if count%blocks.RowsPerBlock != 0 {
		differ()
	}
	if count != rows {
		p.say("it has %s rows, written were %s", thousands(count), thousands(rows))
	}
	return nil
}

// sayOnce says no more than so many things.
func (p *Proof) sayOnce(most int, format string, args ...any) {
	if len(p.Said) < most {
		p.say(format, args...)
	} else if len(p.Said) == most {
		p.say("and more")
	}
}

// thousands is 17,001.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
