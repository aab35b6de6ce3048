package report

import (
	"encoding/json"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
)

// Refused writes the summary of a delivery that is no roster, and lets it count. There are no results: the file has no lines. An empty file
// has results all the same, a heading and no row.
func Refused(w *run.Writer, c *connector.Connector, by, version string, now time.Time) (*results.Summary, error) {
	r := w.Run
	s := &results.Summary{
		Run: r.ID, Revision: r.Last.Number + 1, Final: true, Target: r.Target, Kind: r.Kind, Pretend: r.Seal.Pretend, By: by, Version: version,
		Options: r.Seal.Flags.InForce(c.Spelling.Blank), Roster: results.Roster{Name: r.Seal.Roster}, Jobs: []results.Job{},
		StartedAt: stamp(r.Begun), EndedAt: stamp(now), Feed: r.Seal.Source, Delivery: r.Seal.Delivered(), Given: r.Given, Refused: r.Seal.Refused,
		Exit: r.Seal.RefusedExit, Files: results.Files{Summary: r.Stem() + ".summary.json", Run: r.Folder},
	}
	results.NewTally().Into(s)
	e := journal.Event{What: journal.Results, Revision: s.Revision, Exit: s.Exit, Final: true}
	if s.Exit == run.ExitNothing {
		if err := writeHeading(r, s); err != nil {
			return nil, err
		}
		e.File, e.SHA256 = run.FileName(r.RevisionPath(s.Revision)), s.ResultsSHA256
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, err
	}
	data = append(data, '\n')
	for _, path := range []string{r.SummaryPath(s.Revision), s.Files.Summary} {
		if err := spool.WriteFile(path, 0o600, data); err != nil {
			return nil, err
		}
	}
	return s, w.Note(e)
}

func writeHeading(r *run.Run, s *results.Summary) error {
	f, err := spool.Create(r.RevisionPath(s.Revision), 0o600)
	if err != nil {
		return err
	}
	defer f.Discard()
	if err := results.NewResults(f, results.Dialect{Delimiter: ','}, nil, false).Flush(); err != nil {
		return err
	}
	kept, err := f.Seal()
	if err != nil {
		return err
	}
	s.Files.Results, s.ResultsSHA256 = r.Stem()+".results.csv", kept.SHA256
	return spool.Owner(r.ID).Copy(kept.Path, s.Files.Results, 0o600)
}
