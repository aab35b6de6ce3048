package loader

import (
	"context"
	"fmt"
	"slices"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// Retryable names the run that a retry without a name takes: the newest with rows that a retry could help. codes
// gives the reason codes that a retry may take, by kind.
func Retryable(home string, codes func(kind string) []string) (*run.Run, error) {
	runs, _, err := run.List(home)
	if err != nil {
		return nil, err
	}
	for _, r := range slices.Backward(runs) {
		may := codes(r.Kind)
		if len(may) == 0 || r.Last.Number == 0 {
			continue
		}
		for row, err := range r.Rows() {
			if err == nil && slices.Contains(may, row.ReasonCode) {
				return r, nil
			}
		}
	}
	return nil, run.Stopf(run.ExitNothing, run.Type("runs"), "no run has rows that a retry could help")
}

// mayRetry refuses what cannot be retried, before the org is asked.
func (s *session) mayRetry() error {
	r := s.run()
	switch {
	case r.Retry != nil:
		return run.Stopf(run.ExitUsage, run.Type("resume", r.ID), "a retry of run %s is under way", r.ID)
	case r.Planned == nil || !r.Answered():
		return run.Stopf(run.ExitUsage, run.Type("resume", r.ID),
			"run %s has rows without an answer: end it first", r.ID)
	}
	if _, ok := s.target.(connector.Retrier); !ok {
		return run.Stopf(run.ExitUsage, run.Hint{},
			"orgs of kind %s have nothing that may be retried", s.Connector.Name)
	}
	return nil
}

// retry looks at each failed row, seals those that need it, and carries them. A crash before the event: nothing of it
// counts.
func (s *session) retry(ctx context.Context) error {
	if err := s.openChanges(); err != nil {
		return err
	}
	rows, err := s.failedRows()
	if err != nil {
		return err
	}
	if err := s.carrier.Look(ctx, rows); err != nil {
		return err
	}
	retry := &run.Retry{Number: s.run().Retries + 1, Wait: s.Flags.Wait}
	for _, job := range transform.RetryJobs(retry.Number) {
		var mine []int32
		for _, i := range rows {
			if (s.carrier.Changes.Change(i).Value == "") == job.Removes() && s.carrier.NeedsRetry(i) {
				mine = append(mine, i)
			}
		}
		sealed, err := s.carrier.Further().Cut(job, mine, false, nil)
		if err != nil {
			return err
		}
		retry.Batches = append(retry.Batches, sealed...)
	}
	if len(retry.Batches) == 0 {
		return run.Stopf(run.ExitNothing, run.Type("show", s.run().ID), "no row of run %s needs a retry", s.run().ID)
	}
	if err := s.writer.NoteData(journal.Event{What: journal.Retrying}, retry); err != nil {
		return err
	}
	for _, b := range s.run().Batches {
		if b.Limits = s.carrier.Limits(b.Job); s.carrier.IsOfRetry(b) {
			if err := s.carrier.Changes.Enter(b); err != nil {
				return err
			}
		}
	}
	return s.carryRetry(ctx)
}

// failedRows are the entries of the newest results' rows that a retry could help. Rows that were never sent get an
// entry now, to be watched.
func (s *session) failedRows() ([]int32, error) {
	var rows []int32
	paths := []string{s.run().RevisionPath(s.run().Last.Number)}
	if s.run().Planned.Absent > 0 {
		paths = append(paths, s.run().AbsentPath(s.run().Last.Number))
	}
	for _, path := range paths {
		for row, err := range results.Read(path) {
			if err != nil {
				return nil, err
			}
			if slices.Contains(s.Connector.RetryCodes, row.ReasonCode) && row.RecordID != "" {
				rows = append(rows, s.carrier.Changes.Watch(row.RecordID, row.Requested))
			}
		}
	}
	return rows, s.carrier.Changes.EnterBefore()
}

// carryRetry brings a sealed retry to its end, as carry does a load.
func (s *session) carryRetry(ctx context.Context) error {
	if s.carrier.Changes == nil { // taken up again by another process
		if err := s.openChanges(); err != nil {
			return err
		}
		if _, err := s.failedRows(); err != nil {
			return err
		}
	}
	for _, job := range transform.RetryJobs(s.run().Retry.Number) {
		if err := s.spare(ctx, job); err != nil {
			return fmt.Errorf("%s: %w", job, err)
		}
		if err := s.carrier.Job(ctx, job); err != nil {
			return fmt.Errorf("%s: %w", job, err)
		}
	}
	return s.carrier.ReadBack(ctx, s.carrier.Retried())
}

// spare looks, before a retry's job is sent, at every user in it: time may have passed. Users who no longer need it
// go into no batch.
func (s *session) spare(ctx context.Context, job transform.Job) error {
	for _, b := range s.run().Waiting(job) {
		if b.Submitted {
			continue
		}
		mine := slices.Collect(s.carrier.Changes.Of(b))
		if err := s.carrier.Look(ctx, mine); err != nil {
			return err
		}
		rest := slices.DeleteFunc(slices.Clone(mine), func(i int32) bool { return !s.carrier.NeedsRetry(i) })
		if len(rest) == len(mine) {
			continue
		}
		for _, i := range mine {
			s.carrier.Changes.SetState(i, changes.Accepted) // what the org shows now is the answer
		}
		if err := s.carrier.Further().Seal(job, rest, b, false); err != nil {
			return err
		}
	}
	return nil
}
