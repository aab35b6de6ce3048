package connectortest

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// watch stands before an org and notes, after each call, whose written field has changed.
type watch struct {
	Org
	removes func(before, after string) bool
	mu      sync.Mutex
	field   map[string]string
	changed map[string]int
	gave    bool     // something was given already
	early   []string // what was taken away although something was given before
}

func newWatch(org Org, removes func(before, after string) bool) *watch {
	if removes == nil {
		removes = func(_, after string) bool { return after == "" }
	}
	return &watch{Org: org, removes: removes, field: org.Field(), changed: map[string]int{}}
}

// ServeHTTP hands the call to the org.
func (w *watch) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	defer w.look()
	w.Handler.ServeHTTP(to, r)
}

func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.Field()
	var taken []string
	gave := false
	for user := range union(w.field, now) {
		before, after := w.field[user], now[user]
		if before == after {
			continue
		}
		w.changed[user]++
		if w.removes(before, after) {
			taken = append(taken, fmt.Sprintf("%s: %q becomes %q", user, before, after))
		} else {
			gave = true
		}
	}
	if w.gave = w.gave || gave; w.gave {
		w.early = append(w.early, taken...)
	}
	w.field = now
}

// drift lets another admin change users by hand, and returns what their fields say now. It is no change of ours.
func (w *watch) drift(t *testing.T) map[string]string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Drift()
	now, drifted := w.Field(), map[string]string{}
	for user := range union(w.field, now) {
		if w.field[user] != now[user] {
			drifted[user] = now[user]
		}
	}
	if len(drifted) == 0 {
		t.Fatal("the rig's other admin has changed nothing")
	}
	w.field = now
	return drifted
}

// union is a set of the keys of both.
func union(a, b map[string]string) map[string]bool {
	all := map[string]bool{}
	for _, m := range []map[string]string{a, b} {
		for k := range m {
			all[k] = true
		}
	}
	return all
}

// changes is how often the written field has changed, of all users together.
func (w *watch) changes() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, times := range w.changed {
		n += times
	}
	return n
}

// broken are the promises that can be seen from outside to be broken.
func (w *watch) broken() []string {
	all := w.Violations()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, what := range w.early {
		all = append(all, "taken away after upserts had begun: "+what)
	}
	for user, times := range w.changed {
		if times > 1 {
			all = append(all, fmt.Sprintf("%s was changed %d times", user, times))
		}
	}
	return all
}
