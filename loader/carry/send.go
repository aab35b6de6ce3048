package carry

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/run"
	"rosterload/transform"
)

// Job sends one job and waits until the org has carried it out, or patience is over.
func (c *Carrier) Job(ctx context.Context, job transform.Job) error {
	if err := c.send(ctx, job); err != nil {
		return err
	}
	return c.await(ctx, job)
}

// send brings every batch of one job to its outcomes, round by round: deliver side by side, wait for all, settle. Its
// Wait is the business rule: removals are a job of their own and are over before the first upsert leaves, because
// nothing of the next job is begun before this function has returned. Rounds that bring nothing forward are repeated
// with growing pauses, for retry_for at most.
func (c *Carrier) send(ctx context.Context, job transform.Job) error {
	if c.Writer.Run.JobEnded(job) {
		return nil
	}
	wait, until := c.jobPause(), c.Now().Add(c.RetryFor)
	for {
		waiting := c.Writer.Run.Waiting(job)
		if len(waiting) == 0 {
			return c.endJob(job)
		}
		delivered, err := c.deliverAll(ctx, job, waiting)
		if err != nil {
			return c.absorb(delivered, err)
		}
		moved, err := c.settle(ctx, job, delivered)
		if err != nil {
			return err
		}
		if moved {
			wait, until = c.jobPause(), c.Now().Add(c.RetryFor)
			continue
		}
		if !c.Now().Before(until) {
			return fmt.Errorf("%s: sent again for %s and never found in the org: %w",
				waiting[0].Name(), c.RetryFor, connector.ErrUnavailable)
		}
		if err := c.Sleep(ctx, min(wait.Take(), until.Sub(c.Now()))); err != nil {
			return err
		}
	}
}

// deliverAll is the barrier: it returns when every delivery has ended.
func (c *Carrier) deliverAll(ctx context.Context, job transform.Job, waiting []*run.Batch) ([]delivery, error) {
	delivered := make([]delivery, len(waiting))
	shared := c.newRound(job, waiting)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, c.Target.Limits().AtOnce))
	for i, b := range waiting {
		g.Go(func() (err error) {
			delivered[i], err = c.deliver(gctx, b, shared)
			if err != nil {
				err = fmt.Errorf("%s: %w", b.Name(), err)
			}
			return err
		})
	}
	return delivered, g.Wait()
}

// absorb takes in the outcomes that are on disk when a round was cut short, so that the results speak of them.
func (c *Carrier) absorb(delivered []delivery, cause error) error {
	for _, d := range delivered {
		if d.batch == nil {
			continue
		}
		if err := c.takeIn(d); err != nil {
			return fmt.Errorf("%w (and its outcomes: %w)", cause, err)
		}
	}
	return cause
}

// endJob records that every outcome of the job is on disk.
func (c *Carrier) endJob(job transform.Job) error {
	if !c.Writer.Run.JobBegan(job) {
		return nil
	}
	return c.Writer.Note(journal.Event{What: journal.Ended, Job: job.String()})
}
