package feeds

import (
	"fmt"
	"strings"
	"time"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// page is answer.txt: what a person of the sender reads in a mail. It names no user; control characters of texts that
// are not ours are spelled out.
func page(r *run.Run, s *results.Summary) string {
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(results.Plain(fmt.Sprintf(format, args...)) + "\n")
	}
	line("The answer to %s (feed %s, run %s)", s.Roster.Name, s.Feed, s.Run)
	if d := s.Delivery; d != nil {
		modified, _ := time.Parse(time.RFC3339Nano, d.ModifiedAt)
		line("Delivered %s, %d bytes, SHA-256 %s", modified.UTC().Format("2006-01-02 15:04:05 UTC"), d.Bytes, d.SHA256)
	}
	b.WriteString("\n")
	line("%s", outcome(r, s))
	if s.Refused != "" && s.Exit != run.ExitNothing {
		line("Why: %s", s.Refused)
	}
	for _, h := range s.Holds {
		line("Odd: %s (%s)", h.Text, h.Code)
	}
	if s.Roster.Rows > 0 {
		b.WriteString("\n")
		line("Rows: %d. %s.", s.Roster.Rows, s.Line())
	}
	examples := sentences(r, s)
	for i, reason := range s.Reasons {
		if i == 10 {
			line("… and %d further reasons", len(s.Reasons)-i)
			break
		}
		line("  %d × %s: %s", reason.Count, reason.ReasonCode, todo(reason.NextStep))
		if said := examples[reason.ExampleRow]; said != "" {
			line("      for example row %d: %s", reason.ExampleRow, said)
		}
	}
	if len(s.Warnings) > 0 {
		b.WriteString("\n")
	}
	for _, w := range s.Warnings {
		line("Note: %s", w)
	}
	return b.String()
}

// outcome is one sentence on the whole.
func outcome(r *run.Run, s *results.Summary) string {
	switch {
	case r.Rejected != nil:
		return "The file was looked at by a person and rejected. Nothing was changed. Reason: " + r.Rejected.Reason
	case r.Held():
		return "The file was read, and something about it is odd. Nothing was changed; a person decides."
	case s.Exit == run.ExitUsage:
		return "The file could not be used. Nothing was changed. Correct it and deliver it again."
	case s.Exit == run.ExitNothing:
		return "The file is empty: there was nothing to do."
	case s.Exit == run.ExitOK:
		return "Everything the file asks for is done."
	case s.Exit == run.ExitPending && s.Failed == 0:
		return "The file was accepted. Some of it is still being carried out; a newer answer follows."
	case s.Exit == run.ExitPending || s.Exit == run.ExitFailedRows:
		return "Part of what the file asks for was not done. The lines are in the file that ends in .failed.csv; " +
			"corrected, it can be delivered as it is."
	}
	return "The file could not be carried out. This is no fault of the file; the operators of rosterload have been told."
}

// todo says in words what the reader is to do.
func todo(next string) string {
	switch next {
	case transform.FixAndLoad:
		return "correct the line and deliver it again"
	case transform.ChangeKey:
		return "correct who is meant, and deliver the line again"
	case transform.AskAdmin:
		return "ask the admin of the org"
	case transform.FreeLicences:
		return "licences are missing: tell the admin of the org"
	case transform.Retry:
		return "the admin of the org can try it once more"
	case transform.Wait:
		return "nothing; it is on its way"
	}
	return "nothing"
}

// sentences are the reasons of the example rows.
func sentences(r *run.Run, s *results.Summary) map[int]string {
	wanted := map[int]string{}
	for _, reason := range s.Reasons[:min(len(s.Reasons), 10)] {
		wanted[reason.ExampleRow] = ""
	}
	if len(wanted) == 0 {
		return wanted
	}
	for row, err := range r.Rows() {
		if err != nil {
			break
		}
		if _, ok := wanted[row.Row]; ok {
			wanted[row.Row] = row.Reason
		}
	}
	return wanted
}
