package carry

import (
	"context"
	"sync"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/transform"
)

// CountHolders notes, behind everything that was sent, how many people have a group now: as the org counts them, or as
// the last look saw them all. An org that does not tell ends nothing.
func (c *Carrier) CountHolders(ctx context.Context) error {
	if !c.Writer.Run.SentAnything() || c.Policy == nil {
		return nil
	}
	n := c.Policy.Holders()
	if counter, ok := c.Target.(connector.HolderCounter); ok {
		var err error
		if n, err = c.countNow(ctx, counter); err != nil {
			c.Log.Info("holders are not counted again", "run", c.Writer.Run.ID, "err", err)
			return nil
		}
	}
	if n < 0 {
		return nil
	}
	return c.Writer.Note(journal.Event{What: journal.Counted, Rows: n})
}

// holderCount is how many people have a group, as the org counted them beside a look.
type holderCount struct {
	holders int
	err     error
}

// countNow takes what was counted beside the last look, when it agrees with what that look saw, and asks otherwise:
// between the two the worker may have carried requests out, or other admins may have moved people.
func (c *Carrier) countNow(ctx context.Context, counter connector.HolderCounter) (int, error) {
	if t := c.beside; t != nil && (t.err != nil || t.holders == c.expected()) {
		return t.holders, t.err
	}
	return counter.CountHolders(ctx)
}

// expected is how many people have a group when nothing but this run has changed that since its plan.
func (c *Carrier) expected() int {
	n := c.Policy.Holders()
	for _, i := range c.Changes.Touched() {
		if c.Changes.Before(i).Group != "" {
			n--
		}
		if c.Changes.After(i).Group != "" {
			n++
		}
	}
	return n
}

// smallLoad is how many users a load may touch so that its holders are counted beside a look: in a larger one a call
// more in a row is not felt, and to add its users up takes time.
const smallLoad = 2000

// mayBeLast tells whether a look at these users may be the last of the run: its answers are in, and no wait follows, or
// the worker had carried the removals out by the first look. A resumed run does not know the count of its plan.
func (c *Carrier) mayBeLast(which []int32) bool {
	r := c.Writer.Run
	quick := c.Flags.Wait <= 0 || c.looks == 1 && !r.Times[transform.Removals].Settled.IsZero()
	return quick && !c.Resumed && r.Answered() && len(which) <= smallLoad && c.Policy != nil && c.Policy.Holders() >= 0
}

// countBeside counts the holders beside a look that may be the last. The function it returns waits for the count, or
// gives it up where the look has failed.
func (c *Carrier) countBeside(ctx context.Context, which []int32) (end func(looked error)) {
	counter, ok := c.Target.(connector.HolderCounter)
	if !ok || !c.mayBeLast(which) {
		return func(error) {}
	}
	ctx, giveUp := context.WithCancel(ctx)
	var t holderCount
	var asking sync.WaitGroup
	asking.Go(func() { t.holders, t.err = counter.CountHolders(ctx) })
	return func(looked error) {
		if looked != nil {
			giveUp()
		}
		asking.Wait()
		if giveUp(); looked == nil {
			c.beside = &t
		}
	}
}
