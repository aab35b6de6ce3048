// Package feeds takes files that other systems drop, makes one run of each, and hands an answer back.
//
//	incoming ─▶ ready? ─▶ claim ─▶ processing ─▶ loader.Load ─┬─▶ done      and an answer
//	    ▲                   run id                            ├─▶ held      a person decides
//	    └──────────────── it grew ◀───────────────────────────┴─▶ failed    and an answer
//
// A state is a folder and a step is a rename. What a delivery is, its run's journal says; where its file lies follows
// from that, and each turn begins by putting right what an earlier process left. Nothing here talks to an org.
package feeds

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rosterload/loader"
	"rosterload/loader/patience"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// Watch is the work on some feeds of one home.
type Watch struct {
	Home  string
	Feeds []*Feed
	Named bool // the feeds were named: one that another process works on ends Once with 9
	// Options opens what a run of the feed needs. Config and secrets are read for each run: an error is exit 2 before
	// anything is claimed.
	Options func(*Feed) (loader.Options, error)
	// Changed is when config or secret files of the feed were last changed: an org that denied us is left alone until
	// then.
	Changed func(*Feed) time.Time
	// Ended is told of each run that came to an end, and of what ended it.
	Ended func(*Feed, *results.Summary, error)
	// Tell is told what a person should know and no run says. The same thing is told once an hour.
	Tell func(f *Feed, text string)
	// Alive is told after each turn.
	Alive func()
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
	// Rest waits for so long, or until something happens in a folder of the feed.
	Rest func(ctx context.Context, f *Feed, d time.Duration) error
	trip Trip
}

// Trip is where tests cut a feed short: it is asked before and after each step, and its error is a kill at that moment.
type Trip func(step string) error

func (t Trip) ask(step string) error {
	if t == nil {
		return nil
	}
	return t(step)
}

// rescan is how often a folder is looked at without any event: network folders send none.
const rescan = 30 * time.Second

func (w *Watch) fill() {
	if w.Now == nil {
		w.Now = time.Now
	}
	if w.Sleep == nil {
		w.Sleep = patience.Sleep
	}
	if w.Rest == nil {
		w.Rest = func(ctx context.Context, _ *Feed, d time.Duration) error { return w.Sleep(ctx, d) }
	}
	if w.Changed == nil {
		w.Changed = func(*Feed) time.Time { return time.Time{} }
	}
	if w.Ended == nil {
		w.Ended = func(*Feed, *results.Summary, error) {}
	}
	if w.Tell == nil {
		w.Tell = func(*Feed, string) {}
	}
	if w.Alive == nil {
		w.Alive = func() {}
	}
}

// Once takes what is ready and ends: 5 when nothing was, else the first that fits of the exit codes of its deliveries.
func (w *Watch) Once(ctx context.Context) int {
	w.fill()
	codes := w.each(func(f *Feed) []int {
		k := w.worker(f)
		lock, err := run.LockFeed(ctx, w.Home, f.Name, w.queue())
		if err != nil {
			k.tell("lock", "%v", err)
			if errors.As(err, new(*run.Held)) && !w.Named {
				return nil
			}
			return []int{loader.ExitCode(err)}
		}
		defer lock.Release()
		return k.once(ctx)
	})
	return First(codes)
}

// Stay works until the context ends. A feed that another process works on is left alone, and taken over when that
// process ends.
func (w *Watch) Stay(ctx context.Context) (atRest bool) {
	w.fill()
	codes := w.each(func(f *Feed) []int {
		if w.worker(f).stay(ctx) {
			return nil
		}
		return []int{run.ExitPending}
	})
	return len(codes) == 0
}

func (w *Watch) each(do func(*Feed) []int) (codes []int) {
	var all sync.WaitGroup
	var mu sync.Mutex
	for _, f := range w.Feeds {
		all.Go(func() {
			mine := do(f)
			mu.Lock()
			defer mu.Unlock()
			codes = append(codes, mine...)
		})
	}
	all.Wait()
	return codes
}

func (w *Watch) queue() run.Queue { return run.Queue{Now: w.Now, Sleep: w.Sleep} }

