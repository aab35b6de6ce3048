// Package loader carries a roster to an org and proves what became of every line.
//
//	roster ─▶ begin ─▶ plan ─▶ carry ─▶ finish ─▶ results
//	           copy     look    removals    read back, judge,
//	                    decide  ── wait ──  write, prove
//	                    seal    upserts
//
// Nothing is sent that is not sealed on disk, and nothing sealed is planned again: a load is plan and carry, a resume is carry.
package loader

import (
	"context"

	"rosterload/loader/results"
)

// Load plans a roster and carries the plan out. The summary is there whenever a run was begun, also together with an error, which then
// says what ended the run; its exit code is ExitCode(err) or, without an error, the summary's.
func Load(ctx context.Context, o Options, roster string) (*results.Summary, error) {
	w, err := begin(ctx, o, "load", roster)
	if err != nil {
		return nil, err
	}
	defer w.close()
	ctx = w.tagged(ctx, nil)
	if err = w.plan(ctx); err == nil {
		err = w.carry(ctx)
	}
	return w.finish(ctx, err)
}

// Plan goes as far as Load does before anything is sent.
func Plan(ctx context.Context, o Options, roster string) (*results.Summary, error) {
	w, err := begin(ctx, o, "plan", roster)
	if err != nil {
		return nil, err
	}
	defer w.close()
	ctx = w.tagged(ctx, nil)
	if err = w.plan(ctx); err == nil {
		err = w.allowed()
	}
	return w.finish(ctx, err)
}

// Carry goes on with a run where its journal ends: it plans from the run's copy of the roster when planning was cut short, and sends
// what is sealed and unsent. It needs nothing but the run's id, and may be called any number of times.
func Carry(ctx context.Context, o Options, run string) (*results.Summary, error) {
	w, err := reopen(o, run)
	if err != nil {
		return nil, err
	}
	defer w.close()
	ctx = w.tagged(ctx, nil)
	if w.run.Over {
		return nil, stop(ExitNothing, "rosterload show "+run, "run %s is over: nothing to resume", run)
	}
	if err = w.enter(ctx); err == nil {
		err = w.resume(ctx)
	}
	return w.finish(ctx, err)
}

func (w *work) resume(ctx context.Context) error {
	if w.run.Again != nil {
		return w.carryRetry(ctx)
	}
	if err := w.plan(ctx); err != nil {
		return err
	}
	return w.carry(ctx)
}

// allowed stops a run whose removals are too many. What is sealed stays; a resume with the exact number goes on.
func (w *work) allowed() error {
	if w.run.Planned.Rows == 0 {
		return stop(ExitNothing, "", "the roster has no data rows")
	}
	if w.run.SentAnything() {
		return nil
	}
	if why := w.guard(w.run.Planned); why != "" {
		return stop(ExitGuard, "look at the plan, then: rosterload resume "+w.run.ID+" --allow-removals N, with the exact number", "%s; nothing was sent", why)
	}
	return nil
}
