package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// slowest is the pace, in bytes a second, below which bytes no longer buy time: a slow line is waited for, an answer
// that drips is not.
const slowest = 64 << 10

// grace is what an attempt that begins when patience is almost over still gets.
const grace = 5 * time.Second

var errStalled = NoAnswer("the answer stalled")

// untilKey is under which a context holds when the patience of its call ends.
type untilKey struct{}

// withPatience bounds all attempts under ctx. A sign-in inside of a call does not outlast the call.
func withPatience(ctx context.Context, long time.Duration) context.Context {
	until := time.Now().Add(long)
	if outer, ok := ctx.Value(untilKey{}).(time.Time); ok && outer.Before(until) {
		until = outer
	}
	return context.WithValue(ctx, untilKey{}, until)
}

func patienceOf(ctx context.Context) time.Duration {
	until, _ := ctx.Value(untilKey{}).(time.Time)
	return max(time.Until(until), grace)
}

// countdown ends an attempt when the org has had its time. Only the org's turns count: the time that a reader takes
// between two reads is ours.
type countdown struct {
	mu    sync.Mutex
	left  time.Duration
	since time.Time // the org's turn began, zero: it is our turn
	timer *time.Timer
}

func newCountdown(left time.Duration, over func()) *countdown {
	c := &countdown{left: left, timer: time.AfterFunc(left, over)}
	c.timer.Stop()
	return c
}

// begin starts a turn of the org, which takes no longer than most.
func (c *countdown) begin(most time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since = time.Now()
	c.timer.Reset(min(c.left, most))
}

// moved adds the time that bytes buy, in the middle of a turn or behind it.
func (c *countdown) moved(bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left += time.Duration(bytes) * time.Second / slowest
	if !c.since.IsZero() {
		c.timer.Reset(c.left - time.Since(c.since))
	}
}

// end ends a turn of the org.
func (c *countdown) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer.Stop()
	if !c.since.IsZero() {
		c.left -= time.Since(c.since)
		c.since = time.Time{}
	}
}

// uploaded is a request's body; each piece that the org takes buys time.
type uploaded struct {
	io.ReadCloser
	time *countdown
}

func (u uploaded) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	u.time.moved(n)
	return n, err
}

// watched is a body that is given up when nothing comes for too long, or drips.
type watched struct {
	ctx     context.Context // of the attempt: why a read ended is asked of it
	body    io.ReadCloser
	cancel  context.CancelCauseFunc
	silence time.Duration
	time    *countdown
}

func (w *watched) Read(p []byte) (int, error) {
	w.time.begin(w.silence)
	n, err := w.body.Read(p)
	w.time.end()
	w.time.moved(n)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if cause := context.Cause(w.ctx); cause != nil {
		return n, cause
	}
	return n, NoAnswer("the answer broke off: %w", err)
}

func (w *watched) Close() error {
	w.time.end()
	err := w.body.Close()
	w.cancel(context.Canceled)
	return err
}

// patientDialer makes connections on which each write ends within silence: the wait for an answer begins only when all
// was written, so an org that stops reading an upload would otherwise hold us for ever.
func patientDialer(silence time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return patient{c, silence}, nil
	}
}

type patient struct {
	net.Conn
	silence time.Duration
}

func (p patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(p.silence)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}
