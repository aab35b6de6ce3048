package connectortest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// failures are the ways in which one call may fail: it is not answered, or its answer is spoiled.
var failures = []struct {
	name   string
	strike func(u *Unlucky, w http.ResponseWriter, r *http.Request)
}{
	{"cut before it arrives", func(*Unlucky, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	{"cut after it is carried out", func(u *Unlucky, _ http.ResponseWriter, r *http.Request) {
		u.carryOut(r)
		panic(http.ErrAbortHandler)
	}},
	{"503 instead of being carried out", func(_ *Unlucky, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }},
	{"502 after it is carried out", func(u *Unlucky, w http.ResponseWriter, r *http.Request) {
		u.carryOut(r)
		w.WriteHeader(http.StatusBadGateway)
	}},
	{"its answer comes twice over", func(u *Unlucky, w http.ResponseWriter, r *http.Request) {
		answer := u.carryOut(r)
		body := slices.Repeat(answer.Body.Bytes(), 2)
		send(w, answer, body, len(body))
	}},
	{"its answer is cut in half", func(u *Unlucky, w http.ResponseWriter, r *http.Request) {
		answer := u.carryOut(r)
		body := answer.Body.Bytes()
		if len(body) > 1 {
			send(w, answer, body[:len(body)/2], len(body))
		}
		panic(http.ErrAbortHandler)
	}},
	{"its answer comes late", func(u *Unlucky, w http.ResponseWriter, r *http.Request) {
		answer := u.carryOut(r)
		select {
		case <-u.next: // another call has overtaken it
		case <-time.After(50 * time.Millisecond):
		case <-r.Context().Done():
		}
		send(w, answer, answer.Body.Bytes(), answer.Body.Len())
	}},
}

// unanswered is how many of the failures are those of a call without its answer; they come first.
const unanswered = 4

// send writes an answer whose header promises so many bytes.
func send(w http.ResponseWriter, answer *httptest.ResponseRecorder, body []byte, promised int) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	if answer.Code != http.StatusNoContent && answer.Code != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(promised))
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body)
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// strikes says which calls fail, and how: numbers from 1, and places in failures.
type strikes map[int]int

// Unlucky stands before an org and lets calls fail. Without strikes it only counts.
type Unlucky struct {
	http.Handler
	strikes strikes
	next    chan struct{} // a call that begins while another's answer is held back
	mu      sync.Mutex
	calls   int
	writes  []int // calls of another method than GET
	struck  []string
}

func unlucky(org http.Handler, s strikes) *Unlucky {
	return &Unlucky{Handler: org, strikes: s, next: make(chan struct{})}
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
	if r.Method != http.MethodGet {
		u.writes = append(u.writes, u.calls)
	}
	how, mine := u.strikes[u.calls]
	if mine {
		u.struck = append(u.struck, fmt.Sprintf("call %d, %s %s: %s", u.calls, r.Method, r.URL.Path,
			failures[how].name))
	}
	u.mu.Unlock()
	select {
	case u.next <- struct{}{}:
	default:
	}
	if !mine {
		u.Handler.ServeHTTP(w, r)
		return
	}
	failures[how].strike(u, w, r)
}

func (u *Unlucky) carryOut(r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	u.Handler.ServeHTTP(answer, r)
	return answer
}

// each call fails in each way of not being answered. Of the ways in which an answer may be spoiled, one is each call's,
// in turn.
func each(calls int) (all []strikes) {
	spoiled := len(failures) - unanswered
	for at := 1; at <= calls; at++ {
		for how := range unanswered {
			all = append(all, strikes{at: how})
		}
		all = append(all, strikes{at: unanswered + at%spoiled})
	}
	return all
}

// pairs are two failures in one night: of neighbours, so that what mends the first fails as well, and of some others.
func pairs(calls int) (all []strikes) {
	random := rand.New(rand.NewPCG(1, 2)) // the same nights each time
	how := func() int { return random.IntN(len(failures)) }
	for at := 1; at <= calls; at++ {
		all = append(all, strikes{at: how(), at + 1: how()})
	}
	for range 2 * len(failures) {
		at := 1 + random.IntN(calls)
		all = append(all, strikes{at: how(), at + 2 + random.IntN(calls): how()})
	}
	return all
}

// some are single failures of calls here and there.
func some(calls, nights int) (all []strikes) {
	random := rand.New(rand.NewPCG(3, 4))
	for n := range nights {
		all = append(all, strikes{1 + random.IntN(calls): n % len(failures)})
	}
	return all
}

// nights runs a story for each of these strikes, side by side.
func nights(t *testing.T, all []strikes, story func(t *testing.T, s strikes) *Unlucky) {
	t.Helper()
	if len(all) == 0 {
		t.Fatal("no call was counted: nothing can fail")
	}
	for _, s := range all {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			u := story(t, s)
			if t.Failed() {
				t.Logf("it was %q", u.struck)
			}
		})
	}
}

// String names a night.
func (s strikes) String() (name string) {
	for i, at := range s.calls() {
		if i > 0 {
			name += " and "
		}
		name += fmt.Sprintf("call %d %s", at, failures[s[at]].name)
	}
	return name
}

func (s strikes) calls() []int {
	var all []int
	for at := range s {
		all = append(all, at)
	}
	slices.Sort(all)
	return all
}
