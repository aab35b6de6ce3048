// Package groove decides what becomes of Groove licences: by a field of the Salesforce user that Groove reads, or by
// the seats of its package. It knows what a look saw, and asks nothing.
package groove

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"rosterload/transform"
	"rosterload/validate"
)

// Options is what the config says.
type Options struct {
	Ceiling    int  // Flow e-mails a day that may be asked for
	Reclaim    bool // seats of inactive users in no line are taken back in the removal job
	Unverified bool // what rests on trust alone is taken for done
}

// Policy decides by the tables of the two carriers.
type Policy struct {
	options Options
	org     *Org
	left    int // seats that may still be given
	short   int // users beyond them
}

// New makes the policy of what a look saw. An org without seats is one of no look: the policy can judge and nothing
// else.
func New(o Options, org *Org) *Policy { return &Policy{options: o, org: org} }

// Forecast counts the seats that the roster frees and needs.
func (p *Policy) Forecast(requests iter.Seq2[validate.Request, transform.Standing]) {
	free, known := p.org.Free()
	if !known {
		return
	}
	freed, needed := len(p.Extra()), 0
	for r, s := range requests {
		if !s.Found() {
			continue
		}
		asked, who := AskedBy(r), p.org.People[s.ID]
		if p.badSetting(asked, who) != "" {
			continue
		}
		switch job, _ := p.sort(asked, who); {
		case job == transform.Removals && !asked.Set.Has(Core) && p.org.Seated(who.ID):
			freed++
		case job == transform.Upserts && p.needsSeat(asked, who):
			needed++
		}
	}
	p.left = max(0, free+freed)
	p.short = max(0, needed-p.left)
}

// Decide answers a line, or makes a change of it.
func (p *Policy) Decide(r validate.Request, s transform.Standing) transform.Decision {
	asked := AskedBy(r)
	d := transform.Decision{Change: transform.Change{User: s.ID, Value: asked.Set.String()}}
	if !s.Found() {
		d.Verdict = transform.Unfound(s, "Salesforce user")
		return d
	}
	who := p.org.People[s.ID]
	if why := p.badSetting(asked, who); why != "" {
		d.Verdict = transform.Failure("GROOVE_BAD_SETTING", transform.FixAndLoad, "%s", why)
		return d
	}
	p.org.forget(asked, who.ID, p.options.Ceiling)
	d.Job, d.Verdict = p.sort(asked, who)
	if d.Job == transform.Upserts && p.needsSeat(asked, who) && !p.takeSeat() {
		d.Job = transform.None
		d.Verdict = transform.Failure("GROOVE_NO_SEATS", transform.FreeLicences,
			"all %d seats of the package are taken; %d too few for this roster", p.org.Allowed, p.short)
	}
	return d
}

// badSetting says what is wrong with a line's settings that only the org, or the mail platform, tells.
func (p *Policy) badSetting(a Asked, who Person) string {
	set := a.Set
	if a.SettingsOnly() {
		set = p.org.Held(who)
	}
	unseen := a.SettingsOnly() && !p.org.Carried(who.Active) // which licences besides core are held cannot be seen
	for _, s := range Settings {
		cell := a.Said(s.Name)
		if cell == "" {
			continue
		}
		if _, why := s.Spell(cell, p.options.Ceiling); why != "" {
			return fmt.Sprintf("%s %q %s", s.Name, cell, why)
		}
		if s.Dialer && !set.Has(Dialer) && !unseen {
			return s.Name + " is for users of the dialer, and this one has none"
		}
	}
	return ""
}

// sort finds out what is to be done with a user: nothing, a removal, or an upsert.
func (p *Policy) sort(a Asked, who Person) (transform.Job, transform.Verdict) {
	past := p.org.Past[who.ID]
	switch held := p.org.Held(who); {
	case a.SettingsOnly() && p.org.isDone(a, who.ID, p.options.Ceiling):
		return transform.None, transform.Verdict{Word: transform.Unchanged, Reason: seenInExport}
	case a.SettingsOnly():
		return transform.None, transform.Verdict{
			Word: transform.Skipped, Code: "GROOVE_WORK_ORDER",
			Next: transform.AskAdmin, Reason: "settings alone: on the work order, not loaded",
		}
	case !who.Active && !a.Set.Within(held):
		return transform.None, transform.Failure(transform.CodeInactive, transform.AskAdmin,
			"the Salesforce user is inactive and may lose licences, but not get any")
	case p.org.Carried(who.Active):
		return sortField(a.Set, held, p.org.Seated(who.ID), past.trusted(a.Set.String()) && !p.options.Unverified)
	}
	return sortSeat(a.Set, p.org.Seated(who.ID), len(who.Field) > 0 && !who.Active, past.showed(a.Set.String()))
}

