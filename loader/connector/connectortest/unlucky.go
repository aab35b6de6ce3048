package connectortest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// failures are four ways in which one call may fail.
var failures = []struct {
	name    string
	applied bool // the org carries the call out
	status  int  // and answers so; 0: the connection is cut
}{
	{"cut before it arrived", false, 0},
	{"cut after it was carried out", true, 0},
	{"503 instead of being carried out", false, http.StatusServiceUnavailable},
	{"502 after it was carried out", true, http.StatusBadGateway},
}

// Unlucky stands before an org and lets one call fail. Without a place it only counts.
type Unlucky struct {
	http.Handler
	mu     sync.Mutex
	calls  int
	at     int // from 1
	how    int
	struck string // the call that failed
}

// Calls is how many there were.
func (u *Unlucky) Calls() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.calls
}

// ServeHTTP counts, and fails when its turn has come.
func (u *Unlucky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	u.calls++
	mine := u.calls == u.at
	if mine {
		u.struck = r.Method + " " + r.URL.Path
	}
	u.mu.Unlock()
	if !mine {
		u.Handler.ServeHTTP(w, r)
		return
	}
	f := failures[u.how]
	if f.applied {
		u.Handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	if f.status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(f.status)
}

// EachCall runs a story once for each of so many calls and each way in which it may fail, side by side.
func EachCall(t *testing.T, calls int, story func(t *testing.T, u *Unlucky)) {
	t.Helper()
	if calls == 0 {
		t.Fatal("no call was counted: nothing can fail")
	}
	for at := 1; at <= calls; at++ {
		for how := range failures {
			t.Run(fmt.Sprintf("call %d %s", at, failures[how].name), func(t *testing.T) {
				t.Parallel()
				u := &Unlucky{at: at, how: how}
				story(t, u)
				if t.Failed() {
					t.Logf("it was %s", u.struck)
				}
			})
		}
	}
}
