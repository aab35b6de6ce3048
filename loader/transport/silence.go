package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

var errStalled = fmt.Errorf("the answer stalled: %w", ErrUnavailable)

// watched is a body that is given up after a silence of the org, not after a total time. The time that its reader takes between two reads is
// not the org's.
type watched struct {
	ctx     context.Context // of the call: why a read ended is asked of it
	body    io.ReadCloser
	cancel  context.CancelCauseFunc
	silence time.Duration
	timer   *time.Timer
}

func watch(ctx context.Context, body io.ReadCloser, cancel context.CancelCauseFunc, silence time.Duration) *watched {
	w := &watched{ctx: ctx, body: body, cancel: cancel, silence: silence, timer: time.AfterFunc(silence, func() { cancel(errStalled) })}
	w.timer.Stop()
	return w
}

func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(w.silence)
	n, err := w.body.Read(p)
	w.timer.Stop()
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if cause := context.Cause(w.ctx); cause != nil {
		return n, cause
	}
	return n, fmt.Errorf("the answer broke off: %w: %w", err, ErrUnavailable)
}

func (w *watched) Close() error {
	w.timer.Stop()
	err := w.body.Close()
	w.cancel(context.Canceled)
	return err
}

// patientDialer makes connections on which each write ends within silence: the wait for an answer begins only when all was written, so an org
// that stops reading an upload would otherwise hold us for ever.
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
