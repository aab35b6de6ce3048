package vonage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rosterload/transform"
	"rosterload/validate"
)

// candidate is one line, with all that is known of its user.
type candidate struct {
	*Policy
	request validate.Request
	asked   string // the agent ID that a line names to create a user with
	person  Person
	account Account
	there   bool // VCC has an account of that username
}

func (p *Policy) candidate(r validate.Request, s transform.Standing) *candidate {
	c := &candidate{Policy: p, request: r, person: p.org.People[s.ID]}
	if !r.Removal() {
		c.asked = r.Value()
	}
	c.account, c.there = p.org.AccountOf(c.person)
	return c
}

func (c *candidate) archive() transform.Decision {
	d := transform.Decision{Change: transform.Change{User: c.person.ID}, Job: transform.Removals}
	if v, refused := c.keepsAccount(); refused {
		d.Job, d.Verdict = transform.None, v
	}
	return d
}

// keepsAccount is the table of archives that are not sent. The first row that fits is taken.
func (c *candidate) keepsAccount() (v transform.Verdict, refused bool) {
	ours, theirs := c.person.AgentID, c.account.AgentID
	switch {
	case !c.there:
		v = transform.Verdict{Word: transform.Unchanged, Reason: "VCC has no user of this name"}
	case !c.account.Active:
		v = transform.Verdict{Word: transform.Unchanged, Reason: "the VCC user is archived already"}
	case theirs != "" && ours != "" && Canonical(theirs) != Canonical(ours):
		v = transform.Failure("VCC_AGENT_ID_DIFFERS", transform.FixAndLoad,
			"VCC's user has agent ID %s, Salesforce's %s: they may be two people", theirs, ours)
	default:
		return v, false
	}
	return v, true
}

// create settles the agent ID last: one that is made up is spent.
func (c *candidate) create() transform.Decision {
	d := transform.Decision{Change: transform.Change{User: c.person.ID, Value: cmp.Or(c.agentID(), undrawn)}}
	if v, refused := c.refusal(); refused {
		d.Verdict = v
		return d
	}
	if c.needsLicence() && !c.licences.take() {
		d.Verdict = transform.Failure("VCC_NO_LICENCES", transform.FreeLicences,
			"all %d agent licences are in use; %d too few for this roster", *c.options.AgentLicences, c.licences.short)
		return d
	}
	d.Job = transform.Upserts
	switch id := c.agentID(); id {
	case NoAgentID:
	case "":
		d.Change.Value, d.Own = c.ids.Draw(), Generated
		d.Verdict.Reason = "agent ID " + d.Change.Value + ", generated"
	default:
		d.Verdict.Reason = "agent ID " + id + ", given"
	}
	return d
}

// agentID is the roster's, else Salesforce's, else none yet: it is made up.
func (c *candidate) agentID() string {
	if !c.org.Template.Type.NeedsID() {
		return NoAgentID
	}
	return cmp.Or(c.asked, c.person.AgentID)
}

// refusal is the table of creations that are not sent. The first row that fits is taken.
func (c *candidate) refusal() (v transform.Verdict, refused bool) {
	p := c.person
	switch {
	case !p.Active:
		v = transform.Failure(transform.CodeInactive, transform.AskAdmin, "the Salesforce user is inactive")
	case c.isProvisioned() && !p.Unfinished:
		v = transform.Verdict{
			Word: transform.Unchanged, Code: "VCC_ALREADY_PROVISIONED",
			Reason: "VCC has this user already, " + c.account.String(),
		}
	case c.there && !p.Unfinished:
		v = transform.Failure("VCC_USERNAME_EXISTS", transform.IgnoreIfSamePerson,
			"a user already exists with that username: %s", c.account)
	case c.contradiction() != "":
		v = transform.Failure("VCC_STATEMENT_DIFFERS", transform.FixAndLoad, "%s", c.contradiction())
	case p.Phone == "":
		v = transform.Failure("VCC_PHONE_MISSING", transform.FixAndLoad,
			"no telephone number: fill Phone in Salesforce")
	case p.CallCenter == "" && !c.options.CenterOptional:
		v = transform.Failure("VCC_CALL_CENTER_MISSING", transform.FixAndLoad,
			"no call center: give the Salesforce user one")
	default:
		return c.refusalOfID()
	}
	return v, true
}

// refusalOfID is the part of the table about agent IDs.
func (c *candidate) refusalOfID() (v transform.Verdict, refused bool) {
	p, id, needsID := c.person, c.agentID(), c.org.Template.Type.NeedsID()
	switch {
	case !needsID && c.asked != "":
		v = transform.Failure("VCC_BAD_AGENT_ID", transform.FixAndLoad,
			"the template is a plain supervisor, who takes no agent ID; the roster names %s", c.asked)
	case !needsID:
		return v, false
	case c.asked != "" && p.AgentID != "" && c.asked != p.AgentID:
		v = transform.Failure("VCC_AGENT_ID_DIFFERS", transform.FixAndLoad,
			"the roster says agent ID %s, Salesforce %s", c.asked, p.AgentID)
	case id == "" && !c.options.GenerateIDs:
		v = transform.Failure("VCC_AGENT_ID_MISSING", transform.FixAndLoad,
			"no agent ID: set it, or let IDs be generated (generate_agent_ids: true)")
	case id == "":
		return v, false // one is made up
	case !isID(id):
		v = transform.Failure("VCC_BAD_AGENT_ID", transform.FixAndLoad, "Salesforce holds %q, which is no agent ID", id)
	case len(c.org.Others(id, p.Username)) > 0:
		by := c.org.Others(id, p.Username)[0]
		v = transform.Failure("VCC_AGENT_ID_IN_USE", transform.ChangeKey,
			"Agent ID '%s' is already in use, by %s in %s", id, by.Username, by.System)
	case c.ids.Lines(id) > 1:
		v = transform.Failure("VCC_AGENT_ID_IN_USE", transform.ChangeKey,
			"Agent ID '%s' is already in use: %d lines of the roster name it", id, c.ids.Lines(id))
	default:
		return v, false
	}
	return v, true
}

// isProvisioned: the account is like the template's and tied to this user. Plain supervisors have no agent ID: role
// and e-mail tie them.
func (c *candidate) isProvisioned() bool {
	switch {
	case !c.there || !c.account.Active:
		return false
	case c.org.Template.Type.NeedsID():
		return c.person.AgentID != "" && Canonical(c.account.AgentID) == Canonical(c.person.AgentID)
	}
	return c.account.Type == PlainSupervisor && Fold(c.account.Email) == Fold(c.person.Email)
}

// contradiction is a statement of the line that is not so. It is never written: the cure is in Salesforce.
func (c *candidate) contradiction() string {
	center, template := c.org.Centers[c.person.CallCenter], c.org.Template
	for _, s := range []struct {
		name, found string
		holds       func(stated string) bool
	}{
		{phone, c.person.Phone, func(stated string) bool { return digits(stated) == digits(c.person.Phone) }},
		{
			callCenter, strings.Join(center, " / "),
			func(stated string) bool { return stated == c.person.CallCenter || slices.Contains(center, stated) },
		},
		{
			userType, string(template.Type),
			func(stated string) bool { return strings.EqualFold(stated, string(template.Type)) },
		},
		{
			templateUsername, template.Username,
			func(stated string) bool { return Fold(stated) == Fold(template.Username) },
		},
	} {
		if stated := c.request.Said(s.name); stated != "" && !s.holds(stated) {
			return fmt.Sprintf("the roster states %s %q, found was %q", s.name, stated, s.found)
		}
	}
	return ""
}

func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, phone)
}
