// Package report says of every line of a roster what became of it, writes that down, and proves it. It asks the org nothing and decides
// nothing: the same files of a run give the same report.
//
//	faults, verdicts, standings, changes ──▶ rows ──▶ results.csv, failed.csv, success.csv, attachments
//	                                             └──▶ summary.json, exit code
//	results.csv, sealed files ──▶ proof
package report

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/plan"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

// Report is what a revision of the results is made of.
type Report struct {
	Writer    *run.Writer
	Changes   *changes.Changes // nil: the run stopped before a line was decided
	Policy    transform.Policy
	Connector *connector.Connector
	Attacher  connector.Attacher // nil where the connector has no attachments
	Roster    *validate.Roster
	Flags     run.Flags
	Org       connector.Org // without an ID where the run never signed in
	By        string        // the system's user and host
	Version   string
	Warnings  []string
	Earlier   *plan.History
	Newer     func(user string) string // the newer run that has sent a change for a user; empty when there is none
	Code      string                   // why rows are unsent: RUN_INTERRUPTED and its like
	Ended     int                      // the exit code of what ended the run early, 0: nothing did
	Command   func(verb string, args ...string) string
	Now       func() time.Time
	Progress  func(done, total int)
	over      bool
}

func (r *Report) run() *run.Run { return r.Writer.Run }

// Write writes one revision: the files beside the roster, and a copy in the run's folder that is never written again. Unchanged results make
// no new revision. A crash before the event: the next revision has the same number and writes the same files again.
func (r *Report) Write() (*results.Summary, error) {
	if err := r.run().VerifyRoster(); err != nil {
		return nil, err
	}
	r.over = r.isOver()
	s, tally := r.newSummary(), results.NewTally()
	files, err := r.openFiles(s)
	if err != nil {
		return nil, err
	}
	defer files.discard()
	if err := r.writeRows(files, s, tally); err != nil {
		return nil, err
	}
	r.count(s, tally)
	if last := r.unchanged(s); last != nil {
		return last, r.restore(files, last, tally)
	}
	return s, r.revise(files, s, tally)
}

// revise makes a revision of what was written.
func (r *Report) revise(f *files, s *results.Summary, tally *results.Tally) error {
	after, err := r.keepAfter()
	if err != nil {
		return err
	}
	if err := f.seal(); err != nil {
		return err
	}
	if err := r.proved(s, tally); err != nil {
		return err
	}
	if err := r.writeSummary(s); err != nil {
		return err
	}
	return r.note(s, after)
}

func (r *Report) proved(s *results.Summary, tally *results.Tally) error {
	if err := r.prove(s, tally); err != nil {
		return &run.Stop{Code: run.ExitUnproved, Text: "the results could not be proved complete", Err: err}
	}
	return nil
}

func (r *Report) count(s *results.Summary, tally *results.Tally) {
	tally.Into(s)
	s.Roster.Rows = tally.Rows
	s.Exit = r.exit(s)
	s.Next = r.next(s)
}

// note lets the revision count. The last look of the revision before is not needed any more.
func (r *Report) note(s *results.Summary, after run.Sealed) error {
	last := r.run().Last.Number
	err := r.Writer.NoteData(journal.Event{
		What: journal.Results, File: run.FileName(r.run().RevisionPath(s.Revision)), SHA256: s.ResultsSHA256,
		Revision: s.Revision, Exit: s.Exit, Final: s.Final, Code: r.Code,
	}, after)
	if err == nil && r.Changes != nil && last > 0 {
		r.Changes.DropAfter(last)
	}
	return err
}

func (r *Report) keepAfter() (run.Sealed, error) {
	if r.Changes == nil {
		return run.Sealed{}, nil
	}
	return r.Changes.KeepAfter(r.Writer, r.run().Last.Number+1)
}

// isOver tells whether nothing is left for a resume: no row waits for the org's answer, and none is unsent for a reason that may pass.
func (r *Report) isOver() bool {
	run := r.run()
	switch {
	case run.Stale, run.Rejected != nil:
		return true
	case run.Planned == nil:
		return false
	case run.Planned.Rows == 0:
		return true
	case !run.Answered(), run.Held():
		return false
	}
	for i := range int32(r.Changes.Len()) {
		if r.Changes.State(i) == changes.Accepted && !r.hasEnded(i) {
			return false
		}
	}
	return true
}

// hasEnded tells whether an accepted change is no longer Pending.
func (r *Report) hasEnded(i int32) bool {
	c := r.Changes
	if !c.Seen(i) && !c.Gone(i) {
		return false
	}
	v, _ := r.Policy.Judge(c.Change(i), c.Before(i), c.After(i))
	trusting, ok := r.Policy.(transform.Trusting)
	return v.Word != transform.Pending || ok && trusting.Ended(v)
}

// writeRows writes results.csv and its parts in one walk over the roster.
func (r *Report) writeRows(f *files, s *results.Summary, tally *results.Tally) error {
	rows, err := r.openRows()
	if err != nil {
		return err
	}
	defer rows.close()
	attached := r.attachments()
	for line, err := range r.Roster.Lines() {
		if err != nil {
			return err
		}
		row, err := rows.of(line)
		if err != nil {
			return err
		}
		attached.line(line, &row)
		tally.Add(&row)
		r.countRow(s, &row)
		if err := f.write(&row, line); err != nil {
			return err
		}
		r.Progress(line.Row, s.Roster.Rows)
	}
	if err := f.absent.write(r, rows, s); err != nil {
		return err
	}
	if err := attached.write(rows, s); err != nil { // the kept copy is written all the same
		f.lost = errors.Join(f.lost, err)
	}
	if f.failing == 0 {
		s.Files.Failed = ""
	}
	err = f.flush()
	s.ResultsSHA256 = f.kept.SHA256()
	return err
}

func (r *Report) countRow(s *results.Summary, row *results.Row) {
	word := transform.Word(row.Result)
	if trusting, ok := r.Policy.(transform.Trusting); ok && word == transform.Pending && trusting.Trusted(transform.Verdict{Word: word, Code: row.ReasonCode}) {
		s.Trusted++
	}
	if isFailure(row.Result) && r.Earlier.SawFailed(row.Key, row.ReasonCode) {
		s.SameFailures++
	}
}

func isFailure(word string) bool {
	return transform.Word(word) == transform.Failed || transform.Word(word) == transform.NotAttempted
}

// prove reads the results again and holds them against the lines that were planned, and the sealed files against their digests.
func (r *Report) prove(s *results.Summary, tally *results.Tally) error {
	planned := r.run().Planned
	if planned != nil && planned.Rows != tally.Rows {
		return fmt.Errorf("the roster had %d rows when it was planned and has %d now", planned.Rows, tally.Rows)
	}
	want := map[transform.Word]int{}
	for word, n := range s.Results {
		want[transform.Word(word)] = n
	}
	if err := r.proveAbsent(s); err != nil {
		return err
	}
	if err := results.Prove(s.Files.Results, s.Roster.Rows, want); err != nil {
		return err
	}
	if planned == nil {
		return nil
	}
	files := slices.Clone(planned.Files)
	for _, b := range r.run().Batches {
		files = append(files, run.Sealed{File: run.FileName(b.Path), SHA256: b.SHA256}, b.Outcomes)
	}
	for _, f := range files {
		if err := r.run().Verify(f); err != nil {
			return err
		}
	}
	return nil
}
