package loader

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/transform"
)

// carry brings what was planned to its end: removals, and only when they are over upserts, then one more look at everybody. It goes on
// wherever an earlier process left the run; for a run that was planned a moment ago that is the beginning.
func (w *work) carry(ctx context.Context) error {
	if w.run.Planned.Rows == 0 {
		return stop(ExitNothing, "", "the roster has no data rows")
	}
	if err := w.allowed(); err != nil {
		return err
	}
	if err := w.enter(ctx); err != nil {
		return err
	}
	if err := w.openLedger(); err != nil {
		return err
	}
	if err := w.refuseLate(ctx); err != nil {
		return err
	}
	for _, job := range transform.Jobs {
		if err := w.send(ctx, job); err != nil {
			return fmt.Errorf("%s: %w", job, err)
		}
		if err := w.await(ctx, job); err != nil {
			return fmt.Errorf("%s: %w", job, err)
		}
	}
	return w.readBack(ctx)
}

// send brings every batch of one job to its outcomes. Its Wait is the business rule: removals are a job of their own and are over
// before the first upsert leaves, because nothing of the next job is begun before this function has returned.
func (w *work) send(ctx context.Context, job transform.Job) error {
	if w.jobOver(job) {
		return nil
	}
	for {
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(max(1, w.Target.Limits().AtOnce))
		for _, s := range w.waiting(job) {
			g.Go(func() error { return w.deliver(gctx, s) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
		if err := w.onceMore(ctx, job); err != nil {
			return err
		}
		if len(w.waiting(job)) == 0 {
			return w.endJob(job)
		}
	}
}

// endJob records that every outcome of the job is on disk.
func (w *work) endJob(job transform.Job) error {
	if w.run.JobDone[job].Began.IsZero() {
		return nil
	}
	return w.note(journal.Event{What: journal.Ended, Job: string(job)})
}

func (w *work) jobOver(job transform.Job) bool { return !w.run.JobDone[job].Ended.IsZero() }

// waiting are the batches of a job that have no outcomes yet.
func (w *work) waiting(job transform.Job) []*Shipment {
	w.mu.Lock()
	defer w.mu.Unlock()
	var left []*Shipment
	for _, s := range w.run.Batches {
		if s.Job == job && !s.Done && !s.Dropped && (s.Submitted || w.run.maySend()) {
			left = append(left, s)
		}
	}
	return left
}

// maySend tells whether anything new may leave: not after the org has given a job up, nor once a newer run was at work.
func (r *Run) maySend() bool { return r.Stopped == "" && !r.Super && !r.Stale }

// deliver brings one batch to its outcomes. Each turn asks the journal where the batch stands; a crash between any two turns is the
// same as a turn.
func (w *work) deliver(ctx context.Context, s *Shipment) error {
	for turns := 0; !s.Done && !s.Dropped; turns++ {
		if turns > 20 {
			return fmt.Errorf("%s: sent %d times and never found there: %w", s.Name(), turns, connector.ErrUnavailable)
		}
		if err := w.turn(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.Name(), err)
		}
		if !s.Submitted && !w.mayStillSend() {
			return nil
		}
	}
	return nil
}

func (w *work) turn(ctx context.Context, s *Shipment) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !s.Submitted && !w.mayStillSend():
		return nil
	case !s.Submitted:
		return w.submit(ctx, s)
	case s.Receipt != "":
		return w.collect(ctx, s)
	}
	return w.settleByLooking(ctx, s, false)
}

func (w *work) mayStillSend() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.run.maySend()
}

// grace is how long a call that writes may go on after the first signal: its receipt is worth waiting for.
const grace = 20 * time.Second

// linger is a context that ends a little after its parent.
func linger(ctx context.Context) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stopWaiting := context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, func() { cancel(context.Cause(ctx)) })
	})
	return late, func() { stopWaiting(); cancel(context.Canceled) }
}
