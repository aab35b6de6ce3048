// Package loader carries a roster to an org and proves what became of every line.
//
//	roster ─▶ begin ─▶ plan ───▶ carry ────────────────────────────▶ finish ─▶ results
//	           copy     look      removals: deliver ▸ settle ▸ await   report
//	           lock     decide    ───────────── barrier ─────────────  prove
//	                    seal      upserts:  deliver ▸ settle ▸ await
//	                              read back
//
// Nothing is sent that is not sealed on disk, and nothing sealed is planned again: a load is plan and carry, a resume is carry.
//
// One goroutine owns a run: its changes, its journal's order, its further batches. Beside it run only the deliveries of one job's batches,
// each with its own file of outcomes, and the owner waits for all of them before it settles.
package loader

import (
	"context"

	"rosterload/loader/inspect"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// Load plans a roster and carries the plan out. The summary is there whenever a run was begun, also together with an error, which then
// says what ended the run; its exit code is ExitCode(err) or, without an error, the summary's.
func Load(ctx context.Context, o Options, roster string) (*results.Summary, error) {
	return carryOut(ctx, o, "load", roster)
}

func carryOut(ctx context.Context, o Options, verb, roster string) (*results.Summary, error) {
	s, err := begin(ctx, o, verb, roster)
	if err != nil {
		return nil, err
	}
	defer s.close()
	ctx = s.tagged(ctx, nil)
	if err = s.plan(ctx); err == nil {
		err = s.carry(ctx)
	}
	if err == nil {
		err = s.countHolders(ctx)
	}
	return s.finish(ctx, err)
}

// Plan goes as far as Load does before anything is sent.
func Plan(ctx context.Context, o Options, roster string) (*results.Summary, error) {
	s, err := begin(ctx, o, "plan", roster)
	if err != nil {
		return nil, err
	}
	defer s.close()
	ctx = s.tagged(ctx, nil)
	if err = s.plan(ctx); err == nil {
		err = s.allowed()
	}
	return s.finish(ctx, err)
}

// Carry goes on with a run where its journal ends: it plans from the run's copy of the roster when planning was cut short, and sends
// what is sealed and unsent. It needs nothing but the run's id, and may be called any number of times.
func Carry(ctx context.Context, o Options, id string) (*results.Summary, error) {
	s, err := reopen(ctx, o, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	ctx = s.tagged(ctx, nil)
	if s.run().Over {
		return nil, run.Stopf(run.ExitNothing, run.Type("show", id), "run %s is over: nothing to resume", id)
	}
	if last := s.run().Last; last.Final && !last.Published { // nothing is left to do but to publish
		s.again = true
		return s.finish(ctx, nil)
	}
	if err := s.giveReason(); err != nil {
		return nil, err
	}
	if err = s.enter(ctx); err == nil {
		err = s.resume(ctx)
	}
	if err == nil {
		err = s.countHolders(ctx)
	}
	return s.finish(ctx, err)
}

// Retry asks the org once more for the rows of a run that it failed, and writes that run's results again. Only the status field is set, and
// only to the org's word for "try again". A row that no longer needs it is left alone.
func Retry(ctx context.Context, o Options, id string) (*results.Summary, error) {
	s, err := reopen(ctx, o, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	ctx = s.tagged(ctx, nil)
	if err := s.mayRetry(); err != nil {
		return nil, err
	}
	if err := s.giveReason(); err != nil {
		return nil, err
	}
	s.Flags.Wait = o.Flags.Wait
	if err = s.enter(ctx); err == nil {
		err = s.retry(ctx)
	}
	if err == nil {
		err = s.countHolders(ctx)
	}
	return s.finish(ctx, err)
}

// Results writes the results of a run again, from what is on disk. Unchanged ones are no new revision.
func Results(ctx context.Context, o Options, id string) (*results.Summary, error) {
	s, err := reopen(ctx, o, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	s.again = true
	return s.finish(s.tagged(ctx, nil), nil)
}

// Check signs in, looks, and writes nothing: neither to the org nor to disk. A roster's users are asked for too, when one is given.
func Check(ctx context.Context, o Options, roster string) (*inspect.Checked, error) {
	t, err := o.inspected(ctx)
	if err != nil {
		return nil, err
	}
	return t.Check(ctx, roster)
}

// Census lists what the org holds now, without a roster. Nothing is written.
func Census(ctx context.Context, o Options) (*inspect.People, error) {
	t, err := o.inspected(ctx)
	if err != nil {
		return nil, err
	}
	return t.Census(ctx)
}

// Reconcile compares an export of the product with a roster and writes what it finds beside the roster. Rows of the roster's runs that rest
// on trust are settled where the export shows them, as a further revision of their results. It changes nothing in any org.
func Reconcile(ctx context.Context, o Options, export, roster string) (*inspect.Reconciled, error) {
	t, err := o.inspected(ctx)
	if err != nil {
		return nil, err
	}
	saw, err := t.Reconcile(ctx, export, roster)
	if err != nil || saw.Run == "" || saw.Open != "" || len(saw.Seen) == 0 {
		return saw, err
	}
	return saw, believeAll(ctx, o, saw)
}
