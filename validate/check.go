package validate

import (
	"fmt"
	"maps"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Request is a sound line: this user, this wish. Only Check makes one. Its bytes are valid until the next line.
type Request struct {
	row, number int
	by          string
	key         []byte
	cell        []byte
	value       []byte
	blank       bool
	removal     bool
	said        *sayings
}

// sayings are the cells of the statement columns of the line in hand.
type sayings struct {
	columns map[string]int
	cells   [][]byte
}

// Row counts data rows from 1.
func (r Request) Row() int { return r.row }

// Number is the line as an editor counts.
func (r Request) Number() int { return r.number }

// By is how the user is named: "Username".
func (r Request) By() string { return r.by }

// Key is the user in canonical spelling.
func (r Request) Key() []byte { return r.key }

// Cell is the user as the roster spells him, blanks at the ends aside.
func (r Request) Cell() []byte { return r.cell }

// Value is what is asked for, blanks at the ends aside; empty asks for nothing.
func (r Request) Value() []byte { return r.value }

// Removal tells whether the line asks for nothing.
func (r Request) Removal() bool { return r.removal }

// Said is a statement's cell, blanks at the ends aside; empty without such a column.
func (r Request) Said(name string) string { return r.said.of(name) }

func (s *sayings) of(name string) string {
	if s == nil {
		return ""
	}
	if i, there := s.columns[name]; there && i < len(s.cells) {
		return Trim(s.cells[i])
	}
	return ""
}

// sense is what two lines that ask for the same have in common: the value, and where a kind reads more, all of it.
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

// Blank tells whether a removal was asked by a blank cell and not in words.
func (r Request) Blank() bool { return r.blank }

// spreadsheetErrors are what a spreadsheet leaves in a cell when a formula fails, in English and German.
var spreadsheetErrors = []string{"#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#NV", "#N/D"}

const notAvailable = "#N/A"

// Check makes a request of a sound line, or says what is wrong with it. It looks at nothing but the line.
func (r *Roster) Check(l *Line) (Request, *Fault) {
	if l.Fault != nil {
		return Request{}, l.Fault
	}
	q := Request{row: l.Row, number: l.Number, by: r.By, cell: trim(l.Cells[r.UserColumn])}
	if f := r.checkUser(l, &q); f != nil {
		return q, f
	}
	if r.ValueColumn >= 0 {
		q.value = trim(l.Cells[r.ValueColumn])
		if f := r.checkValue(l, &q); f != nil {
			return q, f
		}
	}
	if r.spelling.Interpret == nil {
		q.removal = len(q.value) == 0
		return q, nil
	}
	return q, r.checkWish(l, &q)
}

// checkWish lets the kind read its further columns.
func (r *Roster) checkWish(l *Line, q *Request) *Fault {
	r.said.cells = l.Cells
	q.said = &r.said
	w := ValueCells{Value: q.value, Nothing: r.ValueColumn >= 0 && len(q.value) == 0 && !q.blank, Blank: q.blank && r.blankPolicy() == Remove, Said: q.said.of}
	value, removal, f := r.spelling.Interpret(w)
	if q.value, q.removal = value, removal; f != nil {
		f = &Fault{Code: f.Code, Next: f.Next, Reason: fmt.Sprintf("line %d: %s", l.Number, f.Reason)}
	}
	return f
}

func (r *Roster) checkUser(l *Line, q *Request) *Fault {
	name := r.Header[r.UserColumn]
	switch {
	case len(q.cell) == 0:
		return r.at(l, name, "ROW_USER_MISSING", "no user is named")
	case hasControl(q.cell):
		return r.at(l, name, "ROW_CONTROL_CHARACTER", "the cell holds a control character or a line break")
	case isSpreadsheetError(q.cell) || string(q.cell) == notAvailable:
		return r.at(l, name, "ROW_SPREADSHEET_ERROR", fmt.Sprintf("%s is a formula's error, not a user", q.cell))
	}
	cell := q.cell
	if r.options.UsernameSuffix != "" && r.By == "Username" {
		cell = append(slices.Clone(cell), r.options.UsernameSuffix...)
	}
	r.keyBuf = r.keyBuf[:0]
	key, f := r.key(r.keyBuf, cell)
	if f != nil {
		f = &Fault{Code: f.Code, Next: f.Next, Reason: fmt.Sprintf("line %d, column %s: %s", l.Number, name, f.Reason)}
	}
	r.keyBuf, q.key = key, key
	return f
}

func (r *Roster) checkValue(l *Line, q *Request) *Fault {
	name := r.Header[r.ValueColumn]
	switch {
	case len(q.value) == 0:
		return r.checkBlank(l, q)
	case q.value[0] == '#' && isSpreadsheetError(q.value):
		return r.at(l, name, "ROW_SPREADSHEET_ERROR", fmt.Sprintf("%s is a formula's error, not a value", q.value))
	case q.value[0] == '#' && slices.Contains(r.spelling.Nothing, string(q.value)):
		if r.options.NA == Reject {
			return r.at(l, name, "ROW_SPREADSHEET_ERROR", fmt.Sprintf("%s may be a removal or a failed look-up, and --na reject lets neither pass", q.value))
		}
		q.value = nil
		return nil
	case hasControl(q.value):
		return r.at(l, name, "ROW_CONTROL_CHARACTER", "the cell holds a control character or a line break")
	case r.spelling.MaxValue > 0 && utf8.RuneCount(q.value) > r.spelling.MaxValue:
		return r.at(l, name, "ROW_VALUE_TOO_LONG", fmt.Sprintf("%d characters, at most %d are possible", utf8.RuneCount(q.value), r.spelling.MaxValue))
	case len(q.value) > 1<<17:
		return r.at(l, name, "ROW_VALUE_TOO_LONG", "the value is longer than 128 KiB")
	}
	if slices.Contains(r.spelling.Nothing, string(q.value)) {
		q.value = nil
	}
	return nil
}

// checkBlank says what a blank value means. A last line without a line end may have lost its value with the rest of the file.
func (r *Roster) checkBlank(l *Line, q *Request) *Fault {
	name := r.Header[r.ValueColumn]
	if l.cutOff {
		return r.at(l, name, "ROW_COLUMNS", "the file ends here without a line end: it may have been cut off, and a blank would remove")
	}
	switch policy := r.blankPolicy(); {
	case policy == Ignore && r.saysMore(l):
		// the line is about something else
	case policy == Ignore:
		return &Fault{Code: "ROW_BLANK", Skipped: true, Reason: fmt.Sprintf("line %d, column %s: blank, and blanks are ignored", l.Number, name)}
	case policy == Reject:
		return r.at(l, name, "ROW_BLANK", "blank, and blanks are rejected")
	}
	q.value, q.blank = nil, true
	return nil
}

func (r *Roster) blankPolicy() string {
	if r.options.Blank != "" {
		return r.options.Blank
	}
	return r.spelling.Blank
}

// saysMore tells whether a line makes a statement besides its value.
func (r *Roster) saysMore(l *Line) bool {
	if !r.spelling.StatementsAlone {
		return false
	}
	for _, i := range r.said.columns {
		if i < len(l.Cells) && len(trim(l.Cells[i])) > 0 {
			return true
		}
	}
	return false
}

func (r *Roster) at(l *Line, column, code, what string) *Fault {
	return fault(code, fmt.Sprintf("line %d, column %s: %s", l.Number, column, what))
}

func isSpreadsheetError(cell []byte) bool {
	return cell[0] == '#' && slices.Contains(spreadsheetErrors, string(cell))
}

func hasControl(cell []byte) bool {
	for i, c := range cell {
		if c < ' ' || c == 0x7f {
			return true
		}
		if c >= utf8.RuneSelf {
			return slices.ContainsFunc([]rune(string(cell[i:])), unicode.IsControl)
		}
	}
	return false
}
