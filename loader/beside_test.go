package loader

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// Two processes at work on one run: each has its own handles on its locks and files, and shares nothing else with the other.

// hooked tells of each call before it is made, with its number from 1.
type hooked struct {
	*fakeOrg
	mu    sync.Mutex
	calls int
	on    func(call int)
}

func (h *hooked) call() {
	h.mu.Lock()
	h.calls++
	now := h.calls
	h.mu.Unlock()
	h.on(now)
}

func (h *hooked) Org(ctx context.Context) (connector.Org, error) {
	h.call()
	return h.fakeOrg.Org(ctx)
}

func (h *hooked) Look(ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) (transform.Policy, error) {
	h.call()
	return h.fakeOrg.Look(ctx, users, found)
}

func (h *hooked) Submit(ctx context.Context, b transform.Batch, took func(connector.Receipt) error, each func(...connector.Outcome) error) error {
	h.call()
	return h.fakeOrg.Submit(ctx, b, took, each)
}

func (h *hooked) Collect(ctx context.Context, r connector.Receipt, each func(...connector.Outcome) error) (connector.Progress, error) {
	h.call()
	return h.fakeOrg.Collect(ctx, r, each)
}

// theRun is the id of the only run of the home, as its folder has it: it may not have begun.
func (n *night) theRun(t *testing.T) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(n.home, "runs"))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
		return ""
	}
	return entries[0].Name()
}

// queued are options that wait for a lock as long as it takes, and look at it again and again.
func (n *night) queued(t connector.Target) Options {
	o := n.options(t)
	o.Queue = time.Hour
	o.Sleep = func(ctx context.Context, _ time.Duration) error { runtime.Gosched(); return context.Cause(ctx) }
	return o
}

// stands holds a run against its journal: it folds, it is over, and no event of a batch stands there twice.
func (n *night) stands(t *testing.T, id string) *run.Run {
	t.Helper()
	r, err := run.Open(n.home, id)
	if err != nil || !r.Over {
		t.Fatalf("%v, over %v", err, err == nil && r.Over)
	}
	events, err := journal.Read(r.Path(run.JournalFile))
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string]int{}
	for _, e := range events {
		if e.What == journal.Sent {
			sent[fmt.Sprint(e.Job, e.Batch)]++
		}
	}
	for b, times := range sent {
		if times != 1 {
			t.Errorf("%s was sent %d times", b, times)
		}
	}
	return r
}

func TestAResumeThatWaitsBesideALoadSendsNothing(t *testing.T) {
	want, calls := undisturbed(t)
	for at := 1; at <= calls; at++ { // at once, in the middle, in its last moments
		t.Run(fmt.Sprint("from call ", at), func(t *testing.T) {
			t.Parallel()
			n, carried := newNight(t), make(chan error, 1)
			h := &hooked{fakeOrg: n.org}
			h.on = func(call int) {
				if call == at {
					id := n.theRun(t)
					go func() {
						_, err := Carry(context.Background(), n.queued(n.org), id)
						carried <- err
					}()
				}
			}
			s, err := Load(context.Background(), n.options(h), n.roster)
			if err != nil {
				t.Fatal(err)
			}
			if err := <-carried; ExitCode(err) != run.ExitNothing {
				t.Errorf("the resume that waited: %v", err)
			}
			n.check(t, s, want)
			if r := n.stands(t, s.Run); r.Last.Number != 1 {
				t.Errorf("there are %d revisions", r.Last.Number)
			}
		})
	}
}

func TestAResumeThatWaitsTakesOverWhereTheLoadDies(t *testing.T) {
	want, _ := undisturbed(t)
	counted := newNight(t)
	writes, _ := counted.until(t, 0)
	for fail := 5; fail <= writes; fail++ { // from the event on with which the run begins
		t.Run(fmt.Sprint("at write ", fail), func(t *testing.T) {
			t.Parallel()
			n, carried, count := newNight(t), make(chan *results.Summary, 1), 0
			var mu sync.Mutex
			o := n.options(n.org)
			o.Trip = func(string, bool) error {
				mu.Lock()
				defer mu.Unlock()
				if count++; count == 3 {
					id := n.theRun(t)
					go func() {
						s, _ := Carry(context.Background(), n.queued(n.org), id)
						carried <- s
					}()
				}
				if count >= fail {
					return errPulled
				}
				return nil
			}
			s, err := Load(context.Background(), o, n.roster)
			if carry := <-carried; carry != nil {
				s = carry
			} else if r := n.stands(t, n.theRun(t)); r.Over { // the load had said its last word
				s, err = r.Summary()
			}
			if s == nil {
				t.Fatalf("neither came to an end: %v", err)
			}
			n.check(t, s, want)
			n.stands(t, s.Run)
		})
	}
}

