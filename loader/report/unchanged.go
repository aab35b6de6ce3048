package report

import (
	"bytes"
	"maps"
	"os"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
)

// unchanged is the summary of the last revision when this one would say the same: the same bytes, the same end, and nothing has been sent or
// has ended the run since. Nil: there is something to say.
func (r *Report) unchanged(s *results.Summary) *results.Summary {
	last := r.run().Last
	if last.Number == 0 || r.run().SentSince() || s.ResultsSHA256 != last.SHA256 || s.Final != last.Final {
		return nil
	}
	if s.Exit != last.Exit && r.Ended != run.ExitNothing { // a retry that had nothing to do has nothing to say of the run
		return nil
	}
	said, err := r.run().Summary()
	if err != nil || said == nil || !sameFiles(said.Files, s.Files) {
		return nil
	}
	said.Exit = s.Exit
	return said
}

func sameFiles(a, b results.Files) bool {
	return a.Results == b.Results && a.Failed == b.Failed && a.Success == b.Success && a.Summary == b.Summary && a.Run == b.Run &&
		maps.Equal(a.Attachments, b.Attachments)
}

// restore puts the files of the last revision beside the roster again where they are missing or differ, and proves them. The journal learns
// of nothing.
func (r *Report) restore(f *files, last *results.Summary, tally *results.Tally) error {
	if err := r.run().VerifyKept(); err != nil {
		return err
	}
	kept := r.run().RevisionPath(last.Revision)
	if spool.Verify(last.Files.Results, last.ResultsSHA256) != nil {
		if err := f.owner.Copy(kept, last.Files.Results, f.mode); err != nil {
			return err
		}
	}
	if err := f.sealBeside(); err != nil {
		return err
	}
	if err := r.proved(last, tally); err != nil {
		return err
	}
	data, err := os.ReadFile(r.run().SummaryPath(last.Revision))
	if err != nil {
		return err
	}
	return writeIfOther(f.owner, last.Files.Summary, f.mode, data)
}

// writeIfOther leaves a file alone that holds these bytes.
func writeIfOther(owner spool.Owner, path string, mode os.FileMode, data []byte) error {
	if is, err := os.ReadFile(path); err == nil && bytes.Equal(is, data) {
		return nil
	}
	return owner.WriteFile(path, mode, data)
}
