package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"rosterload/loader/spool"
)

// Verify holds a sealed file against the digest taken when it was sealed. A Sealed without a name is no file.
func (r *Run) Verify(f Sealed) error {
	if f.File == "" {
		return nil
	}
	if err := spool.Verify(r.Path(f.File), f.SHA256); err != nil {
		return r.altered(err)
	}
	return nil
}

func (r *Run) altered(err error) error {
	return &Stop{
		Code: ExitUnproved, Text: "a sealed file of run " + r.ID + " was altered",
		Hint: Say("restore it from a copy; nothing was sent"), Err: err,
	}
}

// VerifyRoster holds the run's copy of the roster against the digest of what was read.
func (r *Run) VerifyRoster() error {
	return r.Verify(Sealed{File: RosterFile, SHA256: r.Seal.SHA256})
}

// VerifyKept holds the kept copy of the last results against its digest.
func (r *Run) VerifyKept() error {
	if r.Last.File == "" {
		return nil
	}
	return r.Verify(Sealed{File: FileName(r.RevisionPath(r.Last.Number)), SHA256: r.Last.SHA256})
}

// VerifyPlan holds what the plan has sealed against its digests, and the folder against the journal: a journal whose
// last lines were taken away would let a run begin again that has sent something.
func (r *Run) VerifyPlan() error {
	if r.Planned == nil {
		if left := r.match("outcomes-*.csv"); len(left) > 0 {
			return r.altered(fmt.Errorf("%s is there, and the journal knows of no plan", left[0]))
		}
	} else {
		for _, f := range r.Planned.Files {
			if err := r.Verify(f); err != nil {
				return err
			}
		}
	}
	if path := r.RevisionPath(r.Last.Number + 2); exists(path) {
		return r.altered(fmt.Errorf("%s is there, and the journal knows of %d revisions", path, r.Last.Number))
	}
	return nil
}

func (r *Run) match(pattern string) []string {
	found, _ := filepath.Glob(filepath.Join(r.Folder, pattern)) // the only error is a bad pattern
	return found
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// errNoJournal is for a folder that holds what only a run that has begun can have written.
var errNoJournal = errors.New("it is gone, and the folder holds what the run has written since")

// hasBegun tells whether a run without an event has begun: before its first event it writes a copy of the roster, a
// lock, and nothing else.
func hasBegun(id, folder string) bool {
	r := newRun(id, folder)
	return len(r.match("results-*.csv"))+len(r.match("outcomes-*.csv"))+len(r.match(FaultsFile)) > 0
}
