package report

import (
	"encoding/csv"

	"rosterload/loader/connector"
	"rosterload/loader/results"
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
	return transform.Verdict{
		Word: transform.Word(row.Result), Code: row.ReasonCode, Reason: row.Reason,
		Next: row.NextStep,
	}
}

// write tells of the changes that no line asked for, and writes the files; they get their names with the others.
func (a *attachments) write(rows *rows, s *results.Summary, files *files) error {
	if a == nil {
		return nil
	}
	if err := a.Changes.EachExtra(func(i int32, before transform.Standing) error {
		return a.extra(rows, s, i,
			before)
	}); err != nil {
		return err
	}
	for _, f := range a.Files() {
		path := a.run().Stem() + "." + f.Name + ".csv"
		if len(f.Rows) < 2 {
			files.unstage(path)
			continue
		}
		if err := csv.NewWriter(files.stage(path, len(f.Rows)-1)).WriteAll(f.Rows); err != nil {
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
	if err := rows.ended(row, i, before, said, spoke); err != nil {
		return err
	}
	if s.Beyond == nil {
		s.Beyond = map[string]int{}
	}
	s.Beyond[row.Result]++
	a.Extra(before.ID, verdictOf(row))
	return nil
}
