package carry

import (
	"cmp"
	"context"
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/run"
	"rosterload/transform"
)

// settle ends what one round of deliveries has brought: rows that the org has answered are done; at the others it
// looks, once for all batches. Users who show what was asked were reached; those who are as before go into a further
// batch; those who are neither were changed by others and are left alone. It tells whether the job came forward. A
// crash between two of its events is the same as a later round.
func (c *Carrier) settle(ctx context.Context, job transform.Job, delivered []delivery) (moved bool, err error) {
	silent, err := c.silentRows(delivered)
	if err != nil {
		return false, err
	}
	if err := c.sweep(ctx, delivered); err != nil {
		return false, err
	}
	if err := c.Look(ctx, silent); err != nil {
		return false, err
	}
	for _, d := range delivered {
		came, err := c.settleBatch(d)
		if err != nil {
			return false, err
		}
		moved = moved || came
	}
	again, err := c.resendTransient(ctx, job)
	return moved || again, err
}

// takeIn lets a delivery's outcomes happen to the changes.
func (c *Carrier) takeIn(d delivery) error {
	if d.sent {
		c.Changes.MarkSent(d.batch)
	}
	if d.strange > 0 {
		c.Warn("the org spoke of %d users who are not in %s; what it said of them was not kept",
			d.strange, d.batch.Name())
	}
	if !d.batch.Submitted {
		return nil
	}
	return c.Changes.Apply(d.batch)
}

// silentRows are the rows of all batches that only a look can settle.
func (c *Carrier) silentRows(delivered []delivery) ([]int32, error) {
	var silent []int32
	for _, d := range delivered {
		if err := c.takeIn(d); err != nil {
			return nil, err
		}
		if d.batch.Submitted && !d.missed && d.progress.Phase != connector.Broken {
			silent = append(silent, c.Changes.Unanswered(d.batch)...)
		}
	}
	return silent, nil
}

// sweep aborts jobs whose creation was never answered.
func (c *Carrier) sweep(ctx context.Context, delivered []delivery) error {
	collector, ok := c.Target.(connector.Collector)
	var since time.Time
	for _, d := range delivered {
		if b := d.batch; b.Submitted && b.Receipt == "" && !d.ended && (since.IsZero() || b.Began.Before(since)) {
			since = b.Began
		}
	}
	if !ok || since.IsZero() {
		return nil
	}
	return collector.Sweep(ctx, since.Add(-time.Minute), func(r connector.Receipt) bool {
		for _, b := range c.Writer.Run.Batches {
			if b.Receipt == r.ID {
				return true
			}
		}
		return false
	})
}

// settleBatch ends one batch, or says why it is to be sent again.
func (c *Carrier) settleBatch(d delivery) (moved bool, err error) {
	b := d.batch
	switch {
	case !b.Submitted:
		return false, nil
	case d.missed:
		c.Changes.MarkUnsent(b)
		return false, c.Writer.NoteBatch(b, journal.Missed, journal.Event{})
	case d.progress.Phase == connector.Broken:
		return true, c.giveUp(d)
	}
	c.compareCounters(d)
	answers, resend := c.sort(d, c.Changes.Unanswered(b))
	if len(resend) == b.Rows {
		c.Changes.MarkUnsent(b)
		return false, c.Writer.NoteBatch(b, journal.Missed, journal.Event{})
	}
	if len(answers) > 0 {
		if err := c.Changes.Answer(b, answers); err != nil {
			return false, err
		}
	}
	if len(resend) > 0 {
		return true, c.Further().Seal(b.Job, resend, b, true)
	}
	return true, c.endBatch(b)
}

// compareCounters holds what the org counted against what was sent. Counters that never moved mean nothing: orgs lose
// them.
func (c *Carrier) compareCounters(d delivery) {
	if n := d.progress.Processed; n != 0 && n != int64(d.batch.Rows) {
		c.Warn("job %s counted %d rows, %d were sent; what became of each is said by its results and by looking",
			d.batch.Receipt, n, d.batch.Rows)
	}
}

