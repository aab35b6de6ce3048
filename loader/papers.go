package loader

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"

	"rosterload/loader/connector"
	"rosterload/loader/results"
	"rosterload/transform"
	"rosterload/validate"
)

// clerk is the target's, where it writes papers beside the results.
func (w *work) clerk() connector.Clerk {
	clerk, ok := w.Target.(connector.Clerk)
	if !ok || w.run.Planned == nil || w.run.Planned.Rows == 0 {
		return nil
	}
	clerk.Begin()
	return clerk
}

// tell lets the clerk know what is said of a line, and adds his note to it.
func (w *work) tell(clerk connector.Clerk, line *validate.Line, row *results.Row) {
	if clerk == nil {
		return
	}
	request, fault := w.roster.Check(line)
	if fault != nil {
		return
	}
	v := transform.Verdict{Word: transform.Word(row.Result), Code: row.ReasonCode, Reason: row.Reason, Next: row.NextStep}
	if note := clerk.Line(request, row.RecordID, v); note != "" && row.Reason != "" {
		row.Reason += "; " + note
	} else if note != "" {
		row.Reason = note
	}
}

// writePapers writes what the clerk has to say beyond the results.
func (w *work) writePapers(clerk connector.Clerk, a *account, s *results.Summary) error {
	if clerk == nil {
		return nil
	}
	var failed error
	if err := w.eachExtra(func(i int32, before transform.Standing) {
		row := &results.Row{}
		said, err := a.said(i)
		if err != nil {
			failed = err
		}
		a.ended(row, i, w.ledger.change(i), before, said)
		if s.Beyond == nil {
			s.Beyond = map[string]int{}
		}
		s.Beyond[row.Result]++
		clerk.Extra(before.ID, transform.Verdict{Word: transform.Word(row.Result), Code: row.ReasonCode, Reason: row.Reason, Next: row.NextStep})
	}); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	for _, p := range clerk.Papers() {
		path := w.stem() + "." + p.Name + ".csv"
		if len(p.Rows) < 2 {
			_ = os.Remove(path) // of an earlier revision
			continue
		}
		var text bytes.Buffer
		if err := csv.NewWriter(&text).WriteAll(p.Rows); err != nil {
			return err
		}
		if err := writeWhole(path, os.FileMode(w.run.Seal.Mode), text.Bytes()); err != nil {
			return err
		}
		if s.Files.Papers == nil {
			s.Files.Papers = map[string]string{}
		}
		s.Files.Papers[p.Name] = path
	}
	return nil
}
