package transport

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// slow is an answer whose next byte comes after a pause each, or never when the call is over.
type slow struct {
	ctx   context.Context
	pause time.Duration
	left  int
}

func (s *slow) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	select {
	case <-time.After(s.pause):
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
	s.left--
	return copy(p, "x"), nil
}

func (s *slow) Close() error { return nil }

func TestPatienceIsWithSilenceNotWithTime(t *testing.T) {
	for name, c := range map[string]struct {
		pause, reader time.Duration
		stalled       bool
	}{
		"an answer that drips for hours":         {pause: 50 * time.Second},
		"a reader that takes its time":           {pause: time.Second, reader: time.Hour},
		"an org that says nothing for too long":  {pause: 61 * time.Second, stalled: true},
		"silence after a reader's own long time": {pause: 61 * time.Second, reader: time.Hour, stalled: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				body := watch(ctx, &slow{ctx, c.pause, 200}, cancel, time.Minute)
				var err error
				for err == nil {
					_, err = body.Read(make([]byte, 8))
					time.Sleep(c.reader) // of the bubble's own clock
				}
				if stalled := errors.Is(err, ErrUnavailable); stalled != c.stalled || !stalled && err != io.EOF {
					t.Errorf("it ended with %v", err)
				}
				if err := body.Close(); err != nil || ctx.Err() == nil {
					t.Errorf("closing: %v, the call is over: %v", err, ctx.Err())
				}
			})
		})
	}
}
