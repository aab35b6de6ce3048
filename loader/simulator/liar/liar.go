// Package liar stands in front of any org and spoils chosen answers: at call N one named trouble happens, and all
// else passes as it is.
package liar

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"rosterload/loader/simulator/trouble"
)

// Strike is one trouble at one call, counted from 1.
type Strike struct {
	Call    int
	Trouble string // one of Troubles
}

// Liar is a handler in front of another. It is safe for several goroutines.
type Liar struct {
	// Patience is how long a stalled answer is silent before its connection is cut.
	Patience time.Duration

	next   http.Handler
	plan   map[int]string
	mu     sync.Mutex
	calls  int
	struck []string
}

const html = `<!doctype html><title>Down for maintenance</title><p>We will be back soon.</p>`

// sessionEnded is how Salesforce says so; programs that look at the status alone read it as any org's.
const sessionEnded = `[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]`

// page is an answer of a front end, which knows nothing of the org's protocol.
func page(status int, kind, body string, after bool) trouble.Effect {
	return trouble.Effect{After: after, Status: status, Body: &body, Headers: map[string]string{"Content-Type": kind}}
}

// half cuts an answer of its length in the middle.
func half(e trouble.Effect) func(a *trouble.Answer) trouble.Effect {
	return func(a *trouble.Answer) trouble.Effect {
		middle := len(a.Body) / 2
		e.CutBytes = &middle
		return e
	}
}

func always(e trouble.Effect) func(*trouble.Answer) trouble.Effect {
	return func(*trouble.Answer) trouble.Effect { return e }
}

// troubles are the effects by name. Those before never reach the org; all others are carried out.
var troubles = map[string]func(a *trouble.Answer) trouble.Effect{
	"cut before":        always(trouble.Effect{Drop: true}),
	"cut after":         always(trouble.Effect{After: true, Drop: true}),
	"502 before":        always(page(http.StatusBadGateway, "text/html", html, false)),
	"502 after":         always(page(http.StatusBadGateway, "text/html", html, true)),
	"503 before":        always(page(http.StatusServiceUnavailable, "text/html", html, false)),
	"503 after":         always(page(http.StatusServiceUnavailable, "text/html", html, true)),
	"html 200 before":   always(page(http.StatusOK, "text/html", html, false)),
	"html 200 after":    always(page(http.StatusOK, "text/html", html, true)),
	"empty 200 before":  always(page(http.StatusOK, "", "", false)),
	"empty 200 after":   always(page(http.StatusOK, "", "", true)),
	"cut in the middle": half(trouble.Effect{After: true, Drop: true}),
	"half, length fits": half(trouble.Effect{After: true}),
	"rows doubled":      always(trouble.Effect{After: true, DoubleRows: true}),
	"dripping":          always(trouble.Effect{After: true, Drip: "0s"}),
	"stall":             half(trouble.Effect{After: true}),
	"wrong content type": always(trouble.Effect{
		After:   true,
		Headers: map[string]string{"Content-Type": "application/octet-stream"},
	}),
	"retry after nonsense": always(trouble.Effect{
		Status: http.StatusServiceUnavailable, Body: new(string), RetryAfter: "the day after tomorrow",
	}),
	"session ended": always(page(http.StatusUnauthorized, "application/json;charset=UTF-8", sessionEnded, false)),
}

// Troubles are their names, in order.
func Troubles() []string {
	var names []string
	for name := range troubles {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// New puts a liar in front of a handler. It panics when a strike names no trouble: a plan that does nothing would
// prove nothing.
func New(next http.Handler, plan ...Strike) *Liar {
	l := &Liar{Patience: 2 * time.Second, next: next, plan: map[int]string{}}
	for _, s := range plan {
		if troubles[s.Trouble] == nil {
			panic(fmt.Sprintf("there is no trouble %q; there are: %s", s.Trouble, strings.Join(Troubles(), ", ")))
		}
		l.plan[s.Call] = s.Trouble
	}
	return l
}

// Calls is how many there were.
func (l *Liar) Calls() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls
}

// Struck are the calls that were spoiled so far: their number, method, path and trouble.
func (l *Liar) Struck() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.struck)
}

// ServeHTTP counts a call, and spoils its answer when that is planned.
func (l *Liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := l.count(r)
	if name == "" {
		l.next.ServeHTTP(w, r)
		return
	}
	l.spoil(w, r, name)
}

// count is the trouble of this call, "" for none.
func (l *Liar) count(r *http.Request) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	name := l.plan[l.calls]
	if name != "" {
		l.struck = append(l.struck, fmt.Sprintf("%d %s %s: %s", l.calls, r.Method, r.URL.Path, name))
	}
	return name
}

func (l *Liar) spoil(w http.ResponseWriter, r *http.Request, name string) {
	effect := troubles[name](&trouble.Answer{})
	serve := l.next.ServeHTTP
	if effect.After { // carried out once, before anything is said
		answer := trouble.Record(serve, r)
		effect = troubles[name](answer)
		serve = answer.ServeHTTP
	}
	if name == "stall" {
		effect.Stall = l.Patience.String()
	}
	effect.Apply(w, r, serve, serve)
}
