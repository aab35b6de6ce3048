package feeds

import (
	"context"
	"errors"

	"rosterload/loader"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// carry goes on with a run.
func (k *worker) carry(
	ctx context.Context, at Folder, state State, claimed string, r *run.Run,
) (blocked bool, err error) {
	if err := k.trip.ask("carry"); err != nil {
		return true, err
	}
	o, err := k.open()
	if err != nil {
		return true, err
	}
	o.Unmoved = unmoved(at, state, claimed, &r.Seal.Delivery)
	summary, err := loader.Carry(ctx, o, r.ID)
	err = k.after(ctx, at, state, claimed, summary, err)
	return k.blocks(r.ID), err
}

// after follows a call of the loader: it tells how the run ended, sets the next try, and brings the file where it
// belongs.
func (k *worker) after(
	ctx context.Context, at Folder, state State, claimed string, summary *results.Summary, ended error,
) error {
	if errors.Is(ended, errKilled) {
		return ended
	}
	if err := k.trip.ask("loaded"); err != nil {
		return err
	}
	id, name, _ := splitClaimed(claimed)
	r, err := run.Begun(k.Home, id)
	if err != nil {
		return err
	}
	if r != nil && r.Over && r.Stale && k.next(r, state) == again {
		k.Ended(k.feed, summary, ended)
		return k.planAgain(ctx, at, state, claimed, r)
	}
	code := loader.ExitCode(ended)
	if summary != nil {
		code = summary.Exit
	}
	k.pause(id, code)
	if summary != nil {
		k.Ended(k.feed, summary, ended)
	} else if ended != nil && !errors.As(ended, new(*run.Held)) {
		k.tell(claimed, "%s: %v", results.Plain(name), ended)
	}
	return k.place(ctx, at, state, claimed, r, code, ended)
}

// place brings the file where it belongs after its run ended with a code. Without a run the delivery begins again.
func (k *worker) place(
	ctx context.Context, at Folder, state State, claimed string, r *run.Run, code int, ended error,
) error {
	switch {
	case r == nil:
		k.codes = append(k.codes, code)
		return nil
	case code == run.ExitUnproved && r.Last.Exit != code: // what is on disk cannot be believed: no revision says so
		k.codes = append(k.codes, code)
		return k.fail(at, state, claimed, r, ended)
	}
	next := k.next(r, state)
	if next == back {
		_, err := k.settle(ctx, at, state, claimed, r, false)
		return err
	}
	k.codes = append(k.codes, code)
	switch {
	case next != carry:
		return k.put(at, state, claimed, r, next)
	case code == run.ExitPending:
		return k.publish(r)
	}
	return nil
}

// pause sets when a run is taken up again: each pause is twice the one before.
func (k *worker) pause(id string, code int) {
	again := k.retries[id]
	if again == nil {
		again = &retry{pause: firstPause}
		k.retries[id] = again
	} else {
		again.pause = min(2*again.pause, longestPause)
	}
	if code == run.ExitUsage {
		again.pause = longestPause
	}
	again.at = k.Now().Add(again.pause)
}

// fail moves a delivery whose run cannot be believed, with an answer that says so.
func (k *worker) fail(at Folder, state State, claimed string, r *run.Run, why error) error {
	if err := k.publishTrouble(r, why); err != nil {
		return err
	}
	if state == Failed {
		return nil
	}
	return k.move(at, state, claimed, Failed, claimed)
}

// planAgain makes a new run of a delivery whose plan was no longer true. A crash behind the rename: the new run begins
// again from processing.
func (k *worker) planAgain(ctx context.Context, at Folder, state State, claimed string, _ *run.Run) error {
	o, err := k.open()
	if err != nil {
		return err
	}
	_, name, _ := splitClaimed(claimed)
	into, err := run.Create(ctx, k.Home, k.queue(), nil)
	if err != nil {
		return err
	}
	renamed := claimedName(into.Run.ID, name)
	if err := k.move(at, state, claimed, Processing, renamed); err != nil {
		if errors.Is(err, errKilled) {
			into.Close()
		} else {
			into.Discard()
		}
		return err
	}
	return k.begin(ctx, at, into, renamed, nil, o)
}

// refuseAgain finishes the answer to a file that is no roster.
func (k *worker) refuseAgain(ctx context.Context, at Folder, claimed string, r *run.Run) error {
	o, err := k.open()
	if err != nil {
		return err
	}
	if o.Into, err = run.Take(ctx, k.Home, r.ID, k.queue(), nil); err != nil {
		return err
	}
	return k.refuse(ctx, at, claimed, o, errors.New(r.Seal.Refused))
}
