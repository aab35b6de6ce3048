// Package carry brings the sealed batches of one job to their outcomes: it sends, settles what was not answered, and
// waits until the org has done its work.
//
//	Job:  deliver ─┐
//	      deliver ─┼─ barrier ─▶ settle ─▶ (a further round, or) ─▶ await
//	      deliver ─┘
//
// One goroutine owns a Carrier: the changes, the order of the journal, the numbers of further batches. Beside it run
// only the deliveries of one job's batches, each with its own file of outcomes, and the owner waits for all of them
// before it settles; and the count of holders beside a last look, for which Look waits.
package carry

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/patience"
	"rosterload/loader/plan"
	"rosterload/loader/run"
	"rosterload/transform"
)

// Carrier is a run on its way to the org.
type Carrier struct {
	Writer    *run.Writer
	Target    connector.Target
	Connector *connector.Connector
	Flags     *run.Flags // Wait and Poll
	MostRows  int        // the most rows of a batch, 0: as many as the org allows
	RetryFor  time.Duration
	// Unattended keeps a run that has met a silent worker from going on: no person has asked for it.
	Unattended bool
	Resumed    bool // an earlier process planned the run: time has passed since the org was looked at
	// MaySend is asked before each batch, by several deliveries at once; an error keeps it back.
	MaySend  func() error
	Warn     func(format string, args ...any)
	Progress func(stage string, done, total int)
	Log      *slog.Logger
	// Now and Sleep are the clock; deliveries use it side by side.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error

	Changes *changes.Changes // once they are read from the sealed files
	Policy  transform.Policy // of the last look
	fresh   bool             // the last look showed every user touched, and all had settled
	looks   int              // at users
	beside  *holderCount     // counted beside a look that might be the last, nil: not counted
	// unsearchable tells that the org has said no to being asked for the removed alone.
	unsearchable bool
}

const defaultPatience = 30 * time.Minute

// patience is --wait, counted from now. --wait 0 waits for jobs all the same, with the usual patience.
func (c *Carrier) patience() *patience.Patience {
	long := c.Flags.Wait
	if long <= 0 {
		long = defaultPatience
	}
	return patience.New(long, c.Now)
}

// jobPause is the wait between two looks at a job, and between two rounds.
func (c *Carrier) jobPause() patience.Pause {
	return patience.Pause{Next: c.Flags.Poll.Job, Most: c.Flags.Poll.JobMost}
}

// Limits are the org's; a retry's files have the headings and the one word of the status field.
func (c *Carrier) Limits(job transform.Job) transform.Limits {
	l := c.Target.Limits()
	if c.MostRows > 0 {
		l.Rows = min(l.Rows, c.MostRows)
	}
	if retrier, ok := c.Target.(connector.Retrier); ok && job.IsRetry() {
		l.Headings, l.Nothing = retrier.RetrySpelling()
		l.Own, l.SplitValue = "", nil
	}
	return l
}

// Thinking is the policy of the last look, or that of what is known without one.
func (c *Carrier) Thinking(ctx context.Context) (transform.Policy, error) {
	if c.Policy != nil {
		return c.Policy, nil
	}
	none := func(func(transform.User) bool) {}
	var err error
	c.Policy, err = c.Target.Look(ctx, none, func(transform.Standing) error { return nil })
	return c.Policy, err
}

// Look asks the org what it holds of these entries now.
func (c *Carrier) Look(ctx context.Context, which []int32) error {
	if len(which) == 0 {
		_, err := c.Thinking(ctx)
		return err
	}
	c.beside = nil // of an earlier look
	c.Changes.BeginLook(which)
	counted := c.countBeside(ctx, which)
	policy, err := c.Target.Look(ctx, c.Changes.Users(which), c.Changes.See)
	counted(err)
	return c.looked(which, policy, err)
}

// lookAtRemoved is Look behind a job of removals: first at the users whose request was cleared, where the org can be
// asked for them, and then at those who are not among them. An org that says no to that question is asked for all, now
// and later: the field may be one that cannot be searched. One that is down ends the run, as at any look; a resume asks
// for all, for a query job that has failed looks like an org that is down.
func (c *Carrier) lookAtRemoved(ctx context.Context, which []int32) error {
	asker, ok := c.Target.(connector.RemovedLooker)
	if !ok || c.unsearchable || c.Resumed {
		return c.Look(ctx, which)
	}
	c.beside = nil
	c.Changes.BeginLook(which)
	policy, err := asker.LookRemoved(ctx, c.Changes.Users(which), c.Changes.See)
	if err != nil && ctx.Err() == nil && !errors.Is(err, connector.ErrUnavailable) {
		c.unsearchable = true
		c.Log.Info("the removed cannot be asked for alone", "run", c.Writer.Run.ID, "err", err)
		return c.Look(ctx, which)
	}
	if rest := c.Changes.NotLooked(which); err == nil && len(rest) > 0 {
		policy, err = c.Target.Look(ctx, c.Changes.Users(rest), c.Changes.See)
	}
	return c.looked(which, policy, err)
}

// looked ends a look.
func (c *Carrier) looked(which []int32, policy transform.Policy, err error) error {
	if err != nil {
		c.Changes.TakeIn()
		return err
	}
	c.looks++
	c.Changes.EndLook(which)
	c.Policy = policy
	return nil
}

// Further seals batches behind those of the plan.
func (c *Carrier) Further() *plan.Further {
	return &plan.Further{Writer: c.Writer, Changes: c.Changes, Limits: c.Limits}
}

// tagged lets log lines say which batch a call belongs to.
func (c *Carrier) tagged(ctx context.Context, b *run.Batch) context.Context {
	return connector.WithTag(ctx, c.Writer.Run.ID, b.Job, b.Number)
}
