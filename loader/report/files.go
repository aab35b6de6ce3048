package report

import (
	"errors"
	"io/fs"
	"os"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/transform"
	"rosterload/validate"
)

// files are the files of one revision, written side by side in one walk and given their names only when all of them are complete.
type files struct {
	results *results.Results
	success *results.Results // nil without --split
	failed  *results.Failed
	kept    *spool.File // the version in the run's folder; results.csv is a copy of it
	digest  string
	beside  map[string]*spool.File
	paths   results.Files
	mode    os.FileMode
	planned bool // nothing was to be sent yet: rows that only wait for a resume have not failed
	failing int
}

// openFiles begins the files. Nothing stands under its name before seal.
func (r *Report) openFiles(s *results.Summary) (_ *files, err error) {
	dialect := results.Dialect{Delimiter: r.Roster.Delimiter, Mark: r.Roster.Mark(), SheetSafe: r.Flags.SheetSafe}
	run := r.run()
	o := &files{
		beside: map[string]*spool.File{}, paths: s.Files, mode: os.FileMode(run.Seal.Mode),
		planned: run.Seal.Verb == "plan" && !run.SentAnything() && !run.Stale,
	}
	if o.kept, err = spool.Create(run.RevisionPath(s.Revision), 0o600); err != nil {
		return nil, err
	}
	for _, path := range []string{s.Files.Failed, s.Files.Success} {
		if path == "" {
			continue
		}
		if o.beside[path], err = spool.Create(path, o.mode); err != nil {
			o.discard()
			return nil, err
		}
	}
	rest := r.Roster.Surplus()
	o.results = results.NewResults(o.kept, dialect, r.Roster.Header, rest)
	o.failed = results.NewFailed(o.beside[s.Files.Failed], dialect, r.Roster.Header)
	if s.Files.Success != "" {
		o.success = results.NewResults(o.beside[s.Files.Success], dialect, r.Roster.Header, rest)
	}
	return o, nil
}

func (o *files) write(row *results.Row, line *validate.Line) error {
	if err := o.results.Write(row, line.Cells); err != nil {
		return err
	}
	switch word := transform.Word(row.Result); {
	case word == transform.NotAttempted && o.planned:
		return nil
	case row.ReasonCode == "RUN_SUPERSEDED", row.ReasonCode == "RUN_REJECTED", row.ReasonCode == codeChanged && row.NextStep == transform.AskAdmin:
		return nil // a newer run has dealt with these users: an old request is not to be loaded again
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
func (o *files) seal(s *results.Summary) error {
	err := errors.Join(o.results.Flush(), o.failed.Flush())
	if o.success != nil {
		err = errors.Join(err, o.success.Flush())
	}
	if err != nil {
		return err
	}
	if o.failing == 0 {
		o.beside[o.paths.Failed].Discard()
		delete(o.beside, o.paths.Failed)
		if err := os.Remove(o.paths.Failed); err != nil && !errors.Is(err, fs.ErrNotExist) {
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
	for _, f := range o.beside {
		if _, err := f.Seal(); err != nil {
			return err
		}
	}
	return nil
}

func (o *files) discard() {
	o.kept.Discard()
	for _, f := range o.beside {
		if f != nil {
			f.Discard()
		}
	}
}

// TryNames makes and removes every file that a run may write beside its roster: the folder can be written, and no name is too long for it.
// It comes before anything is sent.
func TryNames(r *run.Run, seal *run.Seal) error {
	named := *r
	named.Seal = *seal
	for _, ending := range []string{".results.csv", ".failed.csv", ".success.csv", ".summary.json"} {
		f, err := spool.Create(named.Stem()+ending, 0o600)
		if err != nil {
			return run.Stopf(run.ExitUsage, run.Say("use --results to name a folder that can be written"), "cannot write results to %s: %v", seal.Place, err)
		}
		f.Discard()
	}
	return nil
}
