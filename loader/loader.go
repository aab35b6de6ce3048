// Package loader carries a roster to an org and proves what became of every line.
//
//	roster ─▶ begin ─▶ plan ───▶ hold ──▶ carry ────────────────────────────▶ finish ─▶ results
//	           copy     survey    allowed  removals: deliver ▸ settle ▸ await   report
//	           lock     decide    approve  ───────────── barrier ─────────────  prove
//	                    seal      reject   upserts:  deliver ▸ settle ▸ await
//	                                       read back
//
// Nothing is sent that is not sealed on disk, and nothing sealed is planned again: a load is plan and carry, a resume
// is carry.
//
// A removal is decided by the policy in transform/NAME, which loader/plan asks for each line (Decide). It waits for a
// person in hold.go, and for the org in loader/carry: Carrier.Job returns when the removals are over, and only then
// is an upsert sent. Its result is written by loader/report.
//
// One goroutine owns a run: its changes, its journal's order, its further batches. Beside it run only the deliveries
// of one job's batches, each with its own file of outcomes, and the owner waits for all of them before it settles.
package loader

import (
	"context"
	"os"
	"path/filepath"

	"rosterload/loader/approve"
	"rosterload/loader/connector"
	"rosterload/loader/evidence"
	"rosterload/loader/inspect"
	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/undo"
)

// Load plans a roster and carries the plan out. The summary is there whenever a run was begun, also together with an
// error, which then says what ended the run; its exit code is ExitCode(err) or, without an error, the summary's.
func Load(ctx context.Context, o Options, roster string) (*results.Summary, error) {
	return carryOut(ctx, o, "load", roster)
}

func carryOut(ctx context.Context, o Options, verb, roster string) (*results.Summary, error) {
	s, err := begin(ctx, o, verb, roster)
	if err != nil {
		return nil, err
	}
	defer s.close()
	ctx = s.tagged(ctx)
	if err = s.plan(ctx); err == nil {
		err = s.carry(ctx)
	}
	return s.finish(ctx, s.counted(ctx, err))
}

// Plan goes as far as Load does before anything is sent.
func Plan(ctx context.Context, o Options, roster string) (*results.Summary, error) {
	s, err := begin(ctx, o, "plan", roster)
	if err != nil {
		return nil, err
	}
	defer s.close()
	ctx = s.tagged(ctx)
	if err = s.plan(ctx); err == nil {
		err = s.allowed()
	}
	return s.finish(ctx, err)
}

// Carry goes on with a run where its journal ends: it plans from the run's copy of the roster when planning was cut
// short, and sends what is sealed and unsent. It needs nothing but the run's id, and may be called any number of
// times.
func Carry(ctx context.Context, o Options, id string) (*results.Summary, error) {
	s, err := reopen(ctx, o, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	ctx = s.tagged(ctx)
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
	return s.finish(ctx, s.counted(ctx, err))
}

// Retry asks the org once more for the rows of a run that it failed, and writes that run's results again. Only the
// status field is set, and only to the org's word for "try again". A row that no longer needs it is left alone.
func Retry(ctx context.Context, o Options, id string) (*results.Summary, error) {
	s, err := reopen(ctx, o, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	ctx = s.tagged(ctx)
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
	return s.finish(ctx, s.counted(ctx, err))
}

// Results writes the results of a run again, from what is on disk. Unchanged ones are no new revision.
func Results(ctx context.Context, o Options, id string) (*results.Summary, error) {
	s, err := reopen(ctx, o, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	s.again = true
	return s.finish(s.tagged(ctx), nil)
}

// Render makes a rendering of a run's newest revision, from what is on disk, and answers where it lies: at a path, or
// without one beside the roster. It makes no revision, and no manifest has it.
func Render(home, id, name, to string, c *connector.Connector) (path string, err error) {
	return render(home, id, name, to, c)
}

// Ask writes what a second person signs and what that person reads into the folder of a held run. It may be called
// any number of times.
func Ask(ctx context.Context, o Options, id string) (*approve.Asked, error) {
	s, err := reopen(ctx, o, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.isHeld(); err != nil {
		return nil, err
	}
	if err := s.openChanges(); err != nil {
		return nil, err
	}
	return s.decision().Ask()
}

// Approve lifts the holds of a run and carries it out exactly as it was sealed. A run that is not held is refused.
func Approve(ctx context.Context, o Options, id string, a approve.Approval) (*results.Summary, error) {
	s, err := reopen(ctx, o, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	ctx = s.tagged(ctx)
	if err := s.isHeld(); err != nil {
		return nil, err
	}
	if err := s.openChanges(); err != nil {
		return nil, err
	}
	if err := s.overtaken(ctx); err != nil {
		return s.finish(ctx, err)
	}
	if s.run().Superseded {
		return s.finish(ctx, nil)
	}
	if err := s.lift(ctx, a); err != nil {
		return nil, err
	}
	if a.Leave || s.run().Held() {
		return s.run().Summary()
	}
	return s.finish(ctx, s.counted(ctx, s.carry(ctx)))
}

// Reject ends a held run: nothing of it is sent.
func Reject(ctx context.Context, o Options, id string) (*results.Summary, error) {
	s, err := reopen(ctx, o, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.isHeld(); err != nil {
		return nil, err
	}
	ctx = s.tagged(ctx)
	if err := s.noteWord(ctx, journal.Rejected, evidence.Rejection, s.decision().Word()); err != nil {
		return nil, err
	}
	return s.finish(ctx, nil)
}

// Undo asks for what each row held before that a run has changed: a new run, planned, guarded and carried out like
// any load. Rows narrow it, nil are all. Users who no longer stand as the run left them are left alone. dry goes as
// far as Plan does.
func Undo(ctx context.Context, o Options, id string, rows []int, dry bool) (*results.Summary, error) {
	undone, err := undo.Open(o.Home, id, o.Name, &o.Connector)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "rosterload-undo-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	roster := filepath.Join(folder, "undo-of-"+id+".csv")
	if err := undo.WriteRoster(roster, undone, o.Connector.Spelling, rows); err != nil {
		return nil, err
	}
	o.undoes, o.Flags = id, undo.Flags(o.Flags, o.Connector.Spelling)
	if dry {
		return Plan(ctx, o, roster)
	}
	return carryOut(ctx, o, "undo", roster)
}

// Refuse makes a run of a delivery that is no roster, so that it has a journal and an answer as any other: the run is
// over as it begins. It asks no org. A crash between its two events leaves a run without results; Refuse with a
// Writer that has taken it up writes them.
func Refuse(ctx context.Context, o Options, why error) (*results.Summary, error) {
	return refuse(ctx, o, why)
}

// Check signs in, looks, and writes nothing: neither to the org nor to disk. A roster's users are asked for too, when
// one is given.
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

// Reconcile compares an export of the product with a roster and writes what it finds beside the roster. Rows of the
// roster's runs that rest on trust are settled where the export shows them, as a further revision of their results.
// It changes nothing in any org.
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
