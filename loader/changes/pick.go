package changes

import (
	"slices"
	"time"

	"rosterload/loader/run"
	"rosterload/transform"
)

// What the loader asks of all entries at once.

// In are the entries of a state.
func (c *Changes) In(s State) []int32 {
	return c.Pick(func(i int32) bool { return c.entries[i].state == s })
}

// Unsettled are the rows of a job that the org has stored and not settled; behind upserts, where both is set, those of
// the removals too.
func (c *Changes) Unsettled(job transform.Job, both bool) []int32 {
	return c.Pick(func(i int32) bool {
		of := c.Job(i)
		mine := of == job || both && !job.Removes() && of.IsRetry() == job.IsRetry()
		return mine && c.entries[i].state == Accepted && !c.IsSettled(i)
	})
}

// Touched are the users for which something was asked, or whose own requests are followed.
func (c *Changes) Touched() []int32 {
	return c.Pick(func(i int32) bool {
		s := c.entries[i].state
		return s != Unsent && s != Drifted && s != Superseded
	})
}

// NeverSent are the rows of batches that wait to be sent for the first time.
func (c *Changes) NeverSent() []int32 {
	return c.Pick(func(i int32) bool {
		b := c.Batch(i)
		return b != nil && b.Open() && !b.Submitted
	})
}

// Unreached are the rows of a batch that was cut short to which none of its calls has come: the calls go one behind the
// other in the order of the file, and what one of them has answered is on disk before the next leaves.
func (c *Changes) Unreached(b *run.Batch) []int32 {
	if b.Limits.PerCall == 0 || b.Resend {
		return nil
	}
	rows, answered := slices.Collect(c.Of(b)), 0
	for n, i := range rows {
		if _, spoke := c.words[i]; spoke || c.entries[i].state != Sent {
			answered = n + 1
		}
	}
	return rows[min(len(rows), answered+b.Limits.PerCall):]
}

// mostSendings is how often a row is handed over that the org refuses for the moment.
const mostSendings = 3

// Transient are the rows of a job that were refused for the moment and may be sent once more.
func (c *Changes) Transient(job transform.Job) []int32 {
	return c.Pick(func(i int32) bool {
		e := &c.entries[i]
		return e.state == Refused && e.transient && e.attempts < mostSendings && c.Job(i) == job
	})
}

// AnySettled tells whether the org has carried out any row of a job.
func (c *Changes) AnySettled(job transform.Job) bool {
	return len(c.Pick(func(i int32) bool { return c.Job(i) == job && c.IsSettled(i) })) > 0
}

// NoneChanged tells whether neither group nor status of any of these has changed since the plan.
func (c *Changes) NoneChanged(which []int32) bool {
	for _, i := range which {
		if e := &c.entries[i]; c.names.differ(e.before, e.after) {
			return false
		}
	}
	return true
}

// Judge settles rows by what was last seen and returns those that are still open, in the room of the list it was given.
func (c *Changes) Judge(p transform.Policy, which []int32, now time.Time) []int32 {
	still := which[:0]
	for _, i := range which {
		if c.IsSettled(i) {
			continue
		}
		if _, settled := c.Verdict(p, i); settled {
			c.Settle(i, now)
		} else {
			still = append(still, i)
		}
	}
	return still
}
