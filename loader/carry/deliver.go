package carry

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/patience"
	"rosterload/loader/run"
	"rosterload/transform"
)

// A delivery runs beside others. It touches its own batch, that batch's file of outcomes, and the journal by way of
// the run's writer; it reads nothing of the changes but which users belong to its batch.

// delivery is how far one round has brought a batch.
type delivery struct {
	batch    *run.Batch
	sent     bool // Submit was called in this round
	ended    bool // the org has said all that it will say
	missed   bool // the data never arrived and never will
	progress connector.Progress
	strange  int // outcomes of users who are not in the batch
}

// round is what the deliveries of one round share.
type round struct {
	broken atomic.Bool // the org has given a job up: further batches are kept back
	total  int         // rows of all batches
	tell   func(done, total int)

	mu   sync.Mutex
	done map[*run.Batch]int // rows that the org has answered
}

func (c *Carrier) newRound(job transform.Job, waiting []*run.Batch) *round {
	r := &round{done: map[*run.Batch]int{}}
	for _, b := range waiting {
		r.total += b.Rows
	}
	r.tell = func(done, total int) { c.Progress("sending "+job.String(), done, total) }
	r.tell(0, r.total)
	return r
}

// answered counts the rows of a batch that the org has answered so far.
func (r *round) answered(b *run.Batch, rows int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done[b] = rows
	done := 0
	for _, n := range r.done {
		done += n
	}
	r.tell(done, r.total)
}

// deliver brings one batch as far as it goes without a look. A crash anywhere in it is the same as the end of the
// round.
func (c *Carrier) deliver(ctx context.Context, b *run.Batch, r *round) (delivery, error) {
	d := delivery{batch: b}
	if ctx.Err() != nil {
		return d, context.Cause(ctx)
	}
	if !b.Submitted {
		if r.broken.Load() {
			return d, nil
		}
		if err := c.MaySend(); err != nil {
			return d, err
		}
		if err := c.submit(ctx, &d, r); err != nil {
			return d, err
		}
	}
	if b.Receipt == "" {
		return d, nil
	}
	err := c.collect(ctx, &d, r)
	if d.progress.Phase == connector.Broken {
		r.broken.Store(true)
	}
	return d, err
}

// grace is how long a call that writes may go on after the first signal: its receipt is worth waiting for.
const grace = 20 * time.Second

// submit sends one batch. A crash before the first event: nothing happened. Behind it and before the receipt: the org
// may hold an empty job of ours, which settle sweeps away. Behind the receipt: Collect asks the job itself.
func (c *Carrier) submit(ctx context.Context, d *delivery, r *round) error {
	b := d.batch
	if err := c.Writer.NoteBatch(b, journal.Submitting, journal.Event{}); err != nil {
		return err
	}
	d.sent = true
	outcomes, err := c.Changes.OpenOutcomes(b, false) // steps of an earlier sending stay: they tell what is ours
	if err != nil {
		return err
	}
	before, answers := outcomes.Rows, 0
	late, cancel := patience.Linger(ctx, grace)
	defer cancel()
	err = c.sendBatch(c.tagged(late, b), b,
		func(got connector.Receipt) error {
			return c.Writer.NoteBatch(b, journal.Receipt, journal.Event{Receipt: got.ID})
		},
		func(all ...connector.Outcome) error {
			for _, o := range all {
				if o.State != connector.Step {
					answers++
				}
			}
			r.answered(b, answers)
			return errors.Join(outcomes.Write(all...), outcomes.Sync())
		})
	if closing := outcomes.Close(); err == nil {
		err = closing
	}
	d.strange += outcomes.Strange
	return c.noteSent(d, err, outcomes.Rows == before)
}

// noteSent journals how a sending ended. silent: the org has answered no row of it.
func (c *Carrier) noteSent(d *delivery, err error, silent bool) error {
	b := d.batch
	switch {
	case errors.Is(err, connector.ErrLost):
		c.Log.Warn("the answer was lost; looking before anything is sent again",
			"run", c.Writer.Run.ID, "job", b.Job, "batch", b.Number)
		return nil
	case err != nil && silent && connector.NothingDone(err):
		d.sent = false
		return errors.Join(err, c.Writer.NoteBatch(b, journal.Unsent, journal.Event{}))
	case err != nil:
		return err
	}
	d.ended = b.Receipt == "" // answered at once
	return c.Writer.NoteBatch(b, journal.Sent, journal.Event{})
}

// sendBatch is the one place from which anything is written to an org.
func (c *Carrier) sendBatch(ctx context.Context, b *run.Batch, took func(connector.Receipt) error,
	each func(...connector.Outcome) error,
) error {
	if retrier, ok := c.Target.(connector.Retrier); ok && b.Job.IsRetry() {
		return retrier.Retry(ctx, transform.RetryBatch{Batch: b.Batch}, took, each)
	}
	return c.Target.Submit(ctx, b.Batch, took, each)
}

// collect polls a receipt's job until it has ended. Patience counts from the last movement.
func (c *Carrier) collect(ctx context.Context, d *delivery, r *round) (err error) {
	wait, left := c.jobPause(), c.patience()
	for processed := int64(-1); ; {
		if d.progress, err = c.ask(ctx, d); err != nil {
			return err
		}
		switch d.progress.Phase {
		case connector.Ended, connector.Broken:
			d.ended = true
			return nil
		case connector.Missed:
			d.missed = true
			return nil
		case connector.Gone:
			return nil
		}
		if d.progress.Processed != processed {
			processed = d.progress.Processed
			left.Moved()
			r.answered(d.batch, int(processed))
		}
		if left.Over() {
			hint := run.Type("resume", c.Writer.Run.ID)
			return run.Stopf(run.ExitPending, hint,
				"job %s did not move for %s (%s)", d.batch.Receipt, left.Long, d.progress.State)
		}
		if err := c.Sleep(ctx, min(wait.Take(), left.Left())); err != nil {
			return err
		}
	}
}

// ask asks for the job once and keeps its outcomes, which come again from the start each time.
func (c *Carrier) ask(ctx context.Context, d *delivery) (connector.Progress, error) {
	collector, ok := c.Target.(connector.Collector)
	if !ok {
		return connector.Progress{Phase: connector.Gone}, nil
	}
	var outcomes *changes.Outcomes
	p, err := collector.Collect(c.tagged(ctx, d.batch), connector.Receipt{ID: d.batch.Receipt},
		func(all ...connector.Outcome) (err error) {
			if outcomes == nil {
				if outcomes, err = c.Changes.OpenOutcomes(d.batch, true); err != nil {
					return err
				}
			}
			return outcomes.Write(all...)
		})
	if p.Untouched && !d.batch.Arrived {
		// The word that the data are complete was never answered, so an open job was aborted: by us, when the answer to
		// that was lost or a crash came, or by an admin who found it lying there.
		p.Phase = connector.Missed
	}
	if outcomes != nil {
		d.strange += outcomes.Strange
		if closing := outcomes.Close(); err == nil {
			err = closing
		}
	}
	return p, err
}
