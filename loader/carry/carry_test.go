package carry

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/transform"
)

func TestEveryBatchIsSentOnceAndRemovalsAreOverBeforeTheFirstUpsert(t *testing.T) {
	r := newRig(t)
	r.ok(r.carry())
	r.everyOnce()
	sorted := slices.Clone(r.org.log)
	slices.Sort(sorted[:2])
	slices.Sort(sorted[2:])
	if strings.Join(sorted, " ") != "removals-0001 removals-0002 upserts-0001 upserts-0002" {
		t.Errorf("sent were %v", r.org.log)
	}
	for n := range removals + upserts {
		if !r.Changes.IsSettled(r.entry(n)) {
			t.Errorf("%s is not settled", user(n))
		}
	}
	sent := len(r.org.log)
	r.ok(r.carry())
	if len(r.org.log) != sent {
		t.Errorf("a job that had ended was sent again: %v", r.org.log[sent:])
	}
}

func TestABatchWhoseAnswerWasLostIsSettledByLooking(t *testing.T) {
	for _, arrived := range []bool{false, true} {
		t.Run(fmt.Sprintf("it arrived: %v", arrived), func(t *testing.T) {
			r := newRig(t)
			if arrived {
				r.org.lose["removals-0001"] = true
			} else {
				r.org.drop["removals-0001"] = true
			}
			r.ok(r.carry())
			r.everyOnce()
			again := 0
			for _, name := range r.org.log {
				if name == "removals-0001" {
					again++
				}
			}
			if again != 2 && !arrived || again != 1 && arrived {
				t.Errorf("sent were %v", r.org.log)
			}
		})
	}
}

func TestABatchWhoseJobIsFoundOpenIsSentOnceMore(t *testing.T) {
	r := newRig(t)
	r.org.open["removals-0001"] = true
	r.ok(r.carry())
	r.everyOnce()
	if n := r.Changes.Attempts(r.entry(0)); n != 1 {
		t.Errorf("a sending that did not arrive counts: %d attempts", n)
	}
}

func TestSomeOfABatchThatArrivedInPartGoIntoAFurtherBatch(t *testing.T) {
	r := newRig(t)
	r.org.drop["removals-0001"] = true
	r.org.onLook = func([]transform.User) { // the org has taken in one row of the batch before the line broke
		if s := r.org.users[user(0)]; s.Group == "Alpha" {
			s.Request, s.Group = "", ""
			r.org.applied[user(0)]++
		}
		if s := r.org.users[user(1)]; s.Group == "Alpha" { // and another admin has changed the next user
			s.Request, s.Group = "Gamma", "Gamma"
		}
	}
	r.ok(r.Job(context.Background(), transform.Removals))
	r.everyOnce(1, 5, 6, 7, 8)
	if r.org.applied[user(1)] != 0 || r.Changes.State(r.entry(1)) != changes.Drifted {
		t.Errorf("the user who was changed by others was reached %d times", r.org.applied[user(1)])
	}
}

func TestABatchThatNeverArrivesEndsTheRunAfterAWhile(t *testing.T) {
	r := newRig(t)
	r.Target = lossy{r.org}
	began := r.now
	err := r.Job(context.Background(), transform.Removals)
	if !errors.Is(err, connector.ErrUnavailable) || !strings.Contains(err.Error(), "never found in the org") {
		t.Errorf("%v", err)
	}
	if waited := r.now.Sub(began); waited != r.RetryFor {
		t.Errorf("it was sent again for %s", waited)
	}
}

// lossy loses every batch.
type lossy struct{ *org }

func (lossy) Submit(context.Context, transform.Batch, func(connector.Receipt) error, func(...connector.Outcome) error) error {
	return connector.ErrLost
}

func TestRowsThatAreRefusedForTheMomentAreSentOnceMoreAlone(t *testing.T) {
	r := newRig(t)
	r.org.locked[user(1)], r.org.locked[user(3)] = 1, 1
	r.ok(r.carry())
	r.everyOnce()
	if b := r.Writer.Run.Batch(transform.Removals, 3); b == nil || b.Rows != 2 {
		t.Errorf("%+v; sent were %v", b, r.org.log)
	}
	if at := slices.Index(r.org.log, "removals-0003"); at != 2 {
		t.Errorf("sent were %v", r.org.log)
	}
}