func TestResultsInALoopBesideALoad(t *testing.T) {
	want, calls := undisturbed(t)
	for at := 2; at <= calls; at++ { // from the look of the plan on
		t.Run(fmt.Sprint("from call ", at), func(t *testing.T) {
			t.Parallel()
			n, over, loops := newNight(t), make(chan struct{}), sync.WaitGroup{}
			h := &hooked{fakeOrg: n.org}
			write := func(id string) bool {
				_, err := Results(context.Background(), n.options(n.org), id)
				if err != nil && !errors.As(err, new(*run.Held)) {
					t.Errorf("results beside a load: %v", err)
				}
				return err == nil
			}
			h.on = func(call int) {
				if call != at {
					return
				}
				id := n.theRun(t)
				loops.Go(func() {
					for {
						select {
						case <-over:
							return
						default:
							write(id)
						}
					}
				})
				write(id) // once at this very moment
			}
			s, err := Load(context.Background(), n.options(h), n.roster)
			close(over)
			loops.Wait()
			if err != nil {
				t.Fatal(err)
			}
			if !write(s.Run) {
				t.Error("the load is over, and its run is held")
			}
			n.check(t, s, want)
			if r := n.stands(t, s.Run); r.Last.Number != 1 {
				t.Errorf("%d revisions say the same", r.Last.Number)
			}
		})
	}
}

func TestResultsOfARunThatDiedWhilePlanningAreInNobodysWay(t *testing.T) {
	want, _ := undisturbed(t)
	for fail := 5; fail <= 16; fail++ { // the first four are those of the ledger's key and of the first event
		n, writes := newNight(t), 0
		o := n.options(n.org)
		o.Trip = func(string, bool) error {
			if writes++; writes >= fail {
				return errPulled
			}
			return nil
		}
		if _, err := Load(context.Background(), o, n.roster); !errors.Is(err, errPulled) {
			t.Fatalf("write %d: %v", fail, err)
		}
		id := n.theRun(t)
		first, err := Results(context.Background(), n.options(n.org), id)
		if err != nil || first.Final || first.Roster.Rows != crashRows || first.Failed+first.Success != crashRows {
			t.Fatalf("write %d: %v, %+v", fail, err, first)
		}
		second, err := Results(context.Background(), n.options(n.org), id)
		if err != nil || second.Revision != first.Revision || second.ResultsSHA256 != first.ResultsSHA256 {
			t.Errorf("write %d: %v: the same results are revision %d", fail, err, second.Revision)
		}
		s, err := Carry(context.Background(), n.options(n.org), id)
		if err != nil {
			t.Fatal(err)
		}
		n.check(t, s, want)
		n.stands(t, id)
	}
}

// A load that waited for the org's lock while a newer one went first has a late order in hand.
func TestALoadThatWasOvertakenSendsNothing(t *testing.T) {
	n := newNight(t)
	newest := filepath.Join(filepath.Dir(n.roster), "newest.csv")
	text, _ := os.ReadFile(n.roster)
	if err := os.WriteFile(newest, []byte(strings.ReplaceAll(string(text), "Beta", "Gamma")), 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := run.LockOrg(context.Background(), n.home, "org1", "another run", run.Queue{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	o, waits := n.queued(n.org), 0
	o.Sleep = func(ctx context.Context, _ time.Duration) error {
		if waits++; waits == 1 {
			other.Release()
			if s, err := Load(ctx, n.options(n.org), newest); err != nil || !s.Final {
				t.Errorf("the newer load: %v", err)
			}
		}
		return context.Cause(ctx)
	}
	s, err := Load(context.Background(), o, n.roster)
	if err != nil || !s.Final || waits == 0 {
		t.Fatalf("%v, final %v, %d waits", err, s.Final, waits)
	}
	if row := rowOf(t, s, 2); row.ReasonCode != "RUN_SUPERSEDED" || row.NextStep != "ask-admin" || n.org.users["id0001"].Request != "Gamma" {
		t.Errorf("%+v, the org says %q", row, n.org.users["id0001"].Request)
	}
	for user, times := range n.org.applied {
		if times != 1 {
			t.Errorf("%s was changed %d times", user, times)
		}
	}
}