// sort says of each row without an answer what is to be done: an answer that was found by looking, or a
// resend.
func (c *Carrier) sort(d delivery, silent []int32) (answers []connector.Outcome, resend []int32) {
	unlisted := d.progress.Unlisted
	for _, i := range silent {
		o := c.found(i)
		switch c.arrived(d.batch, i) {
		case changes.Elsewhere:
			o = c.Changes.Drift(i)
		case changes.AsBefore:
			switch {
			case !d.ended:
				resend = append(resend, i)
				continue
			case unlisted > 0: // the job counts a failure for which it has no line, and this row has none
				unlisted--
				o = refused(o.User, d.progress.Code, cmp.Or(d.progress.Reason, "the org gave no reason"))
			default: // sending for ever would not make the org speak
				o = refused(o.User, "", "the org ended the job without a word on this row")
				o.State = connector.Unprocessed
			}
		}
		answers = append(answers, o)
	}
	return answers, resend
}

func refused(user, code, reason string) connector.Outcome {
	return connector.Outcome{
		User: user, State: connector.Refused, Code: code, Reason: reason, Next: transform.FixAndLoad,
	}
}

// found is the answer that the org would have given for a change that a look shows carried out.
func (c *Carrier) found(i int32) connector.Outcome {
	o := connector.Outcome{User: c.Changes.ID(i), State: connector.Accepted}
	if carrying, ok := c.Policy.(transform.Carrying); ok {
		o.Fields = carrying.Carrier(c.Changes.Change(i), c.Changes.Before(i))
	}
	return o
}

// arrived tells by looking whether a batch has reached an entry. A retry leaves the request as it is: it has arrived
// when the org no longer shows the failure.
func (c *Carrier) arrived(b *run.Batch, i int32) changes.Position {
	if b.Job.IsRetry() {
		if c.NeedsRetry(i) {
			return changes.AsBefore
		}
		return changes.AsAsked
	}
	at := c.Changes.Position(c.Policy, i)
	steps, ok := c.Policy.(transform.Stepwise)
	if ok && at == changes.Elsewhere && steps.PartWay(c.Changes.Change(i), c.Changes.Before(i), c.Changes.After(i)) {
		return changes.AsBefore
	}
	return at
}

// giveUp ends a batch whose job the org gave up as a whole: its message is the answer for every row that the job did
// not come to.
func (c *Carrier) giveUp(d delivery) error {
	b, p := d.batch, d.progress
	var answers []connector.Outcome
	for _, i := range c.Changes.Unanswered(b) {
		answers = append(answers, refused(c.Changes.ID(i), p.Code, p.Reason))
	}
	if err := c.Changes.Answer(b, answers); err != nil {
		return err
	}
	if err := c.endBatch(b); err != nil {
		return err
	}
	return c.Writer.NoteBatch(b, journal.Stopped, journal.Event{Code: p.Code, Reason: p.Reason})
}

// endBatch takes the digest of the outcomes and makes the batch done.
func (c *Carrier) endBatch(b *run.Batch) error {
	sealed, err := c.Changes.SealOutcomes(b)
	if err != nil {
		return err
	}
	return c.Writer.NoteBatch(b, journal.Outcomes, journal.Event{File: sealed.File, SHA256: sealed.SHA256})
}

// resendTransient seals, after a pause, a small batch of the rows that the org refused for the moment only: a lock,
// or innocent rows of a failed chunk. They go alone, when nothing else of their job is left, twice at most.
func (c *Carrier) resendTransient(ctx context.Context, job transform.Job) (bool, error) {
	if !c.Writer.Run.MaySend(job) || len(c.Writer.Run.Waiting(job)) > 0 {
		return false, nil
	}
	rows := c.Changes.Transient(job)
	if len(rows) == 0 {
		return false, nil
	}
	c.Log.Info("rows that were refused for the moment are sent once more",
		"run", c.Writer.Run.ID, "job", job, "rows", len(rows))
	if err := c.Sleep(ctx, 10*c.Flags.Poll.Job); err != nil {
		return false, err
	}
	return true, c.sealAgain(ctx, job, rows)
}

// sealAgain asks a connector that makes values up for the values of these rows, and seals them once more.
func (c *Carrier) sealAgain(ctx context.Context, job transform.Job, rows []int32) error {
	f := c.Further()
	own, err := f.Own(rows)
	if err != nil {
		return err
	}
	if redrawer, ok := c.Target.(connector.Redrawer); ok {
		for _, i := range rows {
			drawn, err := redrawer.Redraw(ctx, transform.SealedChange{Change: c.Changes.Change(i), Own: own[i]})
			if err != nil {
				return err
			}
			c.Changes.SetValue(i, drawn.Value)
			own[i] = drawn.Own
		}
	}
	return f.SealWith(job, rows, nil, true, own)
}
