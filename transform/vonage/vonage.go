// Package vonage decides what becomes of the users of Vonage Contact Center (VCC): whether a Salesforce user gets a VCC
// account like the template's, or loses it, and what is said when not. It knows what a look saw, and asks nothing.
package vonage

import (
	"cmp"
	"iter"
	"strings"

	"rosterload/transform"
	"rosterload/validate"
)

// Options is what the config says.
type Options struct {
	GenerateIDs    bool // agent IDs that are blank in the roster and in Salesforce are made up
	StartingID     int  // the first that is tried
	CenterOptional bool // a user without a call center is made all the same
	AgentLicences  *int // how many there are; nil: no interface tells, and nothing is counted
	AllowOverages  bool // more agents than licences are made, and paid for
}

// Policy decides by the tables of "Creating VCC user accounts for existing Salesforce users".
type Policy struct {
	options  Options
	org      *Org
	looked   bool
	ids      *IDs
	licences licences
}

// New makes the policy of what a look saw; nil: of no look, which can judge and nothing else.
func New(o Options, org *Org) *Policy {
	p := &Policy{options: o, org: org, looked: org != nil}
	if org == nil {
		p.org = NewOrg(Template{})
	}
	p.ids = NewIDs(o.StartingID, p.org)
	return p
}

// IDs are the agent IDs that the roster names and those that were made up.
func (p *Policy) IDs() *IDs { return p.ids }

// Forecast counts which agent IDs the roster names, also further down, and how many licences it needs and frees.
func (p *Policy) Forecast(requests iter.Seq2[validate.Request, transform.Standing]) {
	for r := range requests {
		if len(r.Value()) > 0 && !r.Removal() {
			p.ids.Name(r.Value())
		}
	}
	if !p.counts() {
		return
	}
	freed, needed := 0, 0
	for r, s := range requests {
		if !s.Found() {
			continue
		}
		c := p.candidate(r, s)
		if r.Removal() {
			if _, refused := c.keepsAccount(); !refused && c.account.TakesLicence() {
				freed++
			}
		} else if _, refused := c.refusal(); !refused && !c.person.Unfinished {
			needed++
		}
	}
	p.licences.free = max(0, *p.options.AgentLicences-p.org.Agents+freed)
	p.licences.short = max(0, needed-p.licences.free)
}

// Decide answers a line, or makes a change of it.
func (p *Policy) Decide(r validate.Request, s transform.Standing) transform.Decision {
	switch c := p.candidate(r, s); {
	case !s.Found():
		return transform.Decision{
			Change:  transform.Change{Value: c.asked},
			Verdict: transform.Unfound(s, "Salesforce user"),
		}
	case r.Removal():
		return c.archive()
	default:
		return c.create()
	}
}

// Judge says what became of a change. VCC answers at once: nothing is waited for.
func (p *Policy) Judge(c transform.Change, _, after transform.Standing) (transform.Verdict, bool) {
	removes := c.Value == ""
	switch {
	case !after.Found():
		return transform.Failure(transform.CodeChanged, transform.FixAndLoad, "Salesforce no longer shows the user"),
			true
	case removes && (after.Status == StatusArchived || after.Status == ""):
		return transform.Verdict{Word: transform.Removed}, true
	case !removes && p.AsAsked(c, after):
		return transform.Verdict{Word: transform.Created}, true
	case !removes && after.Status == StatusIncomplete:
		return transform.Failure("VCC_INCOMPLETE", transform.FixAndLoad,
			"made, but not yet like the template; loading again goes on"), true
	}
	shows := cmp.Or(strings.TrimSpace(after.Status+" "+after.Group), "not there")
	return transform.Failure(transform.CodeChanged, transform.FixAndLoad, "VCC shows the user as %s", shows), true
}

// AsAsked compares what VCC holds, whole, with the request.
func (*Policy) AsAsked(c transform.Change, now transform.Standing) bool {
	return now.Found() && Canonical(now.Request) == Canonical(c.Value)
}

// Shown is the agent ID; empty for plain supervisors.
func (*Policy) Shown(c transform.Change) string {
	if c.Value == NoAgentID || c.Value == undrawn {
		return ""
	}
	return c.Value
}

// Action is create or archive.
func (*Policy) Action(c transform.Change, _ transform.Standing) transform.Action {
	if c.Value == "" {
		return transform.Archive
	}
	return transform.Create
}

// Holders are the VCC users who are not archived.
func (p *Policy) Holders() int {
	if !p.looked {
		return -1
	}
	return p.org.Active
}
