// Package engage is the policy of Veeva Engage groups, for every org that has the request, status and group fields:
// Veeva CRM on Salesforce and Vault CRM. Its two tables are the whole of it; they read plain data and touch neither
// wire nor disk.
//
// Source of the rules: Veeva, "Engage Group Management" (CRM and Vault CRM).
package engage

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"rosterload/transform"
	"rosterload/validate"
)

// What a connector for an org with Engage says of itself.
const (
	// Worker carries a stored request out.
	Worker = "the Engage server"
	// WorkerOff is the question when nothing at all is carried out.
	WorkerOff = "is Engage group provisioning switched on?"
	// Stuck is what helps a request that stays on its way.
	Stuck = "ask for the vendor's manual sync"
)

// RetryCodes are the reason codes of requests that are stored and failed: setting the status to Retry asks for them
// again.
func RetryCodes() []string {
	return []string{codeNoLicenses, codeRequestFailed, codeInvalidGroup, codeRetryNeeded}
}

// Words are the org's spellings of the provisioning status.
type Words struct {
	RequestSent, Retry, NoLicenses, InvalidGroup, RequestFailed, Success string
}

// Options is what the policy must know of the org.
type Options struct {
	Groups   []string // valid names, when they are known; nil: the org is asked by sending
	MaxValue int      // characters that the org's request field holds; 0: not known
	Words    Words
	Holders  int // people in the org who have a group now; -1: not known
}

// Policy is that of the org that the options describe.
func Policy(o Options) transform.Policy {
	known := make(map[string]bool, len(o.Groups))
	for _, g := range o.Groups {
		known[norm.NFC.String(g)] = true
	}
	p := &policy{options: o, known: known}
	p.user.policy = p
	return p
}

type policy struct {
	options Options
	known   map[string]bool
	user    facts // the one in hand: no call makes another
}

// of takes a user in hand: as it stands now and stood before, and the group that is asked for.
func (p *policy) of(now, before transform.Standing, want string) found {
	p.user.Standing, p.user.before, p.user.want = now, before, want
	return &p.user
}

// forget lets go of the user: one id may be a piece of a million.
func (p *policy) forget() {
	p.user.Standing, p.user.before, p.user.want = transform.Standing{}, transform.Standing{}, ""
}

// Decide reads the table of decisions. What none of its rows stops is a change.
func (p *policy) Decide(r validate.Request, s transform.Standing) transform.Decision {
	return p.decide(r.Value(), s)
}

// Absent decides as a line with a blank group does.
func (p *policy) Absent(s transform.Standing) transform.Decision { return p.decide("", s) }

func (p *policy) decide(want string, s transform.Standing) transform.Decision {
	f := p.of(s, s, want)
	defer p.forget()
	d := transform.Decision{Change: transform.Change{User: s.ID, Value: f.want}}
	for _, row := range decisions {
		if row.when(f) {
			d.Verdict = row.say(f)
			return d
		}
	}
	d.Job, d.Verdict = transform.Upserts, transform.Verdict{Reason: transform.Chosen(f.Standing)}
	if !f.wantsGroup() {
		d.Job = transform.Removals
	}
	return d
}

// Judge reads the table of judgements.
func (p *policy) Judge(c transform.Change, before, after transform.Standing) (transform.Verdict, bool) {
	f := p.of(after, before, c.Value)
	defer p.forget()
	for _, row := range judgements {
		if row.when(f) {
			return row.say(f), row.settled
		}
	}
	panic("the last row of judgements fits always")
}

// Impersonal says that the tables of judgements read no name and no id.
func (*policy) Impersonal() {}

// AsAsked compares the stored request with the change.
func (*policy) AsAsked(c transform.Change, now transform.Standing) bool {
	return now.Found() && sameName(now.Request, c.Value)
}

// Shown is the group.
func (*policy) Shown(c transform.Change) string { return c.Value }

// Action is assign for users who held no group, and move for the others.
func (*policy) Action(c transform.Change, before transform.Standing) transform.Action {
	switch {
	case c.Value == "":
		return transform.Remove
	case before.Group == "":
		return transform.Assign
	}
	return transform.Move
}

// Retryable reads the table of decisions as a new load of the same line would.
func (p *policy) Retryable(c transform.Change, now transform.Standing) bool {
	f := p.of(now, now, c.Value)
	defer p.forget()
	for _, row := range decisions {
		if row.when(f) {
			return row.say(f).Code == codeRetryNeeded
		}
	}
	return false
}

// Holders is the number that was counted in the org.
func (p *policy) Holders() int { return p.options.Holders }

// sameName compares group names in NFC, case and blanks included: Veeva publishes no looser rule.
func sameName(a, b string) bool {
	return a == b || !(isASCII(a) && isASCII(b)) && norm.NFC.String(a) == norm.NFC.String(b)
}

// isASCII tells of a text that has one form only.
func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// BothForms are names composed and decomposed: an org may store either, and compares bytes.
func BothForms(names []string) (all []string) {
	for _, name := range names {
		composed, decomposed := norm.NFC.String(name), norm.NFD.String(name)
		if all = append(all, composed); decomposed != composed {
			all = append(all, decomposed)
		}
	}
	return all
}
