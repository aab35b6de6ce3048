package transport

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// slow is an answer whose next byte comes after a pause each, or never when the call is over.
type slow struct {
	ctx   context.Context
	pause time.Duration
	left  int
	each  int
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
	return copy(p, strings.Repeat("x", s.each)), nil
}

func (s *slow) Close() error { return nil }

func TestTheOrgsTimeIsBoundedAndOursIsNot(t *testing.T) {
	for name, c := range map[string]struct {
		pause, reader time.Duration
		each          int // bytes that come at once, 0: one
		stalled       bool
	}{
		"an answer that drips for hours":         {pause: 50 * time.Second, stalled: true},
		"a slow line":                            {pause: 100 * time.Millisecond, each: 32 << 10},
		"a reader that takes its time":           {pause: 100 * time.Millisecond, reader: time.Hour},
		"an org that says nothing for too long":  {pause: 61 * time.Second, stalled: true},
		"silence after a reader's own long time": {pause: 61 * time.Second, reader: time.Hour, stalled: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				left := newCountdown(2*time.Minute, func() { cancel(errStalled) })
				body := &watched{ctx, &slow{ctx, c.pause, 1000, max(c.each, 1)}, cancel, time.Minute, left}
				var err error
				for err == nil {
					_, err = body.Read(make([]byte, 64<<10))
					time.Sleep(c.reader) // of the bubble's own clock
				}
				if stalled := errors.Is(err, errStalled); stalled != c.stalled || !stalled && err != io.EOF {
					t.Errorf("it ended with %v", err)
				}
				if err := body.Close(); err != nil || ctx.Err() == nil {
					t.Errorf("closing: %v, the call is over: %v", err, ctx.Err())
				}
			})
		})
	}
}

func TestASlowUploadBuysTimeAndOneThatDripsDoesNot(t *testing.T) {
	for name, c := range map[string]struct {
		each    int
		stalled bool
	}{
		"a slow line":          {64 << 10, false},
		"an org that trickles": {1, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var over atomic.Bool
				left := newCountdown(time.Minute, func() { over.Store(true) })
				body := uploaded{io.NopCloser(strings.NewReader(strings.Repeat("x", 300*c.each))), left}
				left.begin(math.MaxInt64)
				for err := error(nil); err == nil; {
					_, err = body.Read(make([]byte, c.each))
					time.Sleep(900 * time.Millisecond) // of the bubble's own clock
				}
				left.end()
				if over.Load() != c.stalled {
					t.Errorf("it was given up: %v", over.Load())
				}
			})
		})
	}
}

func TestASignInDoesNotOutlastItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		call := withPatience(t.Context(), time.Minute)
		time.Sleep(50 * time.Second) // of the bubble's own clock
		if got := patienceOf(withPatience(call, 2*time.Minute)); got != 10*time.Second {
			t.Errorf("%s are left to the sign-in", got)
		}
		time.Sleep(9 * time.Second)
		if got := patienceOf(call); got != grace {
			t.Errorf("%s are left to the last attempt", got)
		}
	})
}

// A caller that waits while another one signs in spends its own patience with that: it began when the token was asked for.
func TestASignInByItselfHasThePatienceOfACall(t *testing.T) {
	var until time.Time
	c, err := New(Options{RetryFor: 10 * time.Second, Login: func(ctx context.Context, _ *http.Client) (*oauth2.Token, error) {
		until, _ = ctx.Value(untilKey{}).(time.Time)
		return nil, errors.New("no answer")
	}})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, _ = c.Token(t.Context())
	if most := time.Since(began) + 10*time.Second; until.IsZero() || until.Sub(began) > most {
		t.Errorf("a sign-in that began at %s may last until %s", began, until)
	}
}
