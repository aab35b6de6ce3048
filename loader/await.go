package loader

import (
	"context"
	"strings"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/transform"
)

// patience is time without movement.
type patience struct {
	now  func() time.Time
	long time.Duration
	from time.Time
}

// newPatience counts from now. --wait 0 waits for jobs all the same, with the usual patience.
func (w *work) newPatience() *patience {
	long := w.Flags.Wait
	if long <= 0 {
		long = defaultPatience
	}
	return &patience{now: w.Now, long: long, from: w.Now()}
}

func (p *patience) again()     { p.from = p.now() }
func (p *patience) over() bool { return p.left() <= 0 }

func (p *patience) left() time.Duration { return p.from.Add(p.long).Sub(p.now()) }

// deaf is how long a finished job may go without one status changing before we say so.
const deaf = 2 * time.Minute

// await follows a finished job until the org has settled each of its rows, or patience is over. The first look is at once; after the
// upserts it takes in everybody the run has touched, so that it may be the last.
func (w *work) await(ctx context.Context, job transform.Job) error {
	open := w.unsettled(job)
	if w.Flags.Wait <= 0 || len(open) == 0 || isRemovals(job) && w.begun(w.after1(job)) {
		return nil
	}
	look, all := open, len(open)
	if !isRemovals(job) {
		look = w.touched()
	}
	began, wait, patience := w.Now(), pause{w.Flags.Poll.Status, w.Flags.Poll.StatusMost}, w.newPatience()
	for looks := 1; ; looks++ {
		if err := w.lookAt(ctx, look); err != nil {
			return err
		}
		still := w.settle(open)
		if len(still) < len(open) {
			patience.again()
		}
		open, look = still, still
		w.progress("provisioning "+string(job), all-len(open), all)
		if len(open) == 0 {
			w.fresh = !isRemovals(job) && looks == 1
			return w.note(journal.Event{What: journal.Settled, Job: string(job)})
		}
		if patience.over() {
			return w.impatient(job, all, open)
		}
		if w.Now().Sub(began) >= deaf && w.nobodyMoved(open, all) {
			w.warn("two minutes after the job not one status has changed: this org does not react (is Engage group provisioning switched on?)")
		}
		if err := w.idle(ctx, min(wait.take(), patience.left())); err != nil {
			return err
		}
	}
}

// longestSilence is how long an org hears nothing of us while we wait. The shortest life of an idle session anywhere is ten minutes.
const longestSilence = 4 * time.Minute

// idle waits between two looks, and keeps the session alive where that needs a word now and then.
func (w *work) idle(ctx context.Context, d time.Duration) error {
	keeper, ok := w.Target.(connector.Keeper)
	for ok && d > longestSilence {
		if err := w.Sleep(ctx, longestSilence); err != nil {
			return err
		}
		if err := keeper.KeepAlive(ctx); err != nil {
			return err
		}
		d -= longestSilence
	}
	return w.Sleep(ctx, d)
}

// impatient decides whether to go on without those who have not settled. When not one removal settled the server is silent: stop once,
// before any upsert; the next resume waits once more and then goes on whatever happens.
func (w *work) impatient(job transform.Job, all int, open []int32) error {
	if isRemovals(job) && len(open) == all && !w.anySettled(job) && !w.run.Silent {
		if err := w.note(journal.Event{What: journal.Silent, Job: string(job)}); err != nil {
			return err
		}
		return stop(ExitPending, "rosterload resume "+w.run.ID, "the Engage server is silent: not one of %d removals settled within %s; no upsert was sent", all, w.Flags.Wait)
	}
	if isRemovals(job) && w.run.Planned.Upserts > 0 {
		w.warn("%d removals have not settled: as many assignments can now miss a licence", len(open))
	}
	return nil
}

// settle judges rows by what was last seen and answers those that are still open.
func (w *work) settle(open []int32) []int32 {
	policy, still := w.Target.Policy(), make([]int32, 0, len(open))
	for _, i := range open {
		e := &w.ledger.entries[i]
		if _, settled := policy.Judge(w.ledger.change(i), w.ledger.standing(i, e.before), w.ledger.after(i)); !settled {
			still = append(still, i)
		} else if e.settledAt == 0 {
			e.settledAt = w.sinceBegun()
		}
	}
	return still
}