// First is the exit code of several runs: the one that a person should hear of first. Without any it is 5.
func First(codes []int) int {
	for _, first := range []int{
		run.ExitUnproved, run.ExitUnavailable, run.ExitDenied, run.ExitStale, run.ExitGuard, run.ExitFailedRows,
		run.ExitPending, run.ExitUsage,
	} {
		for _, code := range codes {
			if code == first {
				return code
			}
		}
	}
	for _, code := range codes {
		if code != run.ExitOK && code != run.ExitNothing {
			return code
		}
	}
	if len(codes) == 0 {
		return run.ExitNothing
	}
	return run.ExitOK
}

// worker is one feed in hand. One goroutine uses it.
type worker struct {
	*Watch
	feed    *Feed
	seen    map[string]*sighting // of files in incoming
	told    map[string]time.Time
	retries map[string]*retry // of runs that wait for an org
	known   map[string]stamp  // of deliveries that are where they should be
	codes   []int             // of this turn's deliveries
}

// retry is when a run is taken up again.
type retry struct {
	at    time.Time
	pause time.Duration
}

func (w *Watch) worker(f *Feed) *worker {
	return &worker{
		Watch: w, feed: f, seen: map[string]*sighting{}, told: map[string]time.Time{},
		retries: map[string]*retry{}, known: map[string]stamp{},
	}
}

func (k *worker) tell(about, format string, args ...any) {
	now := k.Now()
	if last, ok := k.told[about]; ok && now.Sub(last) < time.Hour {
		return
	}
	k.told[about] = now
	k.Tell(k.feed, fmt.Sprintf(format, args...))
}

// once looks, waits for files to settle, and takes what is ready then.
func (k *worker) once(ctx context.Context) []int {
	first := k.turn(ctx, true)
	if k.waiting() && k.feed.Ready == Settle && k.feed.Settle > 0 && ctx.Err() == nil {
		if k.Sleep(ctx, k.feed.Settle) == nil {
			return append(first, k.turn(ctx, false)...)
		}
	}
	return first
}

// waiting tells whether a file is on its way to be ready.
func (k *worker) waiting() bool {
	for _, s := range k.seen {
		if k.Now().Sub(s.since) < k.feed.Settle {
			return true
		}
	}
	return false
}

// stay works until the context ends, and tells whether it was at rest then.
func (k *worker) stay(ctx context.Context) (atRest bool) {
	var lock *run.Lock
	defer func() { lock.Release() }()
	for {
		if lock == nil {
			var err error
			if lock, err = run.LockFeed(ctx, k.Home, k.feed.Name, k.queue()); err != nil {
				k.tell("lock", "%v", err)
				lock = nil
			}
		}
		if lock != nil {
			k.turn(ctx, false)
			if ctx.Err() != nil {
				return false
			}
		}
		k.Alive()
		if k.Rest(ctx, k.feed, k.untilNext()) != nil {
			return true
		}
	}
}

// untilNext is how long nothing has to be done: until a file has settled, or the next rescan.
func (k *worker) untilNext() time.Duration {
	next := rescan
	for _, s := range k.seen {
		if left := s.since.Add(k.feed.Settle).Sub(k.Now()); left > 0 && left < next {
			next = left
		}
	}
	return next
}

// turn puts right what lies there, then takes what is ready. again: runs that wait are taken up whether their pause is
// over or not.
func (k *worker) turn(ctx context.Context, again bool) []int {
	k.codes = nil
	at, err := openFolder(k.feed.Folder)
	if err != nil {
		k.tell("folder", "%v", err)
		return []int{run.ExitUsage}
	}
	defer at.Close()
	open, err := k.recover(ctx, at, again)
	if err == nil && ctx.Err() == nil && !open {
		err = k.take(ctx, at)
	}
	switch {
	case errors.Is(err, errKilled): // of a test
	case err != nil:
		k.tell("turn "+err.Error(), "%v", err)
		k.codes = append(k.codes, max(loader.ExitCode(err), run.ExitUsage))
	}
	return k.codes
}

// errKilled is what a Trip answers where a test kills the process: nothing is put right behind it.
var errKilled = errors.New("killed")
