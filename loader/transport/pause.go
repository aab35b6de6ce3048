package transport

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The pauses between the attempts of a call.
const (
	firstPause   = 200 * time.Millisecond
	longestPause = 15 * time.Second
)

// pauseAfter is our own pause behind an attempt, from 0: twice as long each time, and up to a quarter more, so that
// workers do not come back all at once.
func pauseAfter(attempt int) time.Duration {
	wait := longestPause
	if attempt < 7 { // 0.2 s doubled seven times is more than the longest
		wait = firstPause << max(attempt, 0)
	}
	return wait + rand.N(wait/4+1)
}

// retryAfter is how long an org asks us to stay away; 0 when it does not say, and when what it says is over or cannot
// be read.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0) // Sub stops at the longest duration
	}
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds > int64(math.MaxInt64/time.Second) {
		return math.MaxInt64
	}
	return time.Duration(seconds) * time.Second
}

// pause waits before the sign-in that follows attempt, unless ctx ends first.
func pause(ctx context.Context, attempt int) error {
	timer := time.NewTimer(pauseAfter(attempt))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
