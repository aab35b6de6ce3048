package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io/fs"
	"os"

	"rosterload/loader/connector"
	"rosterload/loader/results"
	"rosterload/loader/spool"
	"rosterload/transform"
	"rosterload/validate"
)

// attachments are the connector's files beside the results. A nil one has none.
type attachments struct {
	*Report
	connector.Attachments
}

func (r *Report) attachments() *attachments {
	if r.Attacher == nil || r.Changes == nil {
		return nil
	}
	return &attachments{r, r.Attacher.Attachments()}
}

// line lets the connector know what is said of a line, and adds its note to the reason.
func (a *attachments) line(line *validate.Line, row *results.Row) {
	if a == nil {
		return
	}
	request, fault := a.Roster.Check(line)
	if fault != nil {
		return
	}
	note := a.Line(request, row.RecordID, verdictOf(row))
	if note != "" && row.Reason != "" {
		row.Reason += "; " + note
	} else if note != "" {
		row.Reason = note
	}
}

func verdictOf(row *results.Row) transform.Verdict {
	return transform.Verdict{Word: transform.Word(row.Result), Code: row.ReasonCode, Reason: row.Reason, Next: row.NextStep}
}

// write tells of the changes that no line asked for, and writes the files.
func (a *attachments) write(rows *rows, s *results.Summary) error {
	if a == nil {
		return nil
	}
	if err := a.Changes.EachExtra(func(i int32, before transform.Standing) error { return a.extra(rows, s, i, before) }); err != nil {
		return err
	}
	for _, f := range a.Files() {
		path := a.run().Stem() + "." + f.Name + ".csv"
		if len(f.Rows) < 2 {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // of an earlier revision
				return err
			}
			continue
		}
		var text bytes.Buffer
		if err := csv.NewWriter(&text).WriteAll(f.Rows); err != nil {
			return err
		}
		if err := writeIfOther(spool.Owner(a.run().ID), path, os.FileMode(a.run().Seal.Mode), text.Bytes()); err != nil {
			return err
		}
		if s.Files.Attachments == nil {
			s.Files.Attachments = map[string]string{}
		}
		s.Files.Attachments[f.Name] = path
	}
	return nil
}

func (a *attachments) extra(rows *rows, s *results.Summary, i int32, before transform.Standing) error {
	said, spoke, err := rows.words.Of(i)
	if err != nil {
		return err
	}
	row := &results.Row{}
	rows.ended(row, i, before, said, spoke)
	if s.Beyond == nil {
		s.Beyond = map[string]int{}
	}
	s.Beyond[row.Result]++
	a.Extra(before.ID, verdictOf(row))
	return nil
}
