package feeds

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"rosterload/loader"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// stamp is what a journal looked like when its delivery was where it should be.
type stamp struct {
	size int64
	at   time.Time
	in   State
}

// What becomes of a delivery, by the newest word of its run.
type step int

const (
	carry    step = iota // go on with the run, when it is due
	again                // make a new run of it: the plan was no longer true
	back                 // to incoming: it grew
	refuse               // finish the answer to a file that is no roster
	toHeld               // wait for a person
	toDone               //
	toFailed             //
	stay                 // leave it where it is
)

// recover brings every delivery of this home to where the newest revision of its run says, with that revision's
// answers, and goes on with those that wait. open tells that a run keeps the feed from taking more: its org was not
// there, or denied us.
func (k *worker) recover(ctx context.Context, at Folder, due bool) (open bool, err error) {
	if err := k.finishClaims(at); err != nil {
		return false, err
	}
	for _, state := range states {
		files, err := at.Files(state)
		if err != nil {
			return open, err
		}
		for _, f := range files {
			id, name, ok := splitClaimed(f.Name)
			if !ok || k.isCompanion(name) || !k.ofHome(id) || k.isKnown(id, state) {
				continue
			}
			if ctx.Err() != nil {
				return true, nil
			}
			blocked, err := k.bring(ctx, at, state, f, due)
			if errors.Is(err, errKilled) {
				return true, err
			}
			if err != nil { // of this file alone: it blocks no other
				k.tell(f.Name, "%s: %v", results.Plain(name), err)
				k.codes = append(k.codes, max(loader.ExitCode(err), run.ExitUsage))
			}
			open = open || blocked
		}
	}
	return open || k.leftAlone(), nil
}

func (k *worker) isCompanion(name string) bool {
	ending := companionEnding(k.feed.Ready)
	return ending != "" && strings.HasSuffix(name, ending)
}

// ofHome tells whether a run is of this home. Files of other homes are not touched.
func (k *worker) ofHome(id string) bool {
	info, err := os.Stat(run.FolderOf(k.Home, id))
	return err == nil && info.IsDir()
}

// isKnown tells whether nothing has happened to a run since its delivery was put where it lies. A held one is looked at
// each time: a newer run may have overtaken it.
func (k *worker) isKnown(id string, state State) bool {
	was, ok := k.known[id]
	return ok && state != Held && was == k.stampOf(id, state)
}

func (k *worker) stampOf(id string, state State) stamp {
	info, err := os.Stat(run.JournalOf(k.Home, id))
	if err != nil {
		return stamp{in: state, size: -1}
	}
	return stamp{info.Size(), info.ModTime(), state}
}

