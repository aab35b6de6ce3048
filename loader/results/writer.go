package results

import (
	"io"
	"slices"
	"strconv"
)

// Dialect is how the roster was spelled, and so how its answers are: with its delimiter, in UTF-8, LF at line ends,
// quotes as RFC 4180.
type Dialect struct {
	Delimiter byte
	Mark      bool // begin with a byte order mark: the roster had one, or was no UTF-8
	SheetSafe bool // guard the roster's own cells and headings against being run as formulas, too
}

// writer appends rows and allocates nothing for one: a load writes them by the million.
type writer struct {
	Dialect
	to  io.Writer
	buf []byte
	err error
}

// flushAt is how many bytes are gathered before they are handed on.
const flushAt = 1 << 16

func newWriter(to io.Writer, d Dialect) *writer {
	w := &writer{Dialect: d, to: to, buf: make([]byte, 0, flushAt+1<<12)}
	if d.Mark {
		w.buf = append(w.buf, mark...)
	}
	return w
}

// Flush hands on what was gathered and answers the first error there was.
func (w *writer) Flush() error {
	if w.err == nil && len(w.buf) > 0 {
		_, w.err = w.to.Write(w.buf)
		w.buf = w.buf[:0]
	}
	return w.err
}

func (w *writer) end() error {
	w.buf[len(w.buf)-1] = '\n' // the delimiter behind the last cell
	if len(w.buf) < flushAt {
		return w.err
	}
	return w.Flush()
}

// Results writes results.csv, or .success.csv: our columns, then the roster's.
type Results struct {
	writer
	width int  // of the roster's header
	rest  bool // there is a last column for surplus cells
}

// NewResults writes the header. Rest says that some line has more cells than the header: they get a last column,
// input.rest.
func NewResults(to io.Writer, d Dialect, input []string, rest bool) *Results {
	r := &Results{writer: *newWriter(to, d), width: len(input), rest: rest}
	for _, name := range Header {
		r.cell(name)
	}
	for _, name := range input {
		r.theirs([]byte(inputName(name)))
	}
	if rest {
		r.cell("input.rest")
	}
	r.err = r.end()
	return r
}

// inputName keeps a roster's column apart from one of ours.
func inputName(name string) string {
	if slices.Contains(Header, name) {
		return "input." + name
	}
	return name
}

// Write adds one line. Cells are the roster's, as they came: too few are filled with blanks, surplus ones become one
// cell that is a CSV record itself.
func (r *Results) Write(row *Row, cells [][]byte) error {
	r.number(row.Row)
	for _, text := range [...]string{
		row.Key, row.Action, row.Result, row.ReasonCode, row.Reason, row.Fields, row.NextStep, row.RecordID, row.Before,
		row.Requested, row.After, row.ProvisioningStatus, row.JobID,
	} {
		r.ours(text)
	}
	r.number(row.Attempts)
	r.ours(row.SettledAt)
	r.ours(row.Target)
	r.ours(row.RunID)
	for i := range r.width {
		if i < len(cells) {
			r.theirs(cells[i])
		} else {
			r.buf = append(r.buf, r.Delimiter)
		}
	}
	if r.rest {
		r.cell(string(record(cells[min(r.width, len(cells)):])))
	}
	return r.end()
}

// Failed writes .failed.csv: each line's own cells as they came, too few or too many, then why. It can be loaded as
// it is.
type Failed struct{ writer }

// NewFailed writes the header.
func NewFailed(to io.Writer, d Dialect, input []string) *Failed {
	f := &Failed{*newWriter(to, d)}
	for _, name := range input {
		f.theirs([]byte(name))
	}
	f.cell("reason_code")
	f.cell("reason")
	f.err = f.end()
	return f
}

// Write adds one line that failed.
func (f *Failed) Write(row *Row, cells [][]byte) error {
	for _, c := range cells {
		f.theirs(c)
	}
	f.ours(row.ReasonCode)
	f.ours(row.Reason)
	return f.end()
}

// record spells surplus cells as one CSV record, with commas.
func record(cells [][]byte) []byte {
	if len(cells) == 0 {
		return nil
	}
	w := writer{Dialect: Dialect{Delimiter: ','}}
	for _, c := range cells {
		w.cell(string(c))
	}
	return w.buf[:len(w.buf)-1]
}

func (w *writer) number(n int) {
	w.buf = strconv.AppendInt(w.buf, int64(n), 10)
	w.buf = append(w.buf, w.Delimiter)
}

// ours writes a cell of our own. An apostrophe stands before what a spreadsheet would run as a formula.
func (w *writer) ours(text string) {
	text = Plain(text)
	if text != "" && isFormula(text[0]) {
		text = "'" + text
	}
	w.cell(text)
}

// isFormula tells of a character that a spreadsheet begins a formula with. validate takes the apostrophe off again
// where a failed.csv of ours is loaded.
func isFormula(first byte) bool {
	return first == '=' || first == '+' || first == '-' || first == '@' || first == '\t'
}

// theirs writes a cell of the roster, byte for byte but for a guard.
func (w *writer) theirs(cell []byte) {
	if w.SheetSafe && len(cell) > 0 && isFormula(cell[0]) {
		w.cell("'" + string(cell))
		return
	}
	appendCell(w, cell)
}

func (w *writer) cell(text string) { appendCell(w, text) }

// appendCell quotes a cell when it must be quoted: it holds the delimiter, a quote or a line break, or begins with a
// blank.
func appendCell[T string | []byte](w *writer, cell T) {
	if !mustQuote(cell, w.Delimiter) {
		w.buf = append(append(w.buf, cell...), w.Delimiter)
		return
	}
	w.buf = append(w.buf, '"')
	for i := 0; i < len(cell); i++ {
		if cell[i] == '"' {
			w.buf = append(w.buf, '"')
		}
		w.buf = append(w.buf, cell[i])
	}
	w.buf = append(w.buf, '"', w.Delimiter)
}

func mustQuote[T string | []byte](cell T, delimiter byte) bool {
	if len(cell) > 0 && cell[0] == ' ' {
		return true
	}
	for i := 0; i < len(cell); i++ {
		if c := cell[i]; c == delimiter || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}
