package report

import (
	"errors"
	"path/filepath"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/transform"
)

// absent are the files of the users who are in no line, in full mode: absent-N.csv in the run's folder, and a copy
// beside the results. They have our columns alone; their rows follow those of the roster. A nil one has none.
type absent struct {
	rows    *results.Results
	kept    *spool.File
	tally   *results.Tally
	written spool.Sealed
}

func (r *Report) openAbsent(s *results.Summary, d results.Dialect) (*absent, error) {
	if p := r.run().Planned; p == nil || p.Absent == 0 || r.Changes == nil {
		return nil, nil
	}
	kept, err := spool.Create(r.run().AbsentPath(s.Revision), 0o600)
	if err != nil {
		return nil, err
	}
	s.Files.Absent = r.run().Stem() + ".absent.csv"
	return &absent{rows: results.NewResults(kept, d, nil, false), kept: kept, tally: results.NewTally()}, nil
}

// write walks the users behind the last line: rows has passed those of the roster.
func (a *absent) write(r *Report, w *rows, s *results.Summary) error {
	if a == nil {
		return nil
	}
	t, err := run.OpenTable(r.run().Path(run.AbsentFile))
	if err != nil {
		return err
	}
	defer t.Close()
	row := &results.Row{}
	for t.Row != 0 {
		if err := w.at(row, t.Row, t.Rec[1]); err != nil {
			return err
		}
		a.tally.Add(row)
		if err := errors.Join(a.rows.Write(row, nil), t.Next()); err != nil {
			return err
		}
	}
	s.Absent = map[string]int{}
	for _, word := range transform.Words {
		s.Absent[string(word)] = a.tally.Count(word)
	}
	return a.rows.Flush()
}

// complete brings the kept file to disk.
func (a *absent) complete(s *results.Summary) (err error) {
	if a == nil {
		return nil
	}
	a.written, err = a.kept.Complete()
	s.AbsentSHA256 = a.written.SHA256
	return err
}

// pieces is the file as the manifest lists it.
func (a *absent) pieces(s *results.Summary) []run.Piece {
	if a == nil {
		return nil
	}
	return []run.Piece{{
		Name: run.FileName(a.written.Path), Beside: filepath.Base(s.Files.Absent), SHA256: a.written.SHA256,
		Bytes: a.written.Size, Rows: a.tally.Rows,
	}}
}

func (a *absent) seal() error {
	if a == nil {
		return nil
	}
	_, err := a.kept.Seal()
	return err
}

func (a *absent) discard() {
	if a != nil {
		a.kept.Discard()
	}
}

// proveAbsent reads the kept file again: as many rows as were planned, numbered on from the roster's.
func (r *Report) proveAbsent(s *results.Summary, a *absent) error {
	if a == nil {
		return nil
	}
	return proveKept(r.Evidence, a.written, s.Roster.Rows+1, r.run().Planned.Absent, s.Absent)
}
