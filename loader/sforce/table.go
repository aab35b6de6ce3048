package sforce

import (
	"errors"
	"hash/maphash"
	"io"
	"math/bits"
	"slices"
	"strings"

	"rosterload/loader/transport"
	"rosterload/validate/cells"
)

// The bytes that a table may have: so many for each row, and once for a row that is unusually long.
const (
	maxRowBytes   = 8 << 10
	maxTableBytes = maxPiece
)

// table is an answer in CSV that may have to be asked for again: rows that were handed over are not handed over twice,
// and must be the same. One row is held back until the next is whole, or the end of the answer is known to be its end:
// a cut may look like a row.
type table struct {
	fields []string             // in the order in which rows hand them over; one that is missing is ""
	needed []string             // of the fields: without one of them this is another table
	most   int                  // rows
	sound  func([]string) error // what is wrong with a row; nil: each row is sound
	each   func([]string) error

	seed   maphash.Seed
	handed int    // rows that were handed over
	sum    uint64 // of them
}

func newTable(fields, needed []string, most int, sound, each func([]string) error) *table {
	return &table{fields: fields, needed: needed, most: most, sound: sound, each: each, seed: maphash.MakeSeed()}
}

// read reads one attempt of the answer. Whole is asked with the number of rows before the last of them is handed over.
func (t *table) read(body io.Reader, whole func(rows int) error) error {
	in := &pieces{body: body}
	in.next()
	rows := cells.NewReader(in)
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return whole(0)
	}
	if err != nil {
		return noTable(err)
	}
	places, err := t.places(header)
	if err != nil {
		return err
	}
	rows.Width = len(header)
	pass := &pass{table: t, held: make([]string, len(places))}
	for {
		in.next()
		rec, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			if err := whole(pass.rows); err != nil {
				return err
			}
			return pass.end()
		case err != nil: // also a row that has more or fewer cells than the header
			return noTable(err)
		case pass.rows == t.most:
			return transport.NoAnswer("the answer has more rows than the org has counted")
		}
		if err := pass.row(rec, places); err != nil {
			return err
		}
	}
}

func noTable(err error) error {
	return transport.NoAnswer("the answer is no table that we know: %w", err)
}

// places finds the columns by name. A column that is missing or there twice makes the whole no answer.
func (t *table) places(header []string) ([]int, error) {
	var places []int
	for _, name := range t.fields {
		at := -1
		for i, h := range header {
			if !strings.EqualFold(h, name) {
				continue
			}
			if at >= 0 {
				return nil, transport.NoAnswer("the column %s is there twice", name)
			}
			at = i
		}
		if at < 0 && slices.Contains(t.needed, name) {
			return nil, transport.NoAnswer("the column %s is missing", name)
		}
		places = append(places, at)
	}
	return places, nil
}

// pass is one attempt of reading a table.
type pass struct {
	*table
	rows int // whole ones
	held []string
	sum  uint64 // of those handed over so far
}

// prime spreads a sum before the next cell is added to it, so that the order of cells counts.
const prime = 0x9E3779B97F4A7C15

// row hands over the row before, and holds this one back.
func (p *pass) row(rec []string, places []int) error {
	if err := p.end(); err != nil {
		return err
	}
	for i, at := range places {
		if p.held[i] = ""; at >= 0 {
			p.held[i] = rec[at]
		}
	}
	p.rows++
	if p.sound == nil {
		return nil
	}
	if err := p.sound(p.held); err != nil {
		return transport.NoAnswer("row %d: %w", p.rows, err)
	}
	return nil
}

// end hands over the row that is held back, unless an earlier attempt has done so.
func (p *pass) end() error {
	if p.rows == 0 {
		return nil
	}
	for _, cell := range p.held {
		p.sum = bits.RotateLeft64(p.sum, 7)*prime ^ maphash.String(p.seed, cell)
	}
	if p.rows > p.handed {
		p.handed, p.table.sum = p.rows, p.sum
		return p.each(p.held)
	}
	if p.rows == p.handed && p.sum != p.table.sum {
		return transport.NoAnswer("the answer is another one than before")
	}
	return nil
}
