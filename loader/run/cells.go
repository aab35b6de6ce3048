package run

import (
	"fmt"
	"strconv"

	"rosterload/transform"
	"rosterload/validate"
)

// How faults, verdicts and standings are spelled in the tables of a run. Their headers.
var (
	FaultHeader    = []string{"row", "result", "reason_code", "reason", "next_step"}
	VerdictHeader  = []string{"row", "result", "reason_code", "reason", "next_step", "action", "requested"}
	StandingHeader = []string{"row", "id", "active", "request", "group", "status", "note"}
)

// VerdictOf is what is said of a line with a fault.
func VerdictOf(f *validate.Fault) transform.Verdict {
	word := transform.Failed
	if f.Skipped {
		word = transform.Skipped
	}
	return transform.Verdict{Word: word, Code: f.Code, Reason: f.Reason, Next: f.Next}
}

// WriteFault adds a line with a fault.
func (t *TableWriter) WriteFault(row int, f *validate.Fault) error {
	v := VerdictOf(f)
	return t.writeRow(row, string(v.Word), v.Code, v.Reason, v.Next)
}

// WriteVerdict adds a verdict, the action that was not taken, and the value that was asked for.
func (t *TableWriter) WriteVerdict(row int, v transform.Verdict, a transform.Action, requested string) error {
	return t.writeRow(row, string(v.Word), v.Code, v.Reason, v.Next, string(a), requested)
}

// WriteStanding adds a standing.
func (t *TableWriter) WriteStanding(row int, s transform.Standing, note string) error {
	return t.writeRow(row, s.ID, strconv.FormatBool(s.Active), s.Request, s.Group, s.Status, note)
}

// Decided is a line that was answered without a change, as its tables have it.
type Decided struct {
	Verdict   transform.Verdict
	Action    string // faults have none
	Requested string
}

// Decided reads the record in hand of the faults or the verdicts.
func (t *TableReader) Decided() (Decided, error) {
	if len(t.Rec) < len(FaultHeader) {
		return Decided{}, t.short()
	}
	d := Decided{Verdict: transform.Verdict{
		Word: transform.Word(t.Rec[1]), Code: t.Rec[2], Reason: t.Rec[3],
		Next: t.Rec[4],
	}}
	if len(t.Rec) >= len(VerdictHeader) {
		d.Action, d.Requested = t.Rec[5], t.Rec[6]
	}
	return d, nil
}

// Standing reads the record in hand of the standings.
func (t *TableReader) Standing() (s transform.Standing, note string, err error) {
	if len(t.Rec) < len(StandingHeader) {
		return s, "", t.short()
	}
	return transform.Standing{
		ID: t.Rec[1], Active: t.Rec[2] == "true", Request: t.Rec[3], Group: t.Rec[4],
		Status: t.Rec[5],
	}, t.Rec[6], nil
}

func (t *TableReader) short() error {
	return fmt.Errorf("%s: the record of row %d has %d cells", t.file.Name(), t.Row, len(t.Rec))
}
