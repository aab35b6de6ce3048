package transport

import (
	"context"
	"math"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// line carries one attempt: it bounds the attempt in time, logs it, and knows whether anything of it left this machine.
type line struct {
	next    http.RoundTripper
	options Options
}

// unsentError is an attempt of which nothing left this machine: whatever it asked for was not done.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return e.err.Error() }
func (e *unsentError) Unwrap() error { return e.err }

// RoundTrip sends the request. The body of the answer is watched, whatever its status.
func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	left := newCountdown(patienceOf(ctx), func() { cancel(errStalled) })
	var wrote atomic.Bool
	out := r.WithContext(httptrace.WithClientTrace(ctx,
		&httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }}))
	if r.Body != nil && r.Body != http.NoBody {
		out.Body = uploaded{r.Body, left}
	}
	began := time.Now()
	left.begin(math.MaxInt64)
	resp, err := l.next.RoundTrip(out)
	left.end()
	l.log(r, resp, time.Since(began))
	if err == nil {
		resp.Body = &watched{ctx: ctx, body: resp.Body, cancel: cancel, silence: l.options.Silence, time: left}
		return resp, nil
	}
	if cause := context.Cause(ctx); cause != nil && r.Context().Err() == nil {
		err = cause
	}
	cancel(err)
	if !wrote.Load() {
		err = &unsentError{err}
	}
	return nil, err
}

func (l *line) log(r *http.Request, resp *http.Response, took time.Duration) {
	status, tag := 0, TagOf(r.Context())
	if resp != nil {
		status = resp.StatusCode
	}
	l.options.Log.DebugContext(r.Context(), "call", "method", r.Method, "path", r.URL.Path, "status", status, "took",
		took, "run", tag.Run, "job", tag.Job, "batch", tag.Batch)
}