func TestRowsThatAreRefusedForTheMomentWaitForTheRestOfTheirJob(t *testing.T) {
	r := newRig(t)
	r.org.locked[user(1)], r.org.drop["removals-0002"], r.org.atOnce = 1, true, 1
	var rounds []int // rows of each
	r.Progress = func(stage string, done, total int) {
		if stage == "sending removals" && done == 0 {
			rounds = append(rounds, total)
		}
	}
	r.ok(r.carry())
	r.everyOnce()
	if !slices.Equal(rounds, []int{5, 2, 1}) {
		t.Errorf("rounds of %v rows", rounds)
	}
	if got := strings.Join(r.org.log[:4], " "); got != "removals-0001 removals-0002 removals-0002 removals-0003" {
		t.Errorf("sent were %v", r.org.log)
	}
}

func TestBatchesBehindAJobThatTheOrgGivesUpAreKeptBack(t *testing.T) {
	r := newRig(t)
	r.org.breaks["removals-0001"], r.org.atOnce = true, 1
	r.ok(r.carry())
	if len(r.org.log) != 1 {
		t.Errorf("sent were %v", r.org.log)
	}
}

func TestAJobThatTheOrgGivesUpStopsTheRun(t *testing.T) {
	r := newRig(t)
	r.org.breaks["removals-0001"] = true
	r.ok(r.carry())
	if slices.ContainsFunc(r.org.log, func(name string) bool { return strings.HasPrefix(name, "upserts") }) {
		t.Errorf("an upsert was sent: %v", r.org.log)
	}
	if !r.Writer.Run.Batch(transform.Removals, 2).Done || r.Writer.Run.MaySend(transform.Upserts) {
		t.Error("its sibling was not followed to its end, or more may be sent")
	}
	if first, second := r.Changes.State(r.entry(0)), r.Changes.State(r.entry(1)); first == changes.Refused || second != changes.Refused {
		t.Errorf("the row that was carried out is %v, the next one %v", first, second)
	}
}

// Whether the abort was ours is not known after a crash, and need not be: a job whose data were never complete says
// nothing of its rows.
func TestAJobThatWasAbortedBeforeItsDataWereCompleteIsSentAgain(t *testing.T) {
	r := newRig(t)
	r.org.aborted["removals-0001"] = connector.ErrLost
	r.ok(r.carry())
	r.everyOnce()
}

func TestAJobThatWasAbortedBehindItsDataStopsTheRun(t *testing.T) {
	r := newRig(t)
	r.org.aborted["removals-0001"] = nil
	r.ok(r.carry())
	if r.org.applied[user(0)] > 0 || r.Writer.Run.MaySend(transform.Upserts) {
		t.Errorf("it was sent again, or more may be: %v", r.org.log)
	}
}

func TestABatchThatMayNotBeSentStaysUnsent(t *testing.T) {
	r := newRig(t)
	paused := errors.New("paused")
	asked := make(chan bool, 9)
	r.MaySend = func() error { asked <- true; return paused }
	if err := r.carry(); !errors.Is(err, paused) || len(r.org.log) > 0 || len(asked) == 0 {
		t.Errorf("%v, sent %v", err, r.org.log)
	}
	r.MaySend = func() error { return nil }
	r.ok(r.carry())
	r.everyOnce()
}

func TestABatchThatWasRefusedAsAWholeCountsAsUnsent(t *testing.T) {
	r := newRig(t)
	r.org.deny["removals-0001"] = fmt.Errorf("no space is left: %w", connector.ErrDenied)
	if err := r.carry(); err == nil || !strings.Contains(err.Error(), "removals-0001: no space is left") {
		t.Fatalf("%v", err)
	}
	if r.Writer.Run.Batch(transform.Removals, 1).Submitted || r.Changes.State(r.entry(0)) != changes.Unsent {
		t.Error("it counts as sent")
	}
	r.ok(r.carry())
	r.everyOnce()
}

