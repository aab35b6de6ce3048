package changes

import (
	"fmt"
	"testing"

	"rosterload/transform"
)

// counting says all that it sees but the person, and counts how often it is asked.
type counting struct {
	transform.Policy
	asked int
}

func (p *counting) Judge(c transform.Change, before, after transform.Standing) (transform.Verdict, bool) {
	p.asked++
	now := [...]any{after.Found(), after.Active, after.Request, after.Group, after.Status}
	return transform.Verdict{Reason: fmt.Sprint(c.Value, before.Request, before.Group, before.Status, now)}, after.Found()
}

// alike does not look at the person.
type alike struct{ *counting }

func (alike) Impersonal() {}

func TestAVerdictIsThoughtOnceForAllWhoStandAlike(t *testing.T) {
	r := newRig(t)
	r.send(r.batch(transform.Removals, 1))
	var all []int32
	for n := range 9 {
		all = append(all, r.place(n))
	}
	r.BeginLook(all)
	for n, now := range map[int]transform.Standing{
		0: {Status: "sent"}, 1: {Status: "success"}, 2: {Status: "success"},
		5: {Request: "Beta", Group: "Beta", Status: "success"}, 6: {Request: "Beta", Group: "Beta", Status: "success"},
		7: {Request: "Beta", Group: "Gamma", Status: "success"},
		3: {}, // shown, and all is blank
	} {
		now.ID, now.Active = user(n), n != 3
		r.ok(r.See(now))
	}
	r.EndLook(all)
	r.entries[r.place(6)].before = r.names.Pack(transform.Standing{Request: "Delta", Group: "Delta"}) // else as 5
	once, each := alike{&counting{}}, &counting{}
	for range 2 {
		for _, i := range all {
			v, settled := r.Verdict(once, i)
			want, is := each.Judge(r.Change(i), r.Before(i), r.After(i))
			if v != want || settled != is {
				t.Errorf("%s: %+v, %v, want %+v, %v", story(r.Changes, i), v, settled, want, is)
			}
			if v, _ = r.Verdict(each, i); v != want {
				t.Errorf("%s: %+v, want %+v", story(r.Changes, i), v, want)
			}
		}
	}
	if once.asked >= 9 || once.asked < 7 || each.asked != 36 {
		t.Errorf("asked %d times of those alike, %d times of each", once.asked, each.asked)
	}
	next := alike{&counting{}}
	if _, _ = r.Verdict(next, all[0]); next.asked != 1 {
		t.Error("the policy of a later look is answered by an earlier one")
	}
}

func TestVerdictsOfUsersWhoAreAllDifferentDoNotFillTheMemory(t *testing.T) {
	var all memo
	all.known = map[memoKey]judged{}
	for n := range 2 * mostJudged {
		all.keep(memoKey{value: uint32(n)}, judged{})
	}
	if len(all.known) != mostJudged {
		t.Errorf("%d verdicts are kept", len(all.known))
	}
}
