package workbook

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"rosterload/loader/report"
	"rosterload/loader/results"
	"rosterload/loader/sheet"
	"rosterload/transform"
)

// summary is the first sheet: fields and values, as summary.json has them.
type summary struct {
	*sheet.Sheet
	*results.Summary
}

// say writes a line. Values that are not there are left out.
func (s summary) say(field, format string, values ...any) {
	if text := fmt.Sprintf(format, values...); text != "" {
		s.Texts(field, text)
	}
}

func writeSummary(to *sheet.Sheet, v *report.Revision, rows *sheet.Sheet) {
	s := summary{to, v.Summary}
	s.what()
	s.why()
	s.counts()
	s.proof(v)
	s.limits(rows)
}

func (s summary) what() {
	s.say("run", "%s", s.Run)
	s.say("revision", "%d", s.Revision)
	s.say("final", "%s", yesNo(s.Final, "yes, the run was over", "no, a further revision may follow"))
	s.say("target", "%s, of kind %s", s.Target, s.Kind)
	s.say("org", "%s", strings.TrimSpace(s.Org.ID+" "+s.Org.Name)+yesNo(s.Org.Sandbox, " (sandbox)", "")+
		yesNo(s.Pretend, " (a pretend org)", ""))
	s.say("as", "%s", s.As)
	s.say("by", "%s", s.By)
	s.say("program", "rosterload %s", s.Version)
	s.say("roster", "%s", s.Roster.Name)
	s.say("roster sha256", "%s", s.Roster.SHA256)
	s.say("rows", "%d", s.Roster.Rows)
	s.say("feed", "%s", s.Feed)
	if d := s.Delivery; d != nil {
		s.say("delivered by", "%s", d.Owner)
		s.say("delivered file modified", "%s", d.ModifiedAt)
	}
	s.say("started at", "%s", s.StartedAt)
	s.say("ended at", "%s", s.EndedAt)
	s.say("exit code", "%d", s.Exit)
}

func yesNo(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// why is what people have said of the run.
func (s summary) why() {
	s.say("undoes run", "%s", s.Undoes)
	s.say("mends run", "%s", s.Mends)
	for _, g := range s.Given {
		s.say("reason given", "%s, %s: %s%s", g.At, g.By, g.Reason, yesNo(g.Ticket != "", " (ticket "+g.Ticket+")", ""))
	}
	for _, h := range s.Holds {
		s.say("held", "%s: %s", h.Code, h.Text)
	}
	s.say("the org gave up a job", "%s", s.Stopped)
	s.say("refused", "%s", s.Refused)
	for _, w := range s.Warnings {
		s.say("warning", "%s", w)
	}
}

func (s summary) counts() {
	for _, word := range transform.Words {
		s.say(string(word), "%d", s.Results[string(word)])
	}
	for _, word := range transform.Words {
		if s.Absent != nil {
			s.say("absent from the roster: "+string(word), "%d", s.Absent[string(word)])
		}
	}
	for i, j := range s.Jobs {
		s.say(fmt.Sprintf("job %d", i+1), "%s, %d rows, id %s, began %s, ended %s, settled %s", j.Job, j.Rows,
			or(j.JobID), or(j.BeganAt), or(j.EndedAt), or(j.SettledAt))
	}
}

func or(text string) string { return yesNo(text != "", text, "none") }

// proof names the file whose rows these are, by its digest.
func (s summary) proof(v *report.Revision) {
	stem := filepath.Base(v.Run.Stem())
	s.say("made of", "%s.results.csv of revision %d; its evidence is %s.evidence.json", stem, s.Revision, stem)
	s.say("results sha256", "%s", s.ResultsSHA256)
	s.say("absent sha256", "%s", s.AbsentSHA256)
	s.say("to verify the results", "rosterload verify %s.results.csv", stem)
	for _, name := range slices.Sorted(maps.Keys(s.Files.Attachments)) {
		s.say("further file", "%s", filepath.Base(s.Files.Attachments[name]))
	}
}

// limits says what a spreadsheet cannot hold, and where it stands whole.
func (s summary) limits(rows *sheet.Sheet) {
	if s.Absent != nil {
		s.say("rows of absent users", "they follow those of the roster, from row %d on", s.Roster.Rows+1)
	}
	if rows.Tabs > 1 {
		s.say("rows on several sheets", "%d rows are more than one sheet holds: they stand on Rows to Rows %d",
			rows.Rows, rows.Tabs)
	}
	if rows.Cut > 0 {
		s.say("cells that were cut", "%d: a cell holds %d characters; the results file has them whole", rows.Cut,
			sheet.MostText)
	}
	if rows.Spelled > 0 {
		s.say("cells that were spelled out", `%d: their characters cannot stand in a workbook and are spelled as \x1b; the results file has them as they came`, rows.Spelled)
	}
	if rows.Dropped > 0 {
		s.say("cells that were left out", "%d: a sheet has %d columns; the results file has all", rows.Dropped,
			sheet.MostColumns)
	}
}
