// Package patience counts time: pauses that grow, and how long nothing may move before waiting ends. The clock is
// handed in.
package patience

import (
	"context"
	"time"
)

// Pause is a wait that grows by half each time, up to the longest.
type Pause struct{ Next, Most time.Duration }

// Take is the next wait.
func (p *Pause) Take() time.Duration {
	d := p.Next
	p.Next = min(p.Next*3/2, p.Most)
	return d
}

// Patience is time without movement.
type Patience struct {
	Long time.Duration
	now  func() time.Time
	from time.Time
}

// New counts from now.
func New(long time.Duration, now func() time.Time) *Patience {
	return &Patience{Long: long, now: now, from: now()}
}

// Moved begins the count again.
func (p *Patience) Moved() { p.from = p.now() }

// Over tells whether nothing has moved for long enough.
func (p *Patience) Over() bool { return p.Left() <= 0 }

// Left is how much is left of it.
func (p *Patience) Left() time.Duration { return p.from.Add(p.Long).Sub(p.now()) }

// Sleep waits, or returns the context's cause when it is cancelled.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// Linger is a context that ends a grace after its parent: a call that writes may end, and its answer is worth waiting
// for.
func Linger(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, func() { cancel(context.Cause(ctx)) })
	})
	return late, func() { stop(); cancel(context.Canceled) }
}
