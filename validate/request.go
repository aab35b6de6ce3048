package validate

import (
	"maps"
	"slices"
)

// Request is a sound line: this user, this value or none. Only Check makes one. Its bytes are valid until the next
// line.
type Request struct {
	row, number int
	by          string
	key         []byte
	cell        []byte
	value       []byte
	texts       texts
	blank       bool
	removal     bool
	said        *statements
}

// Row counts data rows from 1.
func (r Request) Row() int { return r.row }

// Number is the line as an editor counts.
func (r Request) Number() int { return r.number }

// By is how the user is named: "Username".
func (r Request) By() string { return r.by }

// Key is the user in canonical spelling.
func (r Request) Key() []byte { return r.key }

// Cell is the user as the roster spells it, blanks at the ends aside.
func (r Request) Cell() []byte { return r.cell }

// Value is what is asked for, blanks at the ends aside; empty asks for nothing. It stays valid.
func (r Request) Value() string { return r.texts.of(r.value) }

// Removal tells whether the line asks for nothing.
func (r Request) Removal() bool { return r.removal }

// Said is a statement's cell, blanks at the ends aside; empty without such a column.
func (r Request) Said(name string) string { return r.said.of(name) }

// Blank tells whether a removal was asked by a blank cell and not in words.
func (r Request) Blank() bool { return r.blank }

// sense is what two lines that ask for the same have in common: the value, and where a connector reads more, all of it.
func (r Request) sense() []byte {
	if r.said == nil {
		return r.value
	}
	sense := slices.Clone(r.value)
	if r.removal {
		sense = append(sense, "nothing"...)
	}
	for _, name := range slices.Sorted(maps.Keys(r.said.columns)) {
		sense = append(append(sense, ' '), r.said.of(name)...)
	}
	return sense
}

// texts keeps the values that many lines ask for, so that none of those lines makes another.
type texts map[string]string

const mostTexts = 1 << 12

func (t texts) of(value []byte) string {
	text, known := t[string(value)]
	if known {
		return text
	}
	text = string(value)
	if t != nil && len(t) < mostTexts {
		t[text] = text
	}
	return text
}

// statements are the cells of the statement columns of the line in hand.
type statements struct {
	columns map[string]int
	cells   [][]byte
	guarded bool // the cells may be guarded, as those of a failed.csv of ours
}

func (s *statements) of(name string) string {
	if s == nil {
		return ""
	}
	if i, there := s.columns[name]; there && i < len(s.cells) {
		return string(needed(s.cells[i], s.guarded))
	}
	return ""
}
