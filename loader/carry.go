package loader

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/patience"
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

// carry brings what was planned to its end: removals, and only when they are over upserts, then one more look at every user touched. It
// goes on wherever an earlier process left the run; for a run that was planned a moment ago that is the beginning.
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
		if err := s.carryJob(ctx, job); err != nil {
			return fmt.Errorf("%s: %w", job, err)
		}
	}
	return s.readBack(ctx, s.changes.Touched())
}

// unmoved takes a run back whose delivery is no longer what was claimed: its writer had not finished. A crash before the event: the next
// try asks again.
func (s *session) unmoved() error {
	if s.Unmoved == nil || s.run().SentAnything() || !s.run().MaySend(transform.Upserts) {
		return nil
	}
	moved := s.Unmoved()
	if moved == nil {
		return nil
	}
	return s.writer.NoteData(journal.Event{What: journal.Rejected}, run.Word{By: s.By, Reason: moved.Error(), Code: run.Grew})
}

// carryJob sends one job and waits until the org has carried it out, or patience is over.
func (s *session) carryJob(ctx context.Context, job transform.Job) error {
	if err := s.send(ctx, job); err != nil {
		return err
	}
	return s.await(ctx, job)
}

// send brings every batch of one job to its outcomes, round by round: deliver side by side, wait for all, settle. Its Wait is the business
// rule: removals are a job of their own and are over before the first upsert leaves, because nothing of the next job is begun before this
// function has returned. Rounds that bring nothing forward are repeated with growing pauses, for retry_for at most.
func (s *session) send(ctx context.Context, job transform.Job) error {
	if s.run().JobEnded(job) {
		return nil
	}
	wait, until := patience.Pause{Next: s.Flags.Poll.Job, Most: s.Flags.Poll.JobMost}, s.Now().Add(s.RetryFor)
	for {
		waiting := s.run().Waiting(job)
		if len(waiting) == 0 {
			return s.endJob(job)
		}
		delivered, err := s.deliverAll(ctx, job, waiting)
		if err != nil {
			return s.absorb(delivered, err)
		}
		moved, err := s.settle(ctx, job, delivered)
		if err != nil {
			return err
		}
		if moved {
			wait, until = patience.Pause{Next: s.Flags.Poll.Job, Most: s.Flags.Poll.JobMost}, s.Now().Add(s.RetryFor)
			continue
		}
		if !s.Now().Before(until) {
			return fmt.Errorf("%s: sent again for %s and never found in the org: %w", waiting[0].Name(), s.RetryFor, connector.ErrUnavailable)
		}
		if err := s.Sleep(ctx, min(wait.Take(), until.Sub(s.Now()))); err != nil {
			return err
		}
	}
}

// deliverAll is the barrier: it returns when every delivery has ended.
func (s *session) deliverAll(ctx context.Context, job transform.Job, waiting []*run.Batch) ([]delivery, error) {
	delivered := make([]delivery, len(waiting))
	shared := s.newRound(job, waiting)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, s.target.Limits().AtOnce))
	for i, b := range waiting {
		g.Go(func() (err error) {
			delivered[i], err = s.deliver(gctx, b, shared)
			if err != nil {
				err = fmt.Errorf("%s: %w", b.Name(), err)
			}
			return err
		})
	}
	return delivered, g.Wait()
}

// absorb takes in the outcomes that are on disk when a round was cut short, so that the results speak of them.
func (s *session) absorb(delivered []delivery, cause error) error {
	for _, d := range delivered {
		if d.batch == nil {
			continue
		}
		if err := s.takeIn(d); err != nil {
			return fmt.Errorf("%w (and its outcomes: %w)", cause, err)
		}
	}
	return cause
}

// endJob records that every outcome of the job is on disk.
func (s *session) endJob(job transform.Job) error {
	if !s.run().JobBegan(job) {
		return nil
	}
	return s.writer.Note(journal.Event{What: journal.Ended, Job: job.String()})
}

// grace is how long a call that writes may go on after the first signal: its receipt is worth waiting for.
const grace = 20 * time.Second
