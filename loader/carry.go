package loader

import (
	"context"
	"fmt"

	"rosterload/loader/journal"
	"rosterload/loader/run"
	"rosterload/transform"
)

func (s *session) resume(ctx context.Context) error {
	if s.run().Retry != nil {
		return s.carryRetry(ctx)
	}
	if err := s.plan(ctx); err != nil {
		return err
	}
	return s.carry(ctx)
}

// carry brings what was planned to its end: removals, and only when they are over upserts, then one more look at
// every user touched. It goes on wherever an earlier process left the run; for a run that was planned a moment ago
// that is the beginning.
func (s *session) carry(ctx context.Context) error {
	if err := s.overtaken(ctx); err != nil {
		return err
	}
	if err := s.allowed(); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	if err := s.unmoved(); err != nil {
		return err
	}
	if err := s.openChanges(); err != nil {
		return err
	}
	if err := s.refuseStale(ctx); err != nil {
		return err
	}
	for _, job := range transform.LoadJobs() {
		if err := s.carrier.Job(ctx, job); err != nil {
			return fmt.Errorf("%s: %w", job, err)
		}
	}
	return s.carrier.ReadBack(ctx, s.carrier.Changes.Touched())
}

// unmoved takes a run back whose delivery is no longer what was claimed: its writer had not finished. A crash before
// the event: the next try asks again.
func (s *session) unmoved() error {
	if s.Unmoved == nil || s.run().SentAnything() || !s.run().MaySend(transform.Upserts) {
		return nil
	}
	moved := s.Unmoved()
	if moved == nil {
		return nil
	}
	return s.writer.NoteData(journal.Event{What: journal.Rejected},
		run.Word{By: s.By, Reason: moved.Error(), Code: run.Grew})
}