// seenInExport is why nothing more is asked of a person.
const seenInExport = "an export of Groove's users page has shown it"

// sortField is the table of users that the field carries. doubted is a set that an earlier run has asked for, and that
// no export has shown since. The first row that fits is taken.
func sortField(asked, held Licences, seated, doubted bool) (transform.Job, transform.Verdict) {
	same := slices.Equal(held, asked)
	switch {
	case same && len(held) == 0 && seated:
		return transform.Removals, transform.Verdict{Reason: "a seat that was given by hand"}
	case same && len(held) > 0 && !seated:
		return transform.None, unverified("asked for before, and Groove has given no seat yet; the same value " +
			"tells it nothing, so nothing was sent")
	case same && doubted:
		return transform.None, unverified("asked for by an earlier run, and no interface shows what Groove made of it")
	case same:
		return transform.None, transform.Verdict{Word: transform.Unchanged}
	case asked.Within(held):
		return transform.Removals, transform.Verdict{}
	}
	return transform.Upserts, transform.Verdict{}
}

// sortSeat is the table of users that seats carry: core alone. leftover is a field of an inactive user that is to be
// cleared, shown a set that an export has shown. The first row that fits is taken.
func sortSeat(asked Licences, seated, leftover, shown bool) (transform.Job, transform.Verdict) {
	switch {
	case len(asked) == 0 && (seated || leftover):
		return transform.Removals, transform.Verdict{}
	case len(asked) == 0:
		return transform.None, transform.Verdict{Word: transform.Unchanged}
	case !seated:
		return transform.Upserts, transform.Verdict{}
	case len(asked) == 1:
		return transform.None, transform.Verdict{Word: transform.Unchanged}
	case shown:
		return transform.None, transform.Verdict{Word: transform.Unchanged, Reason: seenInExport}
	}
	return transform.None, manual("core is there")
}

func unverified(reason string) transform.Verdict {
	return transform.Verdict{Word: transform.Pending, Code: "GROOVE_UNVERIFIED", Next: transform.Wait, Reason: reason}
}

// manual is said of licences that only a human can give: the rest stands on the work order.
func manual(what string) transform.Verdict {
	return transform.Verdict{
		Word: transform.Pending, Code: "GROOVE_WORK_ORDER", Next: transform.AskAdmin,
		Reason: what + "; the other licences have no interface here and stand on the work order",
	}
}

// needsSeat: users who gain core.
func (p *Policy) needsSeat(a Asked, who Person) bool { return a.Set.Has(Core) && !p.org.Seated(who.ID) }

// takeSeat gives one seat, in roster order: the last lines get none.
func (p *Policy) takeSeat() bool {
	if _, known := p.org.Free(); !known {
		return true
	}
	if p.left == 0 {
		return false
	}
	p.left--
	return true
}

// Extra are the seats of inactive users in no line, where the admin wants them back.
func (p *Policy) Extra() []transform.Standing {
	if !p.options.Reclaim {
		return nil
	}
	var all []transform.Standing
	for _, id := range p.org.Stale() {
		all = append(all, transform.Standing{
			User: transform.User{By: "Id", Key: id}, ID: id, Request: Core,
			Group: Core, Status: StatusSeat,
		})
	}
	return all
}

// Shown is the whole set that is asked for, whichever carrier takes how much of it.
func (*Policy) Shown(c transform.Change) string { return c.Value }

// Action is remove for a user who only loses.
func (*Policy) Action(c transform.Change, before transform.Standing) transform.Action {
	asked, held := SetOf(c.Value), SetOf(before.Group)
	switch {
	case len(asked) == 0 || asked.Within(held) && len(asked) < len(held):
		return transform.Remove
	case len(held) == 0:
		return transform.Assign
	}
	return transform.Move
}

// Holders are those who have a seat.
func (p *Policy) Holders() int {
	if p.org.Seats == nil {
		return -1
	}
	return len(p.org.Seats)
}

// Ended tells whether nothing more can be learned: of what rests on trust, or on a human.
func (*Policy) Ended(v transform.Verdict) bool { return strings.HasPrefix(v.Code, "GROOVE_") }

// Trusted tells of rows that rest on trust alone, where the admin takes that for done.
func (p *Policy) Trusted(v transform.Verdict) bool {
	return p.options.Unverified && v.Code == "GROOVE_UNVERIFIED"
}
