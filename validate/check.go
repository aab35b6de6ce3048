package validate

import (
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"
)

// spreadsheetErrors are what a spreadsheet leaves in a cell when a formula fails, in English and German.
var spreadsheetErrors = []string{"#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#NV", "#N/D"}

const notAvailable = "#N/A"

// Check makes a request of a sound line, or says what is wrong with it. It looks at nothing but the line.
func (r *Roster) Check(l *Line) (Request, *Fault) {
	if l.Fault != nil {
		return Request{}, l.Fault
	}
	q := Request{
		row: l.Row, number: l.Number, by: r.By, cell: needed(l.Cells[r.UserColumn], r.ours), texts: r.values,
	}
	if f := r.checkUser(l, &q); f != nil {
		return q, f
	}
	if r.ValueColumn >= 0 {
		q.value = needed(l.Cells[r.ValueColumn], r.ours)
	}
	if f := r.mean(l, &q); f != nil {
		return q, f
	}
	if r.spelling.Interpret == nil {
		q.removal = len(q.value) == 0
		return q, nil
	}
	return q, r.interpret(l, &q)
}

// mean finds what a line asks for: by the feed's own words where it has some, else by the value cell.
func (r *Roster) mean(l *Line, q *Request) *Fault {
	if r.meaning != nil {
		nothing := len(q.value) == 0 || isSpreadsheetError(q.value) ||
			slices.Contains(r.spelling.Nothing, string(q.value))
		said, known, f := r.meaning(func(i int) []byte { return r.cellOf(l, i) }, q.value, nothing)
		if f != nil {
			return &Fault{
				Code: f.Code, Next: f.Next, Skipped: f.Skipped,
				Reason: fmt.Sprintf("line %d: %s", l.Number, f.Reason),
			}
		}
		if known {
			blank := len(q.value) == 0
			if q.value = trim(said); len(q.value) > 0 {
				return r.checkValue(l, q)
			}
			if q.value = nil; l.cutOff && blank {
				return r.at(l, r.valueName(), codeColumns, cutOffHere)
			}
			return nil
		}
	}
	if r.ValueColumn < 0 && len(q.value) == 0 {
		return nil
	}
	return r.checkValue(l, q)
}

func (r *Roster) cellOf(l *Line, i int) []byte {
	if i >= len(l.Cells) {
		return nil
	}
	return needed(l.Cells[i], r.ours)
}

// User is the user that a line names, whatever else is wrong with the line; ok is false when that cannot be told.
func (r *Roster) User(l *Line) (key []byte, ok bool) {
	if l.Fault != nil || r.UserColumn >= len(l.Cells) {
		return nil, false
	}
	q := Request{row: l.Row, number: l.Number, by: r.By, cell: needed(l.Cells[r.UserColumn], r.ours)}
	f := r.checkUser(l, &q)
	return q.key, f == nil
}

// IsFailed tells whether the file is a failed.csv of ours: part of a roster, not the whole.
func (r *Roster) IsFailed() bool { return r.ours }

// interpret lets the connector read its further columns.
func (r *Roster) interpret(l *Line, q *Request) *Fault {
	r.said.cells = l.Cells
	q.said = &r.said
	cells := ValueCells{
		Value:   q.value,
		Nothing: r.ValueColumn >= 0 && len(q.value) == 0 && !q.blank,
		Blank:   q.blank && r.blankPolicy() == Remove,
		Said:    q.said.of,
	}
	value, removal, f := r.spelling.Interpret(cells)
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

// maxBytes bounds a value whatever the connector says: no org has a group name of that length.
const maxBytes = 1 << 17

// valueName is the heading of the value column, or of what stands in its place.
func (r *Roster) valueName() string {
	if r.ValueColumn < 0 {
		return "(by a rule)"
	}
	return r.Header[r.ValueColumn]
}

func (r *Roster) checkValue(l *Line, q *Request) *Fault {
	name := r.valueName()
	long := 0
	if r.spelling.MaxValue > 0 && len(q.value) > r.spelling.MaxValue {
		long = utf8.RuneCount(q.value)
	}
	switch {
	case len(q.value) == 0:
		return r.checkBlank(l, q)
	case isSpreadsheetError(q.value):
		return r.at(l, name, "ROW_SPREADSHEET_ERROR", fmt.Sprintf("%s is a formula's error, not a value", q.value))
	case slices.Contains(r.spelling.Nothing, string(q.value)):
		return r.checkNothing(l, q)
	case hasControl(q.value):
		return r.at(l, name, "ROW_CONTROL_CHARACTER", "the cell holds a control character or a line break")
	case long > r.spelling.MaxValue:
		what := fmt.Sprintf("%d characters, at most %d are possible", long, r.spelling.MaxValue)
		return r.at(l, name, codeTooLong, what)
	case len(q.value) > maxBytes:
		return r.at(l, name, codeTooLong, "the value is longer than 128 KiB")
	}
	return nil
}

// checkNothing says what a cell means that asks for nothing in words. One that begins with a hash is a spreadsheet's
// error as well.
func (r *Roster) checkNothing(l *Line, q *Request) *Fault {
	if q.value[0] == '#' && r.options.NA == Reject {
		what := fmt.Sprintf("%s may be a removal or a failed look-up, and --na reject lets neither pass", q.value)
		return r.at(l, r.Header[r.ValueColumn], "ROW_SPREADSHEET_ERROR", what)
	}
	q.value = nil
	return nil
}

const cutOffHere = "the file ends here without a line end: it may have been cut off, and a blank would remove"

// checkBlank says what a blank value means. A last line without a line end may have lost its value with the rest of
// the file.
func (r *Roster) checkBlank(l *Line, q *Request) *Fault {
	name := r.Header[r.ValueColumn]
	if l.cutOff {
		return r.at(l, name, codeColumns, cutOffHere)
	}
	switch policy := r.blankPolicy(); {
	case policy == Ignore && r.saysMore(l):
		// the line is about something else
	case policy == Ignore:
		reason := fmt.Sprintf("line %d, column %s: blank, and blanks are ignored", l.Number, name)
		return &Fault{Code: "ROW_BLANK", Skipped: true, Reason: reason}
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
