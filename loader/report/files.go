package report

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/transform"
	"rosterload/validate"
)

// files are the files of one revision, written side by side in one walk. Those beside the roster are given their names
// only when the journal lets the revision count.
type files struct {
	results  *results.Results
	success  *results.Results // nil without --split
	failed   *results.Failed
	kept     *spool.File // the version in the run's folder; results.csv is a copy of it
	written  spool.Sealed
	beside   []*beside
	gone     []string // paths of an earlier revision at which nothing stands any more
	paths    results.Files
	mode     os.FileMode
	planned  bool // nothing was to be sent yet: rows that only wait for a resume have not failed
	failing  int
	well     int
	absent   *absent
	rendered []run.Rendered
	owner    spool.Owner
	lost     error // why nothing can be written beside the roster; the kept copy is written all the same
}

// beside is a file that is only beside the roster.
type beside struct {
	*spool.File
	path string
	rows int
}

// openFiles begins the files. Nothing stands under its name before seal.
func (r *Report) openFiles(s *results.Summary) (_ *files, err error) {
	dialect := results.Dialect{Delimiter: r.Roster.Delimiter, Mark: r.Roster.Mark(), SheetSafe: r.Flags.SheetSafe}
	run := r.run()
	o := &files{
		paths: s.Files, mode: os.FileMode(run.Seal.Mode), owner: spool.Owner(run.ID),
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
	failed := o.stage(s.Files.Failed, 0)
	rest := r.Roster.Surplus()
	o.results = results.NewResults(o.kept, dialect, r.Roster.Header, rest)
	o.failed = results.NewFailed(failed, dialect, r.Roster.Header)
	if s.Files.Success == "" {
		return o, nil
	}
	o.success = results.NewResults(o.stage(s.Files.Success, 0), dialect, r.Roster.Header, rest)
	return o, nil
}

// stage begins a file beside the roster. Where none can be begun it is written nowhere, and publish says so: the
// results stand in the run's folder whatever happens to the other.
func (o *files) stage(path string, rows int) io.Writer {
	f, err := o.owner.Create(path, o.mode)
	if err != nil {
		o.lost = err
		return io.Discard
	}
	o.beside = append(o.beside, &beside{File: f, path: path, rows: rows})
	return f
}

// unstage takes a file without rows back, and an earlier revision's away when this one is published.
func (o *files) unstage(path string) {
	o.gone = append(o.gone, path)
	o.beside = slices.DeleteFunc(o.beside, func(b *beside) bool {
		if b.path == path {
			b.Discard()
		}
		return b.path == path
	})
}

func (o *files) write(row *results.Row, line *validate.Line) error {
	if err := o.results.WriteLine(row, line.Cells, line.Raw); err != nil {
		return err
	}
	switch word := transform.Word(row.Result); {
	case word == transform.NotAttempted && o.planned:
		return nil
	case row.ReasonCode == "RUN_SUPERSEDED", row.ReasonCode == "RUN_REJECTED", row.ReasonCode == "UNDO_IMPOSSIBLE",
		row.ReasonCode == transform.CodeChanged && row.NextStep == transform.AskAdmin:
		return nil // others have dealt with these users, or nothing can: an old request is not to be loaded again
	case isFailure(row.Result):
		o.failing++
		return o.failed.Write(row, line.Cells)
	case o.success != nil && word != transform.Pending && word != transform.Skipped:
		o.well++
		return o.success.WriteLine(row, line.Cells, line.Raw)
	}
	return nil
}

// complete brings all of them to disk. A failed.csv without rows is no file.
func (o *files) complete(s *results.Summary) error {
	err := errors.Join(o.results.Flush(), o.failed.Flush())
	if o.success != nil {
		err = errors.Join(err, o.success.Flush())
	}
	if err != nil {
		return err
	}
	if o.failing == 0 {
		o.unstage(o.paths.Failed)
		s.Files.Failed = ""
	}
	for _, b := range o.beside {
		switch b.path {
		case o.paths.Failed:
			b.rows = o.failing
		case o.paths.Success:
			b.rows = o.well
		}
		if _, err := b.Complete(); err != nil {
			return err
		}
	}
	if err := o.absent.complete(s); err != nil {
		return err
	}
	o.written, err = o.kept.Complete()
	return err
}

// seal gives the kept copies their names.
func (o *files) seal() error {
	if err := o.absent.seal(); err != nil {
		return err
	}
	_, err := o.kept.Seal()
	return err
}

// pieces are the files of the revision as its manifest lists them.
func (o *files) pieces(s *results.Summary) ([]run.Piece, error) {
	all := []run.Piece{{
		Name: run.FileName(o.written.Path), Beside: filepath.Base(s.Files.Results), SHA256: o.written.SHA256,
		Bytes: o.written.Size, Rows: s.Roster.Rows,
	}}
	all = append(all, o.absent.pieces(s)...)
	all = append(all, listed(o.rendered)...)
	for _, b := range o.beside {
		sealed, err := b.Complete()
		if err != nil {
			return nil, err
		}
		all = append(all, run.Piece{
			Beside: filepath.Base(b.path), SHA256: sealed.SHA256, Bytes: sealed.Size,
			Rows: b.rows,
		})
	}
	return all, nil
}

// publish gives the files beside the roster their names: copies of the revision in the run's folder, and what is only
// beside the roster.
func (o *files) publish(r *run.Run, revision int) error {
	if o.lost != nil {
		return o.lost
	}
	if err := o.copyKept(r.RevisionPath(revision), o.paths.Results, o.written.SHA256); err != nil {
		return err
	}
	if o.absent != nil {
		if err := o.copyKept(r.AbsentPath(revision), o.paths.Absent, o.absent.written.SHA256); err != nil {
			return err
		}
	}
	for _, made := range o.rendered {
		if err := o.copyKept(r.Path(made.File), filepath.Join(r.Seal.Place, made.Beside), made.SHA256); err != nil {
			return err
		}
	}
	for _, b := range o.beside {
		if spool.Verify(b.path, b.SHA256()) == nil { // it is there: nothing that a reader may have open is replaced
			b.Discard()
		} else if _, err := b.Seal(); err != nil {
			return err
		}
	}
	for _, path := range o.gone {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// copyKept leaves a file that is there alone: a reader may have it open.
func (o *files) copyKept(kept, path, sha string) error {
	if spool.Verify(path, sha) == nil {
		return nil
	}
	return o.owner.Copy(kept, path, o.mode)
}

func (o *files) discard() {
	o.kept.Discard()
	o.absent.discard()
	for _, b := range o.beside {
		b.Discard()
	}
}

// names are the paths of all files that a run may write beside its roster; attachments aside.
func names(r *run.Run) []string {
	stem := r.Stem()
	return []string{
		stem + ".results.csv", stem + ".failed.csv", stem + ".success.csv", stem + ".absent.csv",
		stem + ".summary.json", stem + ".evidence.json.sig",
	}
}

// TryNames makes and removes every file that a run may write beside its roster: the folder can be written, and no name
// is too long for it. It comes before anything is sent.
func TryNames(r *run.Run, seal *run.Seal) error {
	named := *r
	named.Seal = *seal
	for _, path := range names(&named) {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return run.Stopf(run.ExitUsage, run.Say("use --results to name a folder that can be written"),
				"cannot write results to %s: %v", seal.Place, err)
		}
		if err := errors.Join(f.Close(), os.Remove(path)); err != nil {
			return err
		}
	}
	return nil
}
