package report

import (
	"errors"
	"io"
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
	beside  map[string]*spool.File
	paths   results.Files
	mode    os.FileMode
	owner   spool.Owner
	planned bool // nothing was to be sent yet: rows that only wait for a resume have not failed
	failing int
	absent  *absent
	lost    error // why the files beside the roster cannot be written; the kept copy is written all the same
}

// openFiles begins the files. Nothing stands under its name before seal.
func (r *Report) openFiles(s *results.Summary) (_ *files, err error) {
	dialect := results.Dialect{Delimiter: r.Roster.Delimiter, Mark: r.Roster.Mark(), SheetSafe: r.Flags.SheetSafe}
	run := r.run()
	o := &files{
		beside: map[string]*spool.File{}, paths: s.Files, mode: os.FileMode(run.Seal.Mode), owner: spool.Owner(run.ID),
		planned: run.Seal.Verb == "plan" && !run.SentAnything() && !run.Stale,
	}
	if o.kept, err = spool.Create(run.RevisionPath(s.Revision), 0o600); err != nil {
		return nil, err
	}
	if o.absent, err = r.openAbsent(s, dialect); err != nil {
		o.kept.Discard()
		return nil, err
	}
	o.paths = s.Files
	for _, path := range []string{s.Files.Failed, s.Files.Success} {
		if path == "" {
			continue
		}
		f, err := o.owner.Create(path, o.mode)
		if err != nil {
			o.lost = err
			continue
		}
		o.beside[path] = f
	}
	rest := r.Roster.Surplus()
	o.results = results.NewResults(o.kept, dialect, r.Roster.Header, rest)
	o.failed = results.NewFailed(o.to(s.Files.Failed), dialect, r.Roster.Header)
	if s.Files.Success != "" {
		o.success = results.NewResults(o.to(s.Files.Success), dialect, r.Roster.Header, rest)
	}
	return o, nil
}

// to is a file beside the roster, or nothing where none can be written.
func (o *files) to(path string) io.Writer {
	if f := o.beside[path]; f != nil {
		return f
	}
	return io.Discard
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

func (o *files) flush() error {
	err := errors.Join(o.results.Flush(), o.failed.Flush())
	if o.success != nil {
		err = errors.Join(err, o.success.Flush())
	}
	return err
}

// seal gives the files their names: the kept copy first, so that nothing is seen beside the roster that the run does not hold. A crash
// behind it, or a folder beside the roster that is gone, leaves the kept copy; the next revision has its number.
func (o *files) seal() error {
	if err := o.absent.seal(); err != nil {
		return err
	}
	kept, err := o.kept.Seal()
	if err != nil || o.lost != nil {
		return errors.Join(err, o.lost)
	}
	if err := o.owner.Copy(kept.Path, o.paths.Results, o.mode); err != nil {
		return err
	}
	if o.absent != nil {
		if err := o.owner.Copy(o.absent.kept.Path(), o.paths.Absent, o.mode); err != nil {
			return err
		}
	}
	return o.sealBeside()
}

// sealBeside gives the parts their names. One that is there with the same bytes is left as it is. A failed.csv without rows is no file, and
// one of an earlier revision is taken away.
func (o *files) sealBeside() error {
	for path, f := range o.beside {
		switch {
		case path == o.paths.Failed && o.failing == 0:
			f.Discard()
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		case spool.Verify(path, f.SHA256()) == nil:
			f.Discard()
		default:
			if _, err := f.Seal(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *files) discard() {
	o.kept.Discard()
	o.absent.discard()
	for _, f := range o.beside {
		f.Discard()
	}
}

// names are the paths of all files that a run may write beside its roster; attachments aside.
func names(r *run.Run) []string {
	stem := r.Stem()
	return []string{stem + ".results.csv", stem + ".failed.csv", stem + ".success.csv", stem + ".absent.csv", stem + ".summary.json"}
}

// TryNames makes and removes each of them: the folder can be written, and no name is too long for it. It comes before anything is sent.
func TryNames(r *run.Run, seal *run.Seal) error {
	named := *r
	named.Seal = *seal
	for _, path := range names(&named) {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return run.Stopf(run.ExitUsage, run.Say("use --results to name a folder that can be written"), "cannot write results to %s: %v", seal.Place, err)
		}
		if err := errors.Join(f.Close(), os.Remove(path)); err != nil {
			return err
		}
	}
	return nil
}
