package groove

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"rosterload/transform"
	"rosterload/validate"
)

// wanted is a line of the roster.
type wanted struct {
	key     string
	set     licences
	removal bool
	said    map[string]string // settings, by name
}

func wantedOf(r validate.Request) wanted {
	w := wanted{key: string(r.Key()), set: setOf(string(r.Value())), removal: r.Removal(), said: map[string]string{}}
	for _, s := range settings {
		if cell := r.Said(s.name); cell != "" {
			w.said[s.name] = cell
		}
	}
	return w
}

// settingsOnly: the line says nothing of licences.
func (w wanted) settingsOnly() bool { return !w.removal && len(w.set) == 0 }

// Foresee takes the roster in: who needs a seat, and whose removal frees one.
func (t *Target) Foresee(all iter.Seq[validate.Request]) {
	t.lines, t.policy = nil, nil
	for r := range all {
		t.lines = append(t.lines, wantedOf(r))
	}
}

// Policy is the same for as long as a run is planned: it counts seats.
func (t *Target) Policy() transform.Policy {
	if t.policy == nil || t.policy.seats != t.seats {
		t.policy = &policy{Target: t, seats: t.seats, left: -1}
	}
	return t.policy
}

// policy decides by the table of the two carriers.
type policy struct {
	*Target
	seats *seats
	left  int // seats that may still be given, -1: not counted yet
	short int
}

// Decide answers a line, or makes a change of it.
func (p *policy) Decide(r validate.Request, s transform.Standing) (transform.Change, transform.Job, transform.Verdict) {
	w := wantedOf(r)
	c := transform.Change{User: s.ID, Value: w.set.String()}
	if !s.Found() {
		if s.Others > 0 {
			return c, transform.None, failed("USER_AMBIGUOUS", transform.ChangeKey, "%d Salesforce users have this key and not exactly one of them is active", s.Others+1)
		}
		return c, transform.None, failed("USER_NOT_FOUND", transform.ChangeKey, "no Salesforce user has this key")
	}
	who := p.people[s.ID]
	if why := p.badSetting(w, who); why != "" {
		return c, transform.None, failed("GROOVE_BAD_SETTING", transform.FixAndLoad, "%s", why)
	}
	job, v := p.sort(w, who)
	if job == transform.Upserts && p.needsSeat(w, who) {
		if v := p.noSeat(); v != nil {
			return c, transform.None, *v
		}
	}
	return c, job, v
}

// badSetting says what is wrong with a line's settings that only the org, or the mail platform, tells.
func (p *policy) badSetting(w wanted, who person) string {
	set := w.set
	if w.settingsOnly() {
		set = p.held(who)
	}
	for _, s := range settings {
		cell, there := w.said[s.name]
		if !there {
			continue
		}
		if _, why := s.check(cell, p.settings.ceiling()); why != "" {
			return fmt.Sprintf("%s %q %s", s.name, cell, why)
		}
		blind := w.settingsOnly() && !p.byField(who.Active) // which other licences are held cannot be seen
		if s.dialer && !set.has(dialer) && !blind {
			return s.name + " is for users of the dialer, and this one has none"
		}
	}
	return ""
}

// sort finds out what is to be done with somebody: nothing, a removal, or an upsert.
func (p *policy) sort(w wanted, who person) (transform.Job, transform.Verdict) {
	held, seated := p.held(who), p.seated(who)
	switch {
	case w.settingsOnly():
		return transform.None, transform.Verdict{Word: transform.Skipped, Code: "GROOVE_WORK_ORDER", Next: transform.AskAdmin, Reason: "settings alone: on the work order, not loaded"}
	case !who.Active && !w.set.within(held):
		return transform.None, failed("USER_INACTIVE", transform.AskAdmin, "the Salesforce user is inactive and may lose licences, but not get any")
	case p.byField(who.Active):
		return p.sortField(w, held, seated)
	}
	return p.sortSeat(w, who, seated)
}

func (p *policy) seated(who person) bool {
	_, seated := p.seats.holders[who.ID]
	return seated
}

func (p *policy) sortField(w wanted, held licences, seated bool) (transform.Job, transform.Verdict) {
	same := slices.Equal(held, w.set)
	switch {
	case same && len(held) == 0 && seated:
		return transform.Removals, transform.Verdict{Reason: "a seat that was given by hand"}
	case same && len(held) > 0 && !seated:
		return transform.None, transform.Verdict{Word: transform.Pending, Code: "GROOVE_UNVERIFIED", Next: transform.Wait, Reason: "asked for before, and Groove has given no seat yet; the same value tells it nothing, so nothing was sent"}
	case same:
		return transform.None, transform.Verdict{Word: transform.Unchanged}
	case w.set.within(held):
		return transform.Removals, transform.Verdict{}
	}
	return transform.Upserts, transform.Verdict{}
}

func (p *policy) sortSeat(w wanted, who person, seated bool) (transform.Job, transform.Verdict) {
	switch {
	case len(w.set) == 0 && (seated || len(who.Field) > 0 && !who.Active):
		return transform.Removals, transform.Verdict{}
	case len(w.set) == 0:
		return transform.None, transform.Verdict{Word: transform.Unchanged}
	case !seated:
		return transform.Upserts, transform.Verdict{}
	case len(w.set) == 1:
		return transform.None, transform.Verdict{Word: transform.Unchanged}
	}
	return transform.None, manual("core is there")
}