func (w *work) sinceBegun() uint32 { return uint32(max(1, w.Now().Sub(w.ledger.began)/time.Second)) }

// unsettled are the rows of a job that the org has stored and not settled. A resume that finds upserts begun follows both jobs at once.
func (w *work) unsettled(job transform.Job) []int32 {
	return w.pick(func(i int32, e *entry) bool {
		mine := w.ledger.job(i) == job || !isRemovals(job) && w.resumed
		return mine && e.state == accepted && e.settledAt == 0
	})
}

// touched is everybody who was asked something of, or whom we watch.
func (w *work) touched() []int32 {
	return w.pick(func(_ int32, e *entry) bool { return e.state != unsent && e.state != dropped })
}

func (w *work) anySettled(job transform.Job) bool {
	return len(w.pick(func(i int32, e *entry) bool { return w.ledger.job(i) == job && e.settledAt != 0 })) > 0
}

func (w *work) nobodyMoved(open []int32, all int) bool {
	if len(open) < all {
		return false
	}
	for _, i := range open {
		e := w.ledger.entries[i]
		if e.after.status != e.before.status || e.after.group != e.before.group {
			return false
		}
	}
	return true
}

// after1 is the job that follows removals.
func (w *work) after1(removals transform.Job) transform.Job {
	return transform.Job(strings.TrimSuffix(string(removals), string(transform.Removals)) + string(transform.Upserts))
}

func (w *work) begun(job transform.Job) bool { return !w.run.JobDone[job].Began.IsZero() }

func (w *work) pick(which func(int32, *entry) bool) []int32 {
	var picked []int32
	for i := range w.ledger.entries {
		if which(int32(i), &w.ledger.entries[i]) {
			picked = append(picked, int32(i))
		}
	}
	return picked
}

// readBack looks at everybody touched one last time. Patience is not asked again.
func (w *work) readBack(ctx context.Context) error {
	if w.fresh {
		return nil
	}
	all := w.touched()
	if err := w.lookAt(ctx, all); err != nil {
		return err
	}
	w.settle(w.pick(func(_ int32, e *entry) bool { return e.state == accepted }))
	return nil
}

// lookAt asks the org what it holds of these entries now.
func (w *work) lookAt(ctx context.Context, which []int32) error {
	if len(which) == 0 {
		return nil
	}
	w.looking.Lock()
	defer w.looking.Unlock()
	l := w.ledger
	w.mu.Lock()
	for _, i := range which {
		l.entries[i].seen, l.entries[i].after = false, holding{}
	}
	w.mu.Unlock()
	return w.Target.Look(ctx, func(yield func(transform.User) bool) {
		for _, i := range which {
			if !yield(transform.User{By: "Id", Key: l.id(i)}) {
				return
			}
		}
	}, func(s transform.Standing) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if place, ok := l.index.find([]byte(s.ID)); ok {
			e := &l.entries[place]
			e.seen, e.after = true, l.pack(s)
		}
		return nil
	})
}

// onceMore seals, after a pause, a small batch of the rows that the org refused for the moment only: a lock, or innocent rows of a
// failed chunk. They go alone, after everything else of their job, twice at most.
func (w *work) onceMore(ctx context.Context, job transform.Job) error {
	if !w.run.maySend() || w.jobOver(job) {
		return nil
	}
	rows := w.pick(func(i int32, e *entry) bool {
		return e.state == refused && e.again && e.attempts < 3 && w.ledger.job(i) == job
	})
	if len(rows) == 0 {
		return nil
	}
	w.Log.Info("rows that met a lock are sent once more", "run", w.run.ID, "job", job, "rows", len(rows))
	if err := w.Sleep(ctx, 10*w.Flags.Poll.Job); err != nil {
		return err
	}
	if err := w.redraw(ctx, rows); err != nil {
		return err
	}
	return w.sealFurther(job, rows, nil, true)
}
