package plan

import (
	"fmt"
	"strings"

	"rosterload/loader/run"
	"rosterload/transform"
)

// Sealer cuts one job into sealed batches within the org's limits.
type Sealer struct {
	writer *run.Writer
	job    transform.Job
	limits transform.Limits
	first  int // number of the first batch, minus one
	table  *run.TableWriter
	size   int64
	sealed []run.SealedBatch
}

// NewSealer continues the count of the job's batches.
func NewSealer(w *run.Writer, job transform.Job, limits transform.Limits) *Sealer {
	return &Sealer{writer: w, job: job, limits: limits, first: w.Run.LastNumber(job)}
}

// Add puts one change into the batch in hand, or into the next one.
func (s *Sealer) Add(c transform.SealedChange) error {
	if c.Value == "" {
		c.Value = s.limits.Nothing
	}
	size := width(c.User) + width(c.Value) + width(c.Own)
	if s.table != nil && (s.table.Rows >= s.limits.Rows || s.size+size > s.limits.Bytes) {
		if err := s.close(); err != nil {
			return err
		}
	}
	if s.table == nil {
		if err := s.open(); err != nil {
			return err
		}
	}
	s.size += size
	if s.limits.Own != "" {
		return s.table.Write(c.User, c.Value, c.Own)
	}
	return s.table.Write(c.User, c.Value)
}

// width is how many bytes a cell takes at most: itself, quotes around it, each quote in it once more, and the comma or
// the line end.
func width(cell string) int64 { return int64(len(cell) + strings.Count(cell, `"`) + 3) }

func (s *Sealer) open() (err error) {
	header := s.limits.Headings[:]
	if s.limits.Own != "" {
		header = append(header[:2:2], s.limits.Own)
	}
	if s.table, err = s.writer.NewTable(s.next().Name()+".csv", header...); err != nil {
		return err
	}
	for _, h := range header {
		s.size += width(h)
	}
	return nil
}

func (s *Sealer) next() transform.Batch {
	return transform.Batch{Job: s.job, Number: s.first + len(s.sealed) + 1}
}

func (s *Sealer) close() error {
	rows, number := s.table.Rows, s.next().Number
	file, size, err := s.table.Seal()
	if err != nil {
		return fmt.Errorf("%s: %w", s.next().Name(), err)
	}
	s.table, s.size = nil, 0
	s.sealed = append(s.sealed, run.SealedBatch{
		Job: s.job, Number: number, File: file.File, Rows: rows, Size: size,
		SHA256: file.SHA256,
	})
	return nil
}

// Finish seals what is left and returns all batches.
func (s *Sealer) Finish() ([]run.SealedBatch, error) {
	if s.table != nil {
		if err := s.close(); err != nil {
			return nil, err
		}
	}
	return s.sealed, nil
}

// Discard removes the batch in hand; what is sealed stays.
func (s *Sealer) Discard() {
	if s.table != nil {
		s.table.Discard()
	}
}