func TestAJobThatDoesNotMoveIsLeftForAResume(t *testing.T) {
	r := newRig(t)
	r.org.stuck = true
	began := r.now
	if err := r.carry(); code(err) != run.ExitPending || r.now.Sub(began) < r.Flags.Wait {
		t.Errorf("%v after %s", err, r.now.Sub(began))
	}
	r.org.stuck = false
	r.ok(r.carry())
	r.everyOnce()
}

func TestASilentWorkerStopsARunOnceBeforeUpserts(t *testing.T) {
	for _, unattended := range []bool{false, true} {
		t.Run(fmt.Sprintf("unattended: %v", unattended), func(t *testing.T) {
			r := newRig(t)
			r.org.silent, r.Unattended = true, unattended
			if err := r.carry(); code(err) != run.ExitPending || !strings.Contains(err.Error(), "the worker does not answer: not one of 5 removals settled within 10m0s") {
				t.Fatalf("%v", err)
			}
			if len(r.org.log) != 2 {
				t.Errorf("sent were %v", r.org.log)
			}
			err := r.carry()
			if unattended && (code(err) != run.ExitPending || len(r.org.log) != 2) {
				t.Errorf("no person has asked for it, and it went on: %v, sent %v", err, r.org.log)
			}
			if !unattended && (err != nil || len(r.org.log) != 4) {
				t.Errorf("%v, sent %v", err, r.org.log)
			}
		})
	}
}

func TestAnOrgThatDoesNotReactIsTold(t *testing.T) {
	for _, inert := range []bool{false, true} {
		r := newRig(t)
		r.org.silent, r.org.inert = true, inert
		if err := r.carry(); code(err) != run.ExitPending {
			t.Fatal(err)
		}
		if told := slices.Contains(r.warned, "two minutes after the job not one status has changed: this org does not react (is it on?)"); told != inert {
			t.Errorf("inert %v: warned of %v", inert, r.warned)
		}
	}
}

// idle keeps its session alive by calls.
type idle struct {
	*org
	calls *int
}

func (o idle) KeepAlive(context.Context) error { *o.calls++; return nil }

func TestASessionIsKeptAliveWhileARunWaits(t *testing.T) {
	r := newRig(t)
	calls := 0
	r.Target = idle{r.org, &calls}
	r.ok(r.idle(context.Background(), 9*time.Minute))
	if calls != 2 || slices.Max(r.slept) > longestIdle {
		t.Errorf("%d calls, slept %v", calls, r.slept)
	}
	r.Target, r.slept = r.org, nil
	r.ok(r.idle(context.Background(), 9*time.Minute))
	if len(r.slept) != 1 {
		t.Errorf("an org that needs no calls: slept %v", r.slept)
	}
}

func TestADeliveryOfABrokenRoundIsKeptBack(t *testing.T) {
	r := newRig(t)
	waiting := r.Writer.Run.Waiting(transform.Removals)
	shared := r.newRound(transform.Removals, waiting)
	shared.broken.Store(true)
	if d, err := r.deliver(context.Background(), waiting[0], shared); err != nil || d.sent || len(r.org.log) > 0 {
		t.Errorf("%v, %+v", err, d)
	}
}

func TestASignalEndsADeliveryBeforeItsFirstEvent(t *testing.T) {
	r := newRig(t)
	why := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(why)
	if err := r.Job(ctx, transform.Removals); !errors.Is(err, why) || r.Writer.Run.JobBegan(transform.Removals) {
		t.Errorf("%v", err)
	}
}

// narrow is an org that can be asked for users whose request was cleared.
type narrow struct {
	*org
	asked [][]string // users of each look, those of the narrow ones behind "cleared"
	fails error      // the question
}

func (o *narrow) Look(ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) (transform.Policy, error) {
	var keys []string
	for u := range users {
		keys = append(keys, u.Key)
	}
	if len(keys) > 0 { // else only the policy is wanted
		o.asked = append(o.asked, keys)
	}
	return o.org.Look(ctx, users, found)
}

