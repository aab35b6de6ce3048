package loader

import (
	"errors"
	"os"

	"rosterload/loader/results"
	"rosterload/loader/spool"
	"rosterload/transform"
	"rosterload/validate"
)

// set is the files of one revision, written side by side in one walk and given their names only when all of them are complete.
type set struct {
	results *results.Results
	success *results.Results
	failed  *results.Failed
	kept    *spool.File // the version in the run's folder; results.csv is a copy of it
	digest  string
	files   map[string]*spool.File
	paths   results.Files
	mode    os.FileMode
	planned bool // nothing was to be sent yet: rows that only wait for a resume have not failed
	failing int
}

// openSet begins the files. Nothing stands under its name before seal.
func (w *work) openSet(s *results.Summary) (*set, error) {
	dialect := results.Dialect{Delimiter: w.roster.Delimiter, Mark: w.roster.Mark(), SheetSafe: w.Flags.SheetSafe}
	mode := os.FileMode(w.run.Seal.Mode)
	o := &set{files: map[string]*spool.File{}, paths: s.Files, mode: mode, planned: w.run.Verb == "plan" && !w.run.SentAnything() && !w.run.Stale}
	var err error
	if o.kept, err = spool.Create(w.run.revisionPath(s.Revision), 0o600); err != nil {
		return nil, err
	}
	for _, path := range []string{s.Files.Failed, s.Files.Success} {
		if path == "" {
			continue
		}
		if o.files[path], err = spool.Create(path, mode); err != nil {
			o.discard()
			return nil, err
		}
	}
	rest := w.roster.Surplus()
	o.results = results.NewResults(o.kept, dialect, w.roster.Header, rest)
	o.failed = results.NewFailed(o.files[s.Files.Failed], dialect, w.roster.Header)
	if s.Files.Success != "" {
		o.success = results.NewResults(o.files[s.Files.Success], dialect, w.roster.Header, rest)
	}
	return o, nil
}

func (o *set) write(row *results.Row, line *validate.Line) error {
	if err := o.results.Write(row, line.Cells); err != nil {
		return err
	}
	switch word := transform.Word(row.Result); {
	case word == transform.NotAttempted && o.planned:
		return nil
	case row.ReasonCode == "RUN_SUPERSEDED":
		return nil // a newer run has seen to these people: an old wish is not to be loaded again
	case isFailure(row.Result):
		o.failing++
		return o.failed.Write(row, line.Cells)
	case o.success != nil && word != transform.Pending && word != transform.Skipped:
		return o.success.Write(row, line.Cells)
	}
	return nil
}

// seal gives the files their names: the kept copy first, so that nothing is seen beside the roster that the run does not hold. A failed.csv
// without rows is no file, and one of an earlier revision is taken away.
func (o *set) seal(s *results.Summary) error {
	err := errors.Join(o.results.Flush(), o.failed.Flush())
	if o.success != nil {
		err = errors.Join(err, o.success.Flush())
	}
	if err != nil {
		return err
	}
	if o.failing == 0 {
		o.files[o.paths.Failed].Discard()
		delete(o.files, o.paths.Failed)
		if err := os.Remove(o.paths.Failed); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		s.Files.Failed = ""
	}
	kept, err := o.kept.Seal()
	if err != nil {
		return err
	}
	o.digest = kept.SHA256
	if err := spool.Copy(kept.Path, o.paths.Results, o.mode); err != nil {
		return err
	}
	for _, f := range o.files {
		if _, err := f.Seal(); err != nil {
			return err
		}
	}
	return nil
}

func (o *set) discard() {
	o.kept.Discard()
	for _, f := range o.files {
		if f != nil {
			f.Discard()
		}
	}
}