// finishClaims moves files after their companions: the process that claimed them was cut short between the two.
func (k *worker) finishClaims(at Folder) error {
	ending := companionEnding(k.feed.Ready)
	if ending == "" {
		return nil
	}
	files, err := at.Files(Processing)
	if err != nil {
		return err
	}
	for _, f := range files {
		claimed, isCompanion := strings.CutSuffix(f.Name, ending)
		id, name, ok := splitClaimed(claimed)
		if !isCompanion || !ok || !k.matches(name) || !k.ofHome(id) {
			continue
		}
		if _, err := at.Look(Processing, claimed); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if r, err := run.Begun(k.Home, id); err != nil || r != nil && r.Rejected == nil {
			continue
		}
		if err := at.Move(Incoming, name, Processing, claimed); errors.Is(err, fs.ErrNotExist) {
			err = at.Move(Processing, f.Name, Failed, f.Name) // its file has gone elsewhere
			if err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
	}
	return nil
}

// bring deals with one delivery.
func (k *worker) bring(ctx context.Context, at Folder, state State, f File, due bool) (blocked bool, err error) {
	id, name, _ := splitClaimed(f.Name)
	r, err := run.Begun(k.Home, id)
	switch {
	case err != nil:
		return false, err
	case r == nil && state == Processing && k.matches(name):
		return k.beginAgain(ctx, at, f.Name)
	case r == nil, r.Seal.Source != k.feed.Name: // feeds may share a folder
		return false, nil
	}
	return k.settle(ctx, at, state, f.Name, r, due)
}

// beginAgain goes on where a process was cut short between the claim and the run's first event.
func (k *worker) beginAgain(ctx context.Context, at Folder, claimed string) (blocked bool, err error) {
	id, _, _ := splitClaimed(claimed)
	o, err := k.open()
	if err != nil {
		return true, err
	}
	into, started, err := run.Retake(ctx, k.Home, id, k.queue(), nil)
	switch {
	case errors.As(err, new(*run.Held)) || started: // another process is at it
		return true, nil
	case err != nil:
		return true, err
	}
	err = k.begin(ctx, at, into, claimed, nil, o)
	return k.blocks(id), err
}

// blocks tells whether the run of a delivery keeps the feed from taking more: what is newer would overtake it.
func (k *worker) blocks(id string) bool {
	r, err := run.Begun(k.Home, id)
	if err != nil || r == nil {
		return err != nil || k.exists(id)
	}
	return !r.Over && !r.Held() && r.Last.Exit != run.ExitPending && !k.isGivenUp(r)
}

func (k *worker) exists(id string) bool { return k.ofHome(id) }

// settle does what the run's newest word says.
func (k *worker) settle(
	ctx context.Context, at Folder, state State, claimed string, r *run.Run, due bool,
) (blocked bool, err error) {
	switch next := k.next(r, state); next {
	case carry:
		if k.isDue(r, due) {
			return k.carry(ctx, at, state, claimed, r)
		}
		if k.codes = append(k.codes, r.Last.Exit); r.Last.Exit == run.ExitPending {
			return false, k.publish(r)
		}
		return true, nil
	case again:
		return false, k.planAgain(ctx, at, state, claimed, r)
	case back:
		_, name, _ := splitClaimed(claimed)
		err := k.move(at, state, claimed, Incoming, name)
		if errors.Is(err, fs.ErrExist) { // a newer file of that name has arrived: it goes first
			err = nil
		}
		return false, err
	case refuse:
		return false, k.refuseAgain(ctx, at, claimed, r)
	default:
		return false, k.put(at, state, claimed, r, next)
	}
}

// put publishes the answer and moves the file. A crash between the two: the next turn does both again.
func (k *worker) put(at Folder, state State, claimed string, r *run.Run, next step) error {
	to := map[step]State{toHeld: Held, toDone: Done, toFailed: Failed, stay: state}[next]
	if next != stay {
		if err := k.publish(r); err != nil {
			return err
		}
	}
	if to != state {
		if err := k.move(at, state, claimed, to, claimed); err != nil {
			return err
		}
	}
	k.known[r.ID] = k.stampOf(r.ID, to)
	return k.trip.ask("put")
}

// next reads the table of the contract: where a claimed file goes, by the exit of its run.
func (k *worker) next(r *run.Run, state State) step {
	switch {
	case r.Seal.Refused != "" && !r.Over:
		return refuse
	case r.Over:
		return k.ofOver(r, state)
	case r.Held() && r.Last.Number > 0 && !k.isOvertaken(r):
		return toHeld
	case r.Last.Exit == run.ExitUnproved && r.Last.Number > 0, k.isGivenUp(r), state == Failed:
		return toFailed
	case state == Done:
		return stay // a retry of it is under way, in another process
	}
	return carry
}

func (k *worker) ofOver(r *run.Run, state State) step {
	switch {
	case r.Rejected != nil && r.Rejected.Code == run.Grew:
		return back
	case r.Stale && state == Processing && k.timesStale(r) == 1:
		return again
	case r.Rejected != nil, r.Stale, r.Superseded && len(r.Holds()) > 0 && !r.SentAnything():
		return toFailed
	case r.Last.Exit == run.ExitUsage, r.Last.Exit == run.ExitUnproved, r.Last.Exit == run.ExitBug:
		return toFailed
	}
	return toDone
}

// givenUpAfter is how long a run is taken up again whose org is not there or does not answer.
const givenUpAfter = 24 * time.Hour

func (k *worker) isGivenUp(r *run.Run) bool {
	switch code := r.Last.Exit; {
	case r.Last.Number == 0:
		return false
	case code == run.ExitBug:
		return r.Last.Same > 1
	case code == run.ExitPending, code == run.ExitUnavailable, code > 128:
		return !k.Now().Before(r.Begun.Add(givenUpAfter))
	}
	return false
}

// isOvertaken tells of a held run whose feed has sent something newer to the org.
func (k *worker) isOvertaken(r *run.Run) bool {
	runs, _, err := run.List(k.Home)
	return err == nil && slices.ContainsFunc(run.Newer(r, r.Org.ID, runs),
		func(n *run.Run) bool { return n.Seal.Source == r.Seal.Source })
}

// timesStale counts the runs of one delivery whose plan was no longer true. The same file that comes once more is
// another delivery: it has another time.
func (k *worker) timesStale(r *run.Run) int {
	runs, _, err := run.List(k.Home)
	if err != nil {
		return 2
	}
	n := 0
	for _, other := range runs {
		if other.Stale && other.Seal.Source == r.Seal.Source && other.Seal.Delivery == r.Seal.Delivery {
			n++
		}
	}
	return n
}

// Pauses between two tries of a run whose org is not there.
const (
	firstPause   = 10 * time.Minute
	longestPause = time.Hour
	deniedFor    = 24 * time.Hour
)

// isDue tells whether a run is to be taken up now, whatever its pause says where now is set. In a new process
// everything is due at once, but an org that denied us is left alone until something has changed, or for a day, and a
// paused one until the pause ends.
func (k *worker) isDue(r *run.Run, now bool) bool {
	if r.Last.Exit == run.ExitDenied && r.Last.Number > 0 {
		return k.deniedIsOver(r)
	}
	if paused, err := run.IsPaused(k.Home, k.feed.Target, "", nil); err != nil || paused {
		return false
	}
	again := k.retries[r.ID]
	return now || again == nil || !k.Now().Before(again.at)
}

func (k *worker) deniedIsOver(r *run.Run) bool {
	return k.Changed(k.feed).After(r.Ended) || !k.Now().Before(r.Ended.Add(deniedFor))
}

// leftAlone tells whether nothing new is taken: the target is paused, or its org has denied the newest of its runs and
// nothing has changed since.
func (k *worker) leftAlone() bool {
	if paused, err := run.IsPaused(k.Home, k.feed.Target, "", nil); err != nil || paused {
		k.tell("paused", "target %s is paused: nothing is taken", k.feed.Target)
		return true
	}
	runs, _, err := run.List(k.Home)
	if err != nil {
		return false
	}
	for _, r := range slices.Backward(runs) {
		if r.Target == k.feed.Target && r.Last.Number > 0 {
			return r.Last.Exit == run.ExitDenied && !r.Over && !k.deniedIsOver(r)
		}
	}
	return false
}
