package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/validate"
)

// Rendering is a further file that says what a revision says, for those who do not read CSV: a workbook, a page.
//
// One that is made with its revision is kept in the run's folder, stands in the manifest and lies beside the roster. A
// crash before the journal's `results`: it is written again, with the revision. One that is made later lies beside the
// roster alone, and no manifest has it.
type Rendering struct {
	Name   string // of its flag, and in a summary's files
	Usage  string // of its flag
	Ending string // of its name beside the roster, behind ROSTER.RUN.
	// Write writes the file. The same revision gives the same bytes, whenever they are made.
	Write func(to io.Writer, v *Revision) error
}

// Revision is what renderings are made of. Its files lie in the run's folder.
type Revision struct {
	Run     *run.Run
	Summary *results.Summary
	Results string // path; empty for a delivery that was no roster
	Absent  string // path; empty where the revision has no absent users
	Codes   []validate.Code
}

// Explain is what a reason code means and what cures it. One of an org's own may be known by its beginning alone.
func (v *Revision) Explain(code string) (found validate.Code, known bool) {
	for _, c := range v.Codes {
		beginning, open := strings.CutSuffix(c.Code, "*")
		switch {
		case c.Code == code:
			return c, true
		case open && len(code) > len(beginning) && strings.HasPrefix(code, beginning):
			found, known = c, true
		}
	}
	return found, known
}

func revisionOf(r *run.Run, s *results.Summary, codes []validate.Code) *Revision {
	v := &Revision{Run: r, Summary: s, Codes: codes}
	if s.ResultsSHA256 != "" {
		v.Results = r.RevisionPath(s.Revision)
	}
	if s.AbsentSHA256 != "" {
		v.Absent = r.AbsentPath(s.Revision)
	}
	return v
}

// Newest is the newest revision of a run, held against its digests; nil when there is none.
func Newest(r *run.Run, codes []validate.Code) (*Revision, error) {
	s, err := r.Summary()
	if err != nil || s == nil {
		return nil, err
	}
	return revisionOf(r, s, codes), verifyKept(r, s)
}

// render makes the renderings of a new revision in the run's folder.
func render(r *run.Run, s *results.Summary, wanted []Rendering, codes []validate.Code) ([]run.Rendered, error) {
	var all []run.Rendered
	for _, x := range wanted {
		s.Files.Renderings = named(s.Files.Renderings, x.Name, r.Stem()+"."+x.Ending)
	}
	said, err := asRead(s)
	if err != nil {
		return nil, err
	}
	for _, x := range wanted {
		f, err := spool.Create(r.RenderingPath(x.Ending, s.Revision), 0o600)
		if err != nil {
			return nil, err
		}
		sealed, err := x.seal(f, revisionOf(r, said, codes))
		if err != nil {
			return nil, err
		}
		all = append(all, run.Rendered{
			Sealed: run.Sealed{File: run.FileName(sealed.Path), SHA256: sealed.SHA256}, Name: x.Name,
			Beside: filepath.Base(s.Files.Renderings[x.Name]), Bytes: sealed.Size,
		})
	}
	return all, nil
}

// listed are renderings as the manifest lists them.
func listed(rendered []run.Rendered) []run.Piece {
	var all []run.Piece
	for _, made := range rendered {
		all = append(all, run.Piece{
			Name: made.File, Beside: made.Beside, SHA256: made.SHA256, Bytes: made.Bytes,
			Rows: run.NoRows,
		})
	}
	return all
}

// asRead is a summary as one who reads it later finds it: a rendering made then has the same bytes.
func asRead(s *results.Summary) (*results.Summary, error) {
	text, err := spell(s)
	if err != nil {
		return nil, err
	}
	said := &results.Summary{}
	return said, json.Unmarshal(text, said)
}

func (x *Rendering) seal(f *spool.File, v *Revision) (spool.Sealed, error) {
	defer f.Discard()
	if err := x.Write(f, v); err != nil {
		return spool.Sealed{}, fmt.Errorf("%s: %w", filepath.Base(f.Path()), err)
	}
	return f.Seal()
}

func named(all map[string]string, name, path string) map[string]string {
	if all == nil {
		all = map[string]string{}
	}
	all[name] = path
	return all
}

// renderLater makes the renderings that the last revision was written without. They are no part of it.
func (r *Report) renderLater(last *results.Summary) error {
	for _, x := range r.Renderings {
		if slices.ContainsFunc(r.run().Last.Renderings, func(made run.Rendered) bool { return made.Name == x.Name }) {
			continue
		}
		path := r.run().Stem() + "." + x.Ending
		if err := Render(r.run(), x, r.Codes, path); err != nil {
			return err
		}
		last.Files.Renderings = named(last.Files.Renderings, x.Name, path)
	}
	return nil
}

// Render makes a rendering of a run's newest revision at a path, from what is kept in the run's folder. It says inside
// which revision that is; the manifest of the revision does not have it.
func Render(r *run.Run, x Rendering, codes []validate.Code, to string) error {
	if r.Pruned {
		return run.Stopf(run.ExitUsage, run.Type("show", r.ID),
			"run %s was pruned: its rows are gone, its evidence stays", r.ID)
	}
	s, err := r.Summary()
	if err != nil {
		return err
	}
	if s == nil {
		return run.Stopf(run.ExitUsage, run.Type("show", r.ID), "run %s has no results yet", r.ID)
	}
	if err := verifyKept(r, s); err != nil {
		return err
	}
	if i := slices.IndexFunc(r.Last.Renderings, func(made run.Rendered) bool { return made.Name == x.Name }); i >= 0 {
		return copyRendered(r, r.Last.Renderings[i], to)
	}
	f, err := spool.Owner(r.ID).Create(to, os.FileMode(r.Seal.Mode))
	if err != nil {
		return cannotWrite(to, err)
	}
	_, err = x.seal(f, revisionOf(r, s, codes))
	return err
}

// copyRendered copies what was made with the revision: its digest is in the manifest, whatever a later version would
// write.
func copyRendered(r *run.Run, made run.Rendered, to string) error {
	if err := r.Verify(made.Sealed); err != nil {
		return err
	}
	if err := spool.Owner(r.ID).Copy(r.Path(made.File), to, os.FileMode(r.Seal.Mode)); err != nil {
		return cannotWrite(to, err)
	}
	return nil
}

func cannotWrite(path string, why error) error {
	return run.Stopf(run.ExitUsage, run.Hint{}, "cannot write %s: %v", path, why)
}

// verifyKept holds what is kept of the newest revision's rows against its digests.
func verifyKept(r *run.Run, s *results.Summary) error {
	if err := r.VerifyKept(); err != nil || s.AbsentSHA256 == "" {
		return err
	}
	return r.Verify(run.Sealed{File: run.FileName(r.AbsentPath(s.Revision)), SHA256: s.AbsentSHA256})
}