func (o *narrow) LookRemoved(ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) (transform.Policy, error) {
	o.asked = append(o.asked, []string{"cleared"})
	if o.fails != nil {
		return nil, o.fails
	}
	return o.org.Look(ctx, users, func(s transform.Standing) error {
		if s.Request != "" || s.Status == "" {
			return nil
		}
		return found(s)
	})
}

func TestBehindRemovalsOnlyThoseNotShownAsClearedAreLookedAtOneByOne(t *testing.T) {
	r := newRig(t)
	org := &narrow{org: r.org}
	r.Target = org
	r.org.onLook = func(users []transform.User) { // another admin moves one of the removed before the first look
		if len(users) == removals && len(org.asked) == 1 {
			s := r.org.users[user(1)]
			s.Request, s.Group, s.Status = "Gamma", "Gamma", words.Success
		}
	}
	r.ok(r.carry())
	r.everyOnce()
	if len(org.asked) != 3 || org.asked[0][0] != "cleared" || !slices.Equal(org.asked[1], []string{user(1)}) || len(org.asked[2]) != removals+upserts {
		t.Errorf("looked at %v", org.asked)
	}
	for n, settled := range map[int]bool{0: true, 1: true, 2: true, 5: true} {
		if r.Changes.IsSettled(r.entry(n)) != settled || !r.Changes.Seen(r.entry(n)) {
			t.Errorf("%s is settled: %v", user(n), r.Changes.IsSettled(r.entry(n)))
		}
	}
	if r.Changes.After(r.entry(1)).Group != "Gamma" {
		t.Errorf("the one who was moved stands as %+v", r.Changes.After(r.entry(1)))
	}
}

func TestAUserThatNoLookShowsIsGone(t *testing.T) {
	r := newRig(t)
	org := &narrow{org: r.org}
	r.Target = org
	r.ok(r.send(t.Context(), transform.Removals))
	delete(r.org.users, user(2))
	r.ok(r.await(t.Context(), transform.Removals))
	if !r.Changes.Gone(r.entry(2)) || r.Changes.Gone(r.entry(1)) || len(org.asked) < 2 {
		t.Errorf("gone: %v, another: %v; looked at %v", r.Changes.Gone(r.entry(2)), r.Changes.Gone(r.entry(1)), org.asked)
	}
}

func TestAnOrgThatDoesNotAnswerForTheRemovedIsAskedForAllOfThem(t *testing.T) {
	for name, c := range map[string]struct {
		fails error
		ends  bool
	}{
		"it cannot search that field": {errors.New("the field can not be filtered"), false},
		"it does not let us search":   {connector.ErrDenied, false},
		"it is down":                  {connector.ErrUnavailable, true},
	} {
		r := newRig(t)
		org := &narrow{org: r.org, fails: c.fails}
		r.Target = org
		err := r.Job(t.Context(), transform.Removals)
		if c.ends != errors.Is(err, connector.ErrUnavailable) || !c.ends && (err != nil || len(org.asked) != 2 || len(org.asked[1]) != removals) {
			t.Errorf("%s: %v, looked at %v", name, err, org.asked)
		}
	}
}

// A look that breaks off has shown some users, and what it has shown counts.
func TestWhatALookHasShownBeforeItBrokeOffIsKnown(t *testing.T) {
	r := newRig(t)
	r.ok(r.Job(t.Context(), transform.Removals))
	r.org.users[user(0)].Status = "odd"
	r.Target = broken{r.org}
	if err := r.Look(t.Context(), r.Changes.Touched()); !errors.Is(err, connector.ErrUnavailable) || r.Changes.After(r.entry(0)).Status != "odd" {
		t.Errorf("%v; %+v", err, r.Changes.After(r.entry(0)))
	}
}

// broken shows one user, and then the line breaks.
type broken struct{ *org }

func (o broken) Look(ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) (transform.Policy, error) {
	for u := range users {
		s := *o.users[u.Key]
		s.User = u
		return nil, errors.Join(found(s), connector.ErrUnavailable)
	}
	return o.org.Look(ctx, users, found)
}
