// Package report says of every line of a roster what became of it, writes that down, and proves it. It asks the org
// nothing and decides nothing: the same files of a run give the same report.
//
//	faults, verdicts, standings, changes ──▶ rows ──▶ results.csv, failed.csv, success.csv, attachments
//	                                             └──▶ summary.json, exit code
//	results.csv, sealed files ──▶ proof
package report

import (
	"fmt"
	"slices"
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/plan"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
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
	Evidence  Evidence
	// Renderings are further files of a revision.
	Renderings []Rendering
	Codes      []validate.Code // that may stand in a revision, for renderings
	// Again is set when results are only written again: unchanged ones are then no revision, whatever the exit code of
	// this process is.
	Again bool
	over  bool
}

// Evidence lets others believe what a revision says.
type Evidence interface {
	// Reading has a kept file of results proved, and takes its records in while prove reads them: the file is read once.
	// An error of prove is answered as it is. After a crash it is called again for the same file, before Seal.
	Reading(name, sha256 string, rows int, prove func(results.Each) error) error
	// Seal writes down what the files of a revision are before the journal lets the revision count, and returns the
	// digest of that. All files of rows among them were read. It is called again for the same revision after a crash.
	Seal(s *results.Summary, files []run.Piece) (sha256 string, err error)
	// Publish lays it beside the roster. It is called when all other files but the summary are there, and again after a
	// crash.
	Publish(s *results.Summary) error
}

func (r *Report) run() *run.Run { return r.Writer.Run }

// Write writes one revision. The order decides what a crash leaves:
//
//	results-N.csv, renderings, summary-N.json    in the run's folder: the next revision has the same number and writes them again
//	Evidence.Reading                             likewise
//	Evidence.Seal                                likewise
//	the event results                            the revision counts; the run is open until it is published
//	the files beside the roster                  the summary last; the next Write publishes them again
//	the event published
//
// Unchanged results make no new revision: the last one is published again.
func (r *Report) Write() (*results.Summary, error) {
	if err := r.run().VerifyRoster(); err != nil {
		return nil, err
	}
	r.over = r.isOver()
	after, err := r.keepAfter()
	if err != nil {
		return nil, err
	}
	s := r.newSummary()
	tally := results.NewTally()
	files, err := r.writeFiles(s, tally)
	if err != nil {
		return nil, err
	}
	defer files.discard()
	s.ResultsSHA256 = files.written.SHA256
	r.count(s, tally)
	if r.Changes != nil {
		r.Changes.LetGo()
	}
	if last := r.unchanged(s); last != nil {
		if last, err = r.republish(last, files); err == nil {
			last.Exit = s.Exit // of this process; the summary beside keeps that of its revision
		}
		return last, err
	}
	if err := files.seal(); err != nil {
		return nil, err
	}
	if err := r.prove(s, tally, files); err != nil {
		return nil, err
	}
	if err := r.settle(s, files, after); err != nil {
		return nil, err
	}
	return s, r.publish(s, files)
}

func (r *Report) count(s *results.Summary, tally *results.Tally) {
	tally.Into(s)
	s.Roster.Rows = tally.Rows
	s.Exit = r.exit(s)
	s.Next = r.next(s)
}

func (r *Report) keepAfter() (run.Sealed, error) {
	if r.Changes == nil {
		return run.Sealed{}, nil
	}
	return r.Changes.KeepAfter(r.Writer, r.run().Last.Number+1)
}

// isOver tells whether nothing is left for a resume: no row waits for the org's answer, and none is unsent for a reason
// that may pass.
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
	v, _ := c.Verdict(r.Policy, i)
	trusting, ok := r.Policy.(transform.Trusting)
	return v.Word != transform.Pending || ok && trusting.Ended(v)
}

