package carry

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/transform"
	"rosterload/transform/engage"
)

// counting is an org that tells how many people have a group, and notes when it is asked.
type counting struct {
	*org
	t     *testing.T
	known int   // as its looks say it, -1: not known
	err   error // of counting
	at    int   // the look beside which it expects to be asked, 0: none
	early bool  // and then counts before that look has seen anything

	seen, told chan struct{} // that look has seen its users, and that count is told

	mu    sync.Mutex
	over  int   // looks at users that have ended
	asked []int // for each count, how many looks were over
}

func (o *counting) await(what chan struct{}, name string) {
	select {
	case <-what:
	case <-time.After(10 * time.Second):
		o.t.Errorf("%s does not come", name)
	}
}

func (o *counting) Look(
	ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error,
) (transform.Policy, error) {
	o.mu.Lock()
	expects := o.over+1 == o.at
	o.mu.Unlock()
	if expects && o.early {
		o.await(o.told, "the count before the look")
	}
	_, err := o.org.Look(ctx, users, found)
	if expects {
		close(o.seen)
		o.await(o.told, "the count beside the look")
	}
	o.mu.Lock()
	o.over++
	o.mu.Unlock()
	return o.policy(), err
}

func (o *counting) policy() transform.Policy {
	return engage.Policy(engage.Options{Words: words, Holders: o.known})
}

func (o *counting) CountHolders(context.Context) (int, error) {
	o.mu.Lock()
	beside := o.over < o.at
	o.asked = append(o.asked, o.over)
	o.mu.Unlock()
	if beside {
		defer close(o.told)
	}
	if beside && !o.early {
		o.await(o.seen, "what the look sees")
	}
	o.org.mu.Lock()
	defer o.org.mu.Unlock()
	n := 0
	for _, s := range o.users {
		if s.Group != "" {
			n++
		}
	}
	return n, o.err
}

// A count beside the last look may have come before the worker: it is told only where it agrees with that look.
func TestHoldersAreCountedBesideALookThatMayBeTheLast(t *testing.T) {
	beside, behind := []string{"beside"}, []string{"behind"}
	for _, c := range []struct {
		name  string
		set   func(r *rig, o *counting)
		asked []string
		told  int // -1: nothing is told
	}{
		{"the org carries everything out at once", func(_ *rig, o *counting) { o.at = 2 }, beside, upserts},
		{"it does so between the count and the look", func(_ *rig, o *counting) {
			o.at, o.early = 2, true
		}, []string{"beside", "behind"}, upserts},
		{"another admin has given a stranger a group", func(_ *rig, o *counting) {
			o.at, o.users["stranger"] = 2, &transform.Standing{Group: "Alpha"}
		}, []string{"beside", "behind"}, upserts + 1},
		{"it took its time with the removals", func(_ *rig, o *counting) {
			looks := 0
			o.onLook = func([]transform.User) { looks++; o.silent = looks == 1 }
		}, behind, upserts},
		{"nothing is waited for", func(r *rig, o *counting) { r.Flags.Wait, o.silent, o.at = 0, true, 1 }, beside, removals},
		{"the org does not let us count", func(_ *rig, o *counting) { o.at, o.err = 2, errors.New("denied") }, beside, -1},
		{"what the plan saw is not known", func(_ *rig, o *counting) { o.known = -1 }, behind, upserts},
		{"the run was resumed", func(r *rig, _ *counting) { r.Resumed = true }, behind, upserts},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			o := &counting{org: r.org, t: t, known: removals, seen: make(chan struct{}), told: make(chan struct{})}
			c.set(r, o)
			r.Target, r.Policy = o, o.policy() // of the plan's look
			r.ok(r.carry())
			if beside := r.beside != nil; beside != (c.asked[0] == "beside") {
				t.Errorf("counted beside a look: %v", beside)
			}
			r.ok(r.CountHolders(t.Context()))
			told := -1
			if n := r.Writer.Run.HoldersAfter; n != nil {
				told = *n
			}
			var asked []string
			for _, over := range o.asked {
				asked = append(asked, map[bool]string{true: "beside", false: "behind"}[over < o.over])
			}
			if !slices.Equal(asked, c.asked) || told != c.told {
				t.Errorf("asked %v, told %d holders", asked, told)
			}
		})
	}
}

// A count beside a look that was not the last says nothing of the end.
func TestACountBesideAnEarlierLookIsForgotten(t *testing.T) {
	r := newRig(t)
	o := &counting{org: r.org, t: t, known: removals}
	r.Target, r.Policy = o, o.policy()
	r.ok(r.carry())
	r.beside = &holderCount{err: errors.New("denied")}
	r.Resumed = true // the next looks count nothing
	r.fresh = false
	r.ok(r.ReadBack(t.Context(), r.Changes.Touched()))
	if r.ok(r.CountHolders(t.Context())); r.Writer.Run.HoldersAfter == nil || *r.Writer.Run.HoldersAfter != upserts {
		t.Errorf("holders behind the run: %v", r.Writer.Run.HoldersAfter)
	}
}

// failing is an org whose looks fail while it counts.
type failing struct{ *counting }

func (o failing) Look(context.Context, iter.Seq[transform.User], func(transform.Standing) error) (transform.Policy, error) {
	return nil, connector.ErrUnavailable
}

func (o failing) CountHolders(ctx context.Context) (int, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func TestALookThatFailsGivesTheCountBesideItUp(t *testing.T) {
	r := newRig(t)
	o := &counting{org: r.org, t: t, known: removals}
	r.Target, r.Policy, r.Flags.Wait, o.silent = o, o.policy(), 0, true
	r.ok(r.Job(t.Context(), transform.Removals))
	r.ok(r.Job(t.Context(), transform.Upserts))
	r.Target = failing{o}
	if err := r.ReadBack(t.Context(), r.Changes.Touched()); !errors.Is(err, connector.ErrUnavailable) || r.beside != nil {
		t.Errorf("%v, counted %v", err, r.beside)
	}
}
