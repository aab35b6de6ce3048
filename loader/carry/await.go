package carry

import (
	"cmp"
	"context"
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/patience"
	"rosterload/loader/run"
	"rosterload/transform"
)

// unreactive is how long a finished job may go without one status changing before that is told.
const unreactive = 2 * time.Minute

// await follows a finished job until the org has settled each of its rows, or patience is over. The first look is at
// once; after the upserts it takes in every user the run has touched, so that it may be the last.
func (c *Carrier) await(ctx context.Context, job transform.Job) error {
	open := len(c.Changes.Unsettled(job, c.Resumed))
	if c.Flags.Wait <= 0 || open == 0 || job.Removes() && c.Writer.Run.JobBegan(job.Next()) {
		return nil
	}
	ask := c.Look
	if job.Removes() && !job.IsRetry() { // a retry clears no request
		ask = c.lookAtRemoved
	}
	all := open
	began, wait, left := c.Now(), patience.Pause{Next: c.Flags.Poll.Status, Most: c.Flags.Poll.StatusMost}, c.patience()
	for looks := 1; ; looks++ {
		if err := ask(ctx, c.toLookAt(job, looks)); err != nil {
			return err
		}
		still := c.Changes.Judge(c.Policy, c.Changes.Unsettled(job, c.Resumed), c.Now())
		if len(still) < open {
			left.Moved()
		}
		open = len(still)
		c.Progress("waiting for "+job.String(), all-open, all)
		if open == 0 {
			c.fresh = !job.Removes() && looks == 1
			return c.Writer.Note(journal.Event{What: journal.Settled, Job: job.String()})
		}
		if left.Over() {
			return c.impatient(job, all, open)
		}
		if c.Now().Sub(began) >= unreactive && open == all && c.Changes.NoneChanged(still) {
			c.Warn("two minutes after the job not one status has changed: this org does not react (%s)",
				c.Connector.WorkerOff)
		}
		if err := c.idle(ctx, min(wait.Take(), left.Left())); err != nil {
			return err
		}
	}
}

// toLookAt lists users again for each look: what is waited for, and all who were touched, can be millions, and the two
// lists never stand side by side.
func (c *Carrier) toLookAt(job transform.Job, looks int) []int32 {
	if looks == 1 && !job.Removes() {
		return c.mine(job)
	}
	return c.Changes.Unsettled(job, c.Resumed)
}

// longestIdle is how long an org hears nothing of us while we wait. The shortest life of an idle session anywhere is
// ten minutes.
const longestIdle = 4 * time.Minute

// idle waits between two looks, and keeps the session alive where that needs a call now and then.
func (c *Carrier) idle(ctx context.Context, d time.Duration) error {
	keeper, ok := c.Target.(connector.KeepAliver)
	for ok && d > longestIdle {
		if err := c.Sleep(ctx, longestIdle); err != nil {
			return err
		}
		if err := keeper.KeepAlive(ctx); err != nil {
			return err
		}
		d -= longestIdle
	}
	return c.Sleep(ctx, d)
}

// impatient decides whether to go on without the rows that have not settled. When not one removal settled, the worker
// that carries requests out has not answered: stop once, before any upsert; the next resume waits once more and then
// goes on whatever happens, unless no person has asked for it.
func (c *Carrier) impatient(job transform.Job, all, open int) error {
	if !job.Removes() {
		return nil
	}
	silent := open == all && !c.Changes.AnySettled(job)
	if silent && (!c.Writer.Run.Silent || c.Unattended) {
		if !c.Writer.Run.Silent {
			if err := c.Writer.Note(journal.Event{What: journal.Silent, Job: job.String()}); err != nil {
				return err
			}
		}
		worker := cmp.Or(c.Connector.Worker, "the org")
		return run.Stopf(run.ExitPending, run.Type("resume", c.Writer.Run.ID),
			"%s does not answer: not one of %d removals settled within %s; no upsert was sent", worker, all,
			c.Flags.Wait)
	}
	if c.Writer.Run.Planned.Upserts > 0 {
		c.Warn("%d removals have not settled: as many assignments can now miss a licence", open)
	}
	return nil
}

// mine are the users that the last look of a job takes in: a retry leaves alone whatever was settled before it.
func (c *Carrier) mine(job transform.Job) []int32 {
	if !job.IsRetry() {
		return c.Changes.Touched()
	}
	return c.Retried()
}

// ReadBack looks at users one last time. Patience is not asked again.
func (c *Carrier) ReadBack(ctx context.Context, users []int32) error {
	if c.fresh {
		return nil
	}
	if err := c.Look(ctx, users); err != nil {
		return err
	}
	c.Changes.Judge(c.Policy, c.Changes.In(changes.Accepted), c.Now())
	return nil
}
