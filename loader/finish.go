package loader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/spool"
	"rosterload/transform"
)

// finish writes the results of a run, however it ended, and proves them. It asks the org nothing, so that it works when the org is the
// reason; a signal does not stop it. The error that ended the run comes back, unless the results themselves cannot be believed.
func (w *work) finish(ctx context.Context, ended error) (*results.Summary, error) {
	if err := w.readLedger(); err != nil {
		return nil, errors.Join(err, ended)
	}
	if errors.As(ended, new(*Held)) {
		return nil, ended
	}
	summary, err := w.report(ended)
	if err != nil {
		return summary, errors.Join(err, ended)
	}
	return summary, ended
}

// readLedger is for runs that stopped before carry opened it.
func (w *work) readLedger() error {
	if w.ledger != nil || w.run.Planned == nil || w.run.Planned.Rows == 0 {
		return nil
	}
	return w.openLedger()
}

// report writes one revision: the files beside the roster, and a copy in the run's folder that is never written again.
func (w *work) report(ended error) (*results.Summary, error) {
	after, err := w.keepAfter()
	if err != nil {
		return nil, err
	}
	over := w.isOver()
	s := w.newSummary(over)
	tally := results.NewTally()
	sha, err := w.writeFiles(s, tally, over)
	if err != nil {
		return nil, err
	}
	tally.Into(s)
	s.Roster.Rows = tally.Rows
	s.Exit = w.exit(s, ended)
	s.Next = w.next(s, ended)
	if err := w.prove(s); err != nil {
		return nil, &Stop{Code: ExitUnproved, Text: "the results could not be proved complete", Err: err}
	}
	if err := w.writeSummary(s); err != nil {
		return nil, err
	}
	known, err := json.Marshal(after)
	if err != nil {
		return s, err
	}
	return s, w.note(journal.Event{Data: known, What: journal.Results, File: filepath.Base(w.run.revisionPath(s.Revision)), SHA256: sha, Revision: s.Revision, Exit: s.Exit, Final: s.Final})
}

// isOver tells whether nothing is left for a resume: no row waits for the org's answer, and none is unsent for a reason that may pass.
func (w *work) isOver() bool {
	r := w.run
	switch {
	case r.Stale:
		return true
	case r.Planned == nil:
		return false
	case r.Planned.Rows == 0:
		return true
	}
	for _, s := range r.Batches {
		if !s.Done && !s.Dropped && (s.Submitted || r.maySend()) {
			return false
		}
	}
	policy := w.Target.Policy()
	for i := range w.ledger.entries {
		if w.ledger.entries[i].state == accepted && !w.hasEnded(policy, int32(i)) {
			return false
		}
	}
	return true
}

// hasEnded tells whether an accepted change is no longer Pending.
func (w *work) hasEnded(policy transform.Policy, i int32) bool {
	e := w.ledger.entries[i]
	if !e.seen {
		return false
	}
	v, _ := policy.Judge(w.ledger.change(i), w.ledger.standing(i, e.before), w.ledger.after(i))
	trusting, ok := policy.(transform.Trusting)
	return v.Word != transform.Pending || ok && trusting.Ended(v)
}

// writeFiles writes results.csv and its parts in one walk over the roster, and answers the digest of the version that is kept.
func (w *work) writeFiles(s *results.Summary, tally *results.Tally, over bool) (string, error) {
	account, err := w.newAccount(over)
	if err != nil {
		return "", err
	}
	defer account.close()
	set, err := w.openSet(s)
	if err != nil {
		return "", err
	}
	defer set.discard()
	clerk := w.clerk()
	trusting, _ := account.policy.(transform.Trusting)
	for line, err := range w.roster.Lines() {
		if err != nil {
			return "", err
		}
		row, err := account.row(line)
		if err != nil {
			return "", err
		}
		w.tell(clerk, line, &row)
		tally.Add(&row)
		if v := (transform.Verdict{Word: transform.Word(row.Result), Code: row.ReasonCode}); trusting != nil && v.Word == transform.Pending && trusting.Trusted(v) {
			s.Trusted++
		}
		if isFailure(row.Result) && w.history().sawFailed(row.Key, row.ReasonCode) {
			s.SameFailures++
		}
		if err := set.write(&row, line); err != nil {
			return "", err
		}
		w.progress("writing results", line.Row, w.rows())
	}
	if err := w.writePapers(clerk, account, s); err != nil {
		return "", err
	}
	err = set.seal(s)
	return set.digest, err
}

func isFailure(word string) bool {
	return transform.Word(word) == transform.Failed || transform.Word(word) == transform.NotAttempted
}

func (w *work) rows() int {
	if w.run.Planned == nil {
		return 0
	}
	return w.run.Planned.Rows
}

// writeSummary writes summary.json, and a copy of it beside the kept revision.
func (w *work) writeSummary(s *results.Summary) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	kept := w.run.path(fmt.Sprintf("summary-%d.json", s.Revision))
	for _, f := range []struct {
		path string
		mode os.FileMode
	}{{kept, 0o600}, {s.Files.Summary, os.FileMode(w.run.Seal.Mode)}} {
		if err := writeWhole(f.path, f.mode, data); err != nil {
			return err
		}
	}
	return nil
}

func writeWhole(path string, mode os.FileMode, data []byte) error {
	f, err := spool.Create(path, mode)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Discard()
		return err
	}
	_, err = f.Seal()
	return err
}

// prove reads the results again and holds them against the roster, and the sealed files against their digests.
func (w *work) prove(s *results.Summary) error {
	want := map[transform.Word]int{}
	for word, n := range s.Results {
		want[transform.Word(word)] = n
	}
	if err := results.Prove(s.Files.Results, s.Roster.Rows, want); err != nil {
		return err
	}
	if w.run.Planned == nil {
		return nil
	}
	files := w.run.Planned.Files
	for _, b := range w.run.Batches {
		files = append(files, Sealed{File: fileName(b.Path), SHA256: b.SHA256}, b.Outcomes)
	}
	for _, f := range files {
		if err := w.verify(f); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) revisionPath(number int) string { return r.path(fmt.Sprintf("results-%d.csv", number)) }

func fileName(path string) string { return filepath.Base(path) }

func verifyFile(path, sha string) error { return spool.Verify(path, sha) }
