package report

import (
	"path/filepath"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/validate"
)

// Refusal is what the revision of a delivery that is no roster is made of.
type Refusal struct {
	Writer    *run.Writer
	Connector *connector.Connector
	By        string
	Version   string
	Now       time.Time
	Evidence  Evidence
	// Renderings are further files of the revision.
	Renderings []Rendering
	Codes      []validate.Code
}

// Write writes the summary of a delivery that is no roster, in the order of Report.Write. There are no results: the
// file has no lines. An empty file has results all the same, a heading and no row. A revision that counts already is
// published again.
func (f *Refusal) Write() (*results.Summary, error) {
	r := f.Writer.Run
	if r.Last.Number > 0 {
		s, err := r.Summary()
		if err != nil || s == nil {
			return s, err
		}
		return s, f.publish(s)
	}
	s := f.summary()
	e := journal.Event{What: journal.Results, Revision: s.Revision, Exit: s.Exit, Final: true}
	var pieces []run.Piece
	if s.Exit == run.ExitNothing {
		heading, err := f.writeHeading(s)
		if err != nil {
			return nil, err
		}
		pieces, e.File, e.SHA256 = []run.Piece{heading}, heading.Name, heading.SHA256
	}
	rendered, err := render(r, s, f.Renderings, f.Codes)
	if err != nil {
		return nil, err
	}
	data, err := spell(s)
	if err != nil {
		return nil, err
	}
	if err := spool.WriteFile(r.SummaryPath(s.Revision), 0o600, data); err != nil {
		return nil, err
	}
	manifest, err := f.Evidence.Seal(s, append(pieces, listed(rendered)...))
	if err != nil {
		return nil, err
	}
	if err := f.Writer.NoteData(e, run.Written{
		Manifest: manifest, Summary: digest(data),
		Renderings: rendered,
	}); err != nil {
		return nil, err
	}
	return s, f.publish(s)
}

func (f *Refusal) summary() *results.Summary {
	r := f.Writer.Run
	s := &results.Summary{
		Run: r.ID, Revision: 1, Final: true, Target: r.Target, Kind: r.Kind, Pretend: r.Seal.Pretend, By: f.By,
		Version: f.Version,
		Options: r.Seal.Flags.InForce(f.Connector.Spelling.Blank), Roster: results.Roster{Name: r.Seal.Roster},
		Jobs:      []results.Job{},
		StartedAt: stamp(r.Begun), EndedAt: stamp(f.Now), Feed: r.Seal.Source, Delivery: r.Seal.Delivered(),
		Given: r.Given, Refused: r.Seal.Refused,
		Exit: r.Seal.RefusedExit, Files: results.Files{Summary: r.Stem() + ".summary.json", Run: r.Folder},
	}
	results.NewTally().Into(s)
	return s
}

// writeHeading writes results without a row into the run's folder, and proves them.
func (f *Refusal) writeHeading(s *results.Summary) (run.Piece, error) {
	kept, err := writeHeading(f.Writer.Run.RevisionPath(s.Revision))
	if err != nil {
		return run.Piece{}, err
	}
	if err := proveKept(f.Evidence, kept, 1, 0, s.Results); err != nil {
		return run.Piece{}, err
	}
	s.Files.Results, s.ResultsSHA256 = f.Writer.Run.Stem()+".results.csv", kept.SHA256
	return run.Piece{
		Name: run.FileName(kept.Path), Beside: filepath.Base(s.Files.Results), SHA256: kept.SHA256,
		Bytes: kept.Size,
	}, nil
}

func writeHeading(path string) (spool.Sealed, error) {
	f, err := spool.Create(path, 0o600)
	if err != nil {
		return spool.Sealed{}, err
	}
	defer f.Discard()
	if err := results.NewResults(f, results.Dialect{Delimiter: ','}, nil, false).Flush(); err != nil {
		return spool.Sealed{}, err
	}
	return f.Seal()
}

// publish lays the revision where the feed hands it out from, the summary last.
func (f *Refusal) publish(s *results.Summary) error {
	r := f.Writer.Run
	if s.Files.Results != "" {
		if err := spool.Owner(r.ID).Copy(r.RevisionPath(s.Revision), s.Files.Results, 0o600); err != nil {
			return err
		}
	}
	for _, made := range r.Last.Renderings {
		if err := spool.Owner(r.ID).Copy(r.Path(made.File), filepath.Join(r.Seal.Place, made.Beside),
			0o600); err != nil {
			return err
		}
	}
	if err := f.Evidence.Publish(s); err != nil {
		return err
	}
	data, err := spell(s)
	if err != nil {
		return err
	}
	if err := spool.WriteFile(s.Files.Summary, 0o600, data); err != nil || r.Last.Published {
		return err
	}
	return f.Writer.Note(journal.Event{What: journal.Published, Revision: s.Revision})
}