// manual is said of licences that only a human can give: the rest stands on the work order.
func manual(what string) transform.Verdict {
	return transform.Verdict{Word: transform.Pending, Code: "GROOVE_WORK_ORDER", Next: transform.AskAdmin, Reason: what + "; the other licences have no interface here and stand on the work order"}
}

// needsSeat: who gains core.
func (p *policy) needsSeat(w wanted, who person) bool {
	return w.set.has(core) && !p.seated(who)
}

// noSeat takes one seat, or says that none is left: the last needing lines get none.
func (p *policy) noSeat() *transform.Verdict {
	free, known := p.seats.free()
	if !known {
		return nil
	}
	if p.left < 0 {
		freed, need := p.forecast()
		p.left = max(0, free+freed)
		p.short = max(0, need-p.left)
	}
	if p.left > 0 {
		p.left--
		return nil
	}
	v := failed("GROOVE_NO_SEATS", transform.FreeLicences, "all %d seats of the package are taken; %d too few for this roster", p.seats.allowed, p.short)
	return &v
}

// forecast counts the seats that this plan frees and needs.
func (p *policy) forecast() (freed, need int) {
	for _, w := range p.lines {
		id, found := p.ids[w.key]
		if !found {
			continue
		}
		who := p.people[id]
		if p.badSetting(w, who) != "" {
			continue
		}
		switch job, _ := p.sort(w, who); {
		case job == transform.Removals && !w.set.has(core) && p.seated(who):
			freed++
		case job == transform.Upserts && p.needsSeat(w, who):
			need++
		}
	}
	return freed + len(p.Extra()), need
}

// Extra are the seats of inactive users who are not in the roster, where the admin wants them back.
func (p *policy) Extra() []transform.Standing {
	if p.settings.Reclaim.V != "inactive" {
		return nil
	}
	named := map[string]bool{}
	for _, w := range p.lines {
		named[p.ids[w.key]] = true
	}
	var all []transform.Standing
	for _, id := range slices.Sorted(maps.Keys(p.seats.holders)) {
		if s := p.seats.holders[id]; !s.active && !named[id] {
			all = append(all, transform.Standing{User: transform.User{By: "Id", Key: id}, ID: id, Request: core, Group: core, Status: statusSeat})
		}
	}
	return all
}

// Judge says what became of a change, from what can be seen of it.
func (p *policy) Judge(c transform.Change, before, after transform.Standing) (transform.Verdict, bool) {
	want, seated := setOf(c.Value), after.Status == statusSeat || after.Status == statusUnverified
	unverified := func(reason string) transform.Verdict {
		return transform.Verdict{Word: transform.Pending, Code: "GROOVE_UNVERIFIED", Next: transform.Wait, Reason: reason}
	}
	switch {
	case len(want) == 0 && after.Request == "" && !seated:
		return transform.Verdict{Word: transform.Removed}, true
	case len(want) == 0 && (after.Request == "seat" || after.Request == core && !p.byField(after.Active)):
		return unverified("the licences are taken away, and the seat is still there"), false
	case !p.AsAsked(c, after):
		return failed("USER_CHANGED_MEANWHILE", transform.FixAndLoad, "the org shows %q", after.Request), true
	case !seated:
		return unverified("Groove has not given the seat yet"), false
	case !p.byField(after.Active) && len(want) > 1:
		return manual("core has its seat"), true
	case len(want) > 1 || len(setOf(before.Group)) > 1:
		return unverified("the field is read back and core has its seat; what Groove made of the other licences nobody can see"), true
	case before.Status == statusSeat || before.Status == statusUnverified:
		return transform.Verdict{Word: transform.Updated}, true
	}
	return transform.Verdict{Word: transform.Created}, true
}

// Ended: nobody will ever say more of what rests on trust, or on a human.
func (p *policy) Ended(v transform.Verdict) bool { return strings.HasPrefix(v.Code, "GROOVE_") }

// Trusted tells of rows that rest on trust alone, where the admin takes that for done.
func (p *policy) Trusted(v transform.Verdict) bool {
	return p.settings.Unverified.V == "ok" && v.Code == "GROOVE_UNVERIFIED"
}

// Status: a human's part is manual, and a set that loses a licence and keeps core rests on trust, whatever its seat shows.
func (p *policy) Status(c transform.Change, v transform.Verdict, now transform.Standing) string {
	switch {
	case v.Code == "GROOVE_WORK_ORDER":
		return statusManual
	case v.Code == "GROOVE_UNVERIFIED" && now.Status == statusSeat && setOf(c.Value).has(core):
		return statusUnverified
	}
	return now.Status
}

// AsAsked compares what the carrier of this user stores with the wish.
func (p *policy) AsAsked(c transform.Change, now transform.Standing) bool {
	switch {
	case !now.Found():
		return false
	case p.byField(now.Active):
		return now.Request == c.Value
	case setOf(c.Value).has(core):
		return now.Group == core
	}
	return now.Request == ""
}

// Shown is the whole set that is wanted, whichever carrier takes how much of it.
func (p *policy) Shown(c transform.Change) string { return c.Value }

// Action is remove for whoever only loses.
func (p *policy) Action(c transform.Change, before transform.Standing) transform.Action {
	want, held := setOf(c.Value), setOf(before.Group)
	switch {
	case len(want) == 0 || want.within(held) && len(want) < len(held):
		return transform.Remove
	case len(held) == 0:
		return transform.Assign
	}
	return transform.Move
}

// Holders are those who have a seat.
func (p *policy) Holders() int { return len(p.seats.holders) }
