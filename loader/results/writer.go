package results

import (
	"io"
	"slices"

	"rosterload/validate/cells"
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
	*cells.Writer
	safe bool
}

func newWriter(to io.Writer, d Dialect) writer {
	w := writer{cells.NewWriterOf(to, d.Delimiter), d.SheetSafe}
	if d.Mark {
		w.Verbatim(mark)
	}
	return w
}

// Results writes results.csv, or .success.csv: our columns, then the roster's.
type Results struct {
	writer
	width int        // of the roster's header
	rest  bool       // there is a last column for surplus cells
	last  [16]string // of our columns with text, the last that stood as it was
}

// NewResults writes the header. Rest says that some line has more cells than the header: they get a last column,
// input.rest.
func NewResults(to io.Writer, d Dialect, input []string, rest bool) *Results {
	r := &Results{writer: newWriter(to, d), width: len(input), rest: rest}
	for _, name := range Header {
		r.Cell(name)
	}
	for _, name := range input {
		r.theirs([]byte(inputName(name)))
	}
	if rest {
		r.Cell("input.rest")
	}
	_ = r.End() // Flush tells
	return r
}

// inputName keeps a roster's column apart from one of ours.
func inputName(name string) string {
	if slices.Contains(Header, name) {
		return "input." + name
	}
	return name
}

// Write adds one line. Input are the roster's cells as they came: too few are filled with blanks, surplus ones become
// one cell that is a CSV record itself.
func (r *Results) Write(row *Row, input [][]byte) error { return r.WriteLine(row, input, nil) }

// WriteLine is Write where it is known how the roster spells its cells; a nil raw is not known.
func (r *Results) WriteLine(row *Row, input [][]byte, raw []byte) error {
	r.Int(row.Row)
	for i, text := range [...]string{
		row.Key, row.Action, row.Result, row.ReasonCode, row.Reason, row.Fields, row.NextStep, row.RecordID, row.Before,
		row.Requested, row.After, row.ProvisioningStatus, row.JobID,
	} {
		r.often(i, text)
	}
	r.Int(row.Attempts)
	for i, text := range [...]string{row.SettledAt, row.Target, row.RunID} {
		r.often(i+len(r.last)-3, text)
	}
	if len(input) == r.width && !r.rest && !r.safe && r.Rest(raw) {
		return r.End()
	}
	for i := range r.width {
		if i < len(input) {
			r.theirs(input[i])
		} else {
			r.Cell("")
		}
	}
	if r.rest {
		r.Bytes(record(input[min(r.width, len(input)):]))
	}
	return r.End()
}

// often writes a cell of our own in a column where most rows have one of a few texts: the one before is not looked at
// again.
func (r *Results) often(column int, text string) {
	switch {
	case text == r.last[column]:
		r.Repeat(text)
	case (text == "" || !isFormula(text[0])) && r.Simple(text):
		r.last[column] = text
	default:
		r.ours(text)
	}
}

// Failed writes .failed.csv: each line's own cells as they came, too few or too many, then why. It can be loaded as
// it is.
type Failed struct{ writer }

// NewFailed writes the header.
func NewFailed(to io.Writer, d Dialect, input []string) *Failed {
	f := &Failed{newWriter(to, d)}
	for _, name := range input {
		f.theirs([]byte(name))
	}
	f.Cell("reason_code")
	f.Cell("reason")
	_ = f.End()
	return f
}

// Write adds one line that failed.
func (f *Failed) Write(row *Row, input [][]byte) error {
	for _, c := range input {
		f.theirs(c)
	}
	f.ours(row.ReasonCode)
	f.ours(row.Reason)
	return f.End()
}

// record spells surplus cells as one CSV record, with commas.
func record(input [][]byte) (text []byte) {
	for i, c := range input {
		if i > 0 {
			text = append(text, ',')
		}
		text = cells.Append(text, c, ',')
	}
	return text
}

// ours writes a cell of our own. An apostrophe stands before what a spreadsheet would run as a formula.
func (w writer) ours(text string) {
	text = Plain(text)
	if text != "" && isFormula(text[0]) {
		text = "'" + text
	}
	w.Cell(text)
}

// isFormula tells of a character that a spreadsheet begins a formula with. validate takes the apostrophe off again
// where a failed.csv of ours is loaded.
func isFormula(first byte) bool {
	return first == '=' || first == '+' || first == '-' || first == '@' || first == '\t'
}

// theirs writes a cell of the roster, byte for byte but for a guard.
func (w writer) theirs(cell []byte) {
	if w.safe && len(cell) > 0 && isFormula(cell[0]) {
		w.Cell("'" + string(cell))
		return
	}
	w.Bytes(cell)
}
