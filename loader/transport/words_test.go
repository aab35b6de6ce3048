package transport

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "0", "120", "-1", "10000000000", "Fri, 31 Dec 9999 23:59:59 GMT", "1.5", "٣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if wait := retryAfter(http.Header{"Retry-After": {text}}, time.Unix(1_700_000_000, 0)); wait < 0 {
			t.Errorf("%q waits %s", text, wait)
		}
	})
}

func TestRetryAfterIsReadInBothForms(t *testing.T) {
	now := time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "Mon, 23 Nov 2026 02:16:00 GMT": time.Minute, "Sun, 22 Nov 2026 02:16:00 GMT": 0, "0": 0, "-1": 0, "": 0,
		"10000000000": math.MaxInt64, "99999999999999999999": math.MaxInt64, "Fri, 31 Dec 9999 23:59:59 GMT": math.MaxInt64,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q waits %s, want %s", text, got, want)
		}
	}
}

func TestPausesGrow(t *testing.T) {
	for attempt, least := range map[int]time.Duration{0: 200 * time.Millisecond, 1: 400 * time.Millisecond, 6: 12800 * time.Millisecond, 7: 15 * time.Second, math.MaxInt32: 15 * time.Second} {
		if got := pauseAfter(attempt); got < least || got > least+least/4+1 {
			t.Errorf("behind attempt %d: %s", attempt, got)
		}
	}
}

func FuzzSpelled(f *testing.F) {
	f.Add("Grüße, 東京\x1b[2J\xff\u202e", "2J")
	f.Fuzz(func(t *testing.T, text, secret string) {
		got := spelled(text)
		if !utf8.ValidString(got) || strings.IndexFunc(got, func(r rune) bool { return unicode.IsControl(r) }) >= 0 {
			t.Errorf("%q became %q", text, got)
		}
		if len(secret) >= leastSecret && !strings.Contains("***", secret) && strings.Contains(hide([]string{secret}).struck("x "+secret+" x"), " "+secret+" ") {
			t.Errorf("%q was not struck out", secret)
		}
	})
}
