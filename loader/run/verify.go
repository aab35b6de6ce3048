package run

import "rosterload/loader/spool"

// Verify holds a sealed file against the digest taken when it was sealed. A Sealed without a name is no file.
func (r *Run) Verify(f Sealed) error {
	if f.File == "" {
		return nil
	}
	if err := spool.Verify(r.Path(f.File), f.SHA256); err != nil {
		return &Stop{Code: ExitUnproved, Text: "a sealed file of run " + r.ID + " was altered", Hint: Say("restore it from a copy; nothing was sent"), Err: err}
	}
	return nil
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