// writeFiles writes results.csv and its parts in one walk over the roster. None of them has its name yet.
func (r *Report) writeFiles(s *results.Summary, tally *results.Tally) (_ *files, err error) {
	rows, err := r.openRows()
	if err != nil {
		return nil, err
	}
	defer rows.close()
	files, err := r.openFiles(s)
	if err != nil {
		return nil, err
	}
	if err = r.writeRows(s, tally, rows, files); err == nil {
		err = files.complete(s)
	}
	if err != nil {
		files.discard()
		return nil, err
	}
	if s.Plan != nil {
		s.Plan.Names = rows.removed
	}
	return files, nil
}

func (r *Report) writeRows(s *results.Summary, tally *results.Tally, rows *rows, files *files) error {
	attached, row := r.attachments(), &results.Row{}
	for line, err := range r.Roster.Lines() {
		if err != nil {
			return err
		}
		if err := rows.fill(row, line); err != nil {
			return err
		}
		attached.line(line, row)
		tally.Add(row)
		r.countRow(s, row)
		if err := files.write(row, line); err != nil {
			return err
		}
		r.Progress(line.Row, s.Roster.Rows)
	}
	if err := files.absent.write(r, rows, s); err != nil {
		return err
	}
	return attached.write(rows, s, files)
}

func (r *Report) countRow(s *results.Summary, row *results.Row) {
	word := transform.Word(row.Result)
	if trusting, ok := r.Policy.(transform.Trusting); ok && word == transform.Pending &&
		trusting.Trusted(transform.Verdict{Word: word, Code: row.ReasonCode}) {
		s.Trusted++
	}
	switch action := transform.Action(row.Action); {
	case s.WouldSend != nil && word == transform.NotAttempted:
		s.WouldSend[row.Action]++
	case word == transform.Created, word == transform.Updated && action == transform.Assign:
		s.Assigned++
	}
	if isFailure(row.Result) && r.Earlier.SawFailed(row.Key, row.ReasonCode) {
		s.SameFailures++
	}
}

func isFailure(word string) bool {
	return transform.Word(word) == transform.Failed || transform.Word(word) == transform.NotAttempted
}

// prove reads the results again and holds them against the lines that were planned, and the sealed files against their
// digests.
func (r *Report) prove(s *results.Summary, tally *results.Tally, files *files) error {
	planned := r.run().Planned
	if planned != nil && planned.Rows != tally.Rows {
		return unproved(fmt.Errorf("the roster had %d rows when it was planned and has %d now", planned.Rows, tally.Rows))
	}
	if err := r.proveAbsent(s, files.absent); err != nil {
		return err
	}
	if err := proveKept(r.Evidence, files.written, 1, s.Roster.Rows, s.Results); err != nil {
		return err
	}
	return unproved(r.verifySealed())
}

// proveKept reads a kept file of results once, for the proof and the evidence.
func proveKept(to Evidence, kept spool.Sealed, first, rows int, said map[string]int) error {
	want := map[transform.Word]int{}
	for word, n := range said {
		want[transform.Word(word)] = n
	}
	return to.Reading(run.FileName(kept.Path), kept.SHA256, rows, func(each results.Each) error {
		return unproved(results.Prove(kept.Path, first, rows, want, each))
	})
}

// unproved ends a run whose results are not proved; nil where they are.
func unproved(err error) error {
	if err == nil {
		return nil
	}
	return &run.Stop{Code: run.ExitUnproved, Text: "the results could not be proved complete", Err: err}
}

func (r *Report) verifySealed() error {
	planned := r.run().Planned
	if planned == nil {
		return nil
	}
	files := slices.Clone(planned.Files)
	for _, b := range r.run().Batches {
		files = append(files, run.Sealed{File: run.FileName(b.Path), SHA256: b.SHA256}, b.Outcomes)
	}
	for _, seen := range r.run().Reconciled {
		files = append(files, seen.Sealed)
	}
	for _, f := range files {
		if err := r.run().Verify(f); err != nil {
			return err
		}
	}
	return nil
}
