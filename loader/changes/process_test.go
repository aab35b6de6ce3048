package changes

import (
	"fmt"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rosterload/loader/connector"
)

// What is known at each moment of a run is what another process reads from disk, each entry stands in one batch, and in one state.
func TestAnotherProcessKnowsTheSameWhateverHappened(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		home, err := os.MkdirTemp(t.TempDir(), "home")
		if err != nil {
			rt.Fatal(err)
		}
		r := rigIn(rt, home)
		defer r.w.Close()
		for range rapid.IntRange(1, 14).Draw(rt, "steps") {
			r.now = r.now.Add(time.Second)
			if fresh := r.step(rt); !fresh {
				continue
			}
			r.compareSight(rt)
		}
		r.compare(rt)
	})
}

// step lets one thing happen that a loader may do, and tells whether a revision was written.
func (r *rig) step(rt *rapid.T) bool {
	b := rapid.SampledFrom(r.w.Run.Batches).Draw(rt, "batch")
	some := rapid.SliceOfNDistinct(rapid.IntRange(0, 9), 1, 4, rapid.ID).Draw(rt, "users")
	switch rapid.SampledFrom([]string{"send", "send", "said", "said", "said", "end", "miss", "further", "transient", "look", "settle", "results", "retry"}).Draw(rt, "what") {
	case "send":
		if b.Open() && !b.Submitted {
			r.send(b)
		}
	case "said":
		if b.Open() && b.Submitted {
			all, restart := r.drawOutcomes(rt, some), rapid.Bool().Draw(rt, "restart")
			if r.org[b] = append(r.org[b], all...); restart {
				all = r.org[b]
			}
			r.said(b, restart, all...)
		}
	case "end":
		if b.Open() && b.Submitted && len(r.Unanswered(b)) == 0 {
			r.end(b)
		}
	case "miss":
		if b.Open() && b.Submitted && len(r.Unanswered(b)) == b.Rows {
			r.miss(b)
		}
	case "further":
		if rest := r.numbers(r.Unanswered(b)); b.Open() && b.Submitted && len(rest) > 0 {
			r.further(b.Job, b, rest...)
		}
	case "transient":
		rows := r.Pick(func(i int32) bool {
			return r.entries[i].transient && r.State(i) == Refused && r.Batch(i) == b && b.Done
		})
		if len(rows) > 0 {
			r.further(b.Job, nil, r.numbers(rows)...)
		}
	case "look":
		r.drawLook(rt, some)
	case "settle":
		for _, n := range some {
			if i, ok := r.Find(user(n)); ok && r.Seen(i) && r.State(i) == Accepted {
				r.Settle(i, r.now)
			}
		}
	case "results":
		r.results(r.w.Run.Answered())
		return true
	case "retry":
		if r.w.Run.Over && r.w.Run.Retry == nil {
			r.retry(some...)
		}
	}
	return false
}

func (r *rig) numbers(which []int32) (numbers []int) {
	for _, i := range which {
		var n int
		_, _ = fmt.Sscanf(r.ID(i), "user%d", &n)
		numbers = append(numbers, n)
	}
	return numbers
}

func (r *rig) drawOutcomes(rt *rapid.T, some []int) (all []connector.Outcome) {
	for _, n := range some {
		o := connector.Outcome{User: user(n), State: rapid.SampledFrom([]connector.State{connector.Accepted, connector.Refused, connector.Unprocessed, connector.Same, connector.Step, OutcomeDrifted}).Draw(rt, "said")}
		if o.State == connector.Refused {
			o.Transient, o.Reason = rapid.Bool().Draw(rt, "transient"), "no,\n\"never\""
		}
		all = append(all, o)
	}
	return all
}

func (r *rig) drawLook(rt *rapid.T, some []int) {
	known, shown := []int{}, map[int]string{}
	for _, n := range some {
		if _, ok := r.Find(user(n)); ok {
			known = append(known, n)
			if rapid.Bool().Draw(rt, "shown") {
				shown[n] = rapid.SampledFrom([]string{"", "Alpha", "Beta"}).Draw(rt, "request")
			}
		}
	}
	r.look(rapid.Bool().Draw(rt, "whole"), known, shown)
}

func (r *rig) compare(rt *rapid.T) {
	other, stands := r.opened(), map[int32]string{}
	for _, b := range r.w.Run.Batches {
		for i := range r.Of(b) {
			if before, twice := stands[i]; twice {
				rt.Fatalf("%s stands in %s and in %s", r.ID(i), before, b.Name())
			}
			stands[i] = b.Name()
		}
	}
	for i := range int32(r.Len()) {
		k, ok := other.Find(r.ID(i))
		if !ok && r.Batch(i) == nil {
			continue // watched for a retry that did not take it
		}
		if b := r.Batch(i); b != nil && stands[i] != b.Name() {
			rt.Fatalf("%s stands in %q, its batch is %s", r.ID(i), stands[i], b.Name())
		}
		if !ok || story(other, k) != story(r.Changes, i) {
			rt.Fatalf("another process reads\n%s, we know\n%s", story(other, k), story(r.Changes, i))
		}
	}
}

// compareSight: behind a revision another process has seen what we have seen.
func (r *rig) compareSight(rt *rapid.T) {
	other := r.opened()
	for i := range int32(r.Len()) {
		if k, ok := other.Find(r.ID(i)); ok && sighted(other, k) != sighted(r.Changes, i) {
			rt.Fatalf("another process has seen\n%s, we have seen\n%s", sighted(other, k), sighted(r.Changes, i))
		}
	}
}
