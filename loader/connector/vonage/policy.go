package vonage

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"rosterload/transform"
	"rosterload/validate"
)

// wanted is a line of the roster, kept while a run is planned.
type wanted struct {
	key, value string
	removal    bool
	said       map[string]string
}

func wantedOf(r validate.Request) wanted {
	w := wanted{key: string(r.Key()), value: string(r.Value()), removal: r.Removal(), said: map[string]string{}}
	for _, s := range rules.Statements {
		w.said[s.Name] = r.Said(s.Name)
	}
	return w
}

// foreseen is the whole roster: which agent IDs it names, and who asks for what.
type foreseen struct {
	lines []wanted
	named map[string]int // how many lines name an agent ID, by its canonical spelling
}

// Foresee takes the roster in before the first line is decided: generated agent IDs step over all that it names, also further down.
func (t *Target) Foresee(all iter.Seq[validate.Request]) {
	f := &foreseen{named: map[string]int{}}
	for r := range all {
		w := wantedOf(r)
		f.lines = append(f.lines, w)
		if w.value != "" && !w.removal {
			f.named[canonical(w.value)]++
		}
	}
	t.foreseen, t.policy = f, nil
}

// Policy is the same for as long as a run is planned: it draws each agent ID once.
func (t *Target) Policy() transform.Policy {
	if t.policy == nil || t.policy.world != t.world {
		t.policy = &policy{Target: t, world: t.world}
	}
	return t.policy
}

// policy decides by the table of results of "Creating VCC user accounts for existing Salesforce users".
type policy struct {
	*Target
	world *world
	drawn map[string]bool // agent IDs made up by this run
	next  int             // the next to try
	seats *seats
}

// candidate is one line, with all that is known of its user.
type candidate struct {
	*policy
	wanted
	person  person
	account account
	there   bool // VCC has an account of that username
}

// Decide answers a line, or makes a change of it.
func (p *policy) Decide(r validate.Request, s transform.Standing) (transform.Change, transform.Job, transform.Verdict) {
	w := wantedOf(r)
	change := transform.Change{User: s.ID, Value: w.value}
	if !s.Found() {
		return change, transform.None, nobody(s)
	}
	c := p.candidate(w, s)
	if c.removal {
		change.Value = ""
		if v := c.cannotArchive(); v != nil {
			return change, transform.None, *v
		}
		return change, transform.Removals, transform.Verdict{}
	}
	if change.Value = c.plainValue(); change.Value == "" {
		change.Value = undrawn
	}
	if v := c.cannotCreate(); v != nil {
		return change, transform.None, *v
	}
	if v := p.noSeat(c); v != nil {
		return change, transform.None, *v
	}
	value, how := c.settle()
	change.Value = value
	return change, transform.Upserts, transform.Verdict{Reason: how}
}

func (p *policy) candidate(w wanted, s transform.Standing) *candidate {
	c := &candidate{policy: p, wanted: w, person: p.people[s.ID]}
	c.account, c.there = p.world.accounts[strings.ToLower(c.person.Username)]
	return c
}

func nobody(s transform.Standing) transform.Verdict {
	if s.Others > 0 {
		return failed("USER_AMBIGUOUS", transform.ChangeKey, "%d Salesforce users have this key and not exactly one of them is active", s.Others+1)
	}
	return failed("USER_NOT_FOUND", transform.ChangeKey, "no Salesforce user has this key")
}

func failed(code, next, format string, args ...any) transform.Verdict {
	return transform.Verdict{Word: transform.Failed, Code: code, Next: next, Reason: fmt.Sprintf(format, args...)}
}

// cannotArchive says why there is nothing to archive.
func (c *candidate) cannotArchive() *transform.Verdict {
	var v transform.Verdict
	switch {
	case !c.there:
		v = transform.Verdict{Word: transform.Unchanged, Reason: "VCC has no user of this name"}
	case !c.account.Active:
		v = transform.Verdict{Word: transform.Unchanged, Reason: "the VCC user is archived already"}
	case c.account.AgentID != "" && c.person.AgentID != "" && canonical(c.account.AgentID) != canonical(c.person.AgentID):
		v = failed("VCC_AGENT_ID_DIFFERS", transform.FixAndLoad, "VCC's user has agent ID %s, Salesforce's %s: they may be two people", c.account.AgentID, c.person.AgentID)
	default:
		return nil
	}
	return &v
}

// cannotCreate is the table of what is said before anything is sent. The first row that fits is taken.
func (c *candidate) cannotCreate() *transform.Verdict {
	for _, row := range []func() (transform.Verdict, bool){
		c.inactive, c.provisioned, c.nameTaken, c.contradicted, c.withoutPhone, c.withoutCenter, c.needlessID, c.otherID, c.withoutID, c.idTaken,
	} {
		if v, fits := row(); fits {
			return &v
		}
	}
	return nil
}

func (c *candidate) inactive() (transform.Verdict, bool) {
	return failed("USER_INACTIVE", transform.AskAdmin, "the Salesforce user is inactive"), !c.person.Active
}

// isOurs: an account that is like the template's and tied to this person. Plain supervisors have no agent ID, so role and e-mail tie them.
func (c *candidate) isOurs() bool {
	switch {
	case !c.there || !c.account.Active:
		return false
	case c.template.kind().needsID():
		return c.person.AgentID != "" && canonical(c.account.AgentID) == canonical(c.person.AgentID)
	}
	return c.account.kind() == plainSupervisor && strings.EqualFold(c.account.Email, c.person.Email)
}

func (c *candidate) unfinished() bool {
	return c.there && c.account.Active && c.ours[c.person.ID].half(c.account)
}

func (c *candidate) provisioned() (transform.Verdict, bool) {
	v := transform.Verdict{Word: transform.Unchanged, Code: "VCC_ALREADY_PROVISIONED", Reason: "VCC has this user already, " + c.account.standing()}
	return v, c.isOurs() && !c.unfinished()
}

func (c *candidate) nameTaken() (transform.Verdict, bool) {
	return failed("VCC_USERNAME_EXISTS", transform.IgnoreIfSamePerson, "a user already exists with that username: %s", c.account.standing()), c.there && !c.unfinished()
}

// contradicted: what the line states must be what is found. It is never written: the cure is in Salesforce.
func (c *candidate) contradicted() (transform.Verdict, bool) {
	center := c.world.centers[c.person.CallCenter]
	for _, s := range []struct {
		name, found string
		same        bool
	}{
		{"phone", c.person.Phone, digits(c.said["phone"]) == digits(c.person.Phone)},
		{"call_center", strings.Join(center, " / "), c.said["call_center"] == c.person.CallCenter || slices.Contains(center, c.said["call_center"])},
		{"user_type", string(c.template.kind()), strings.EqualFold(c.said["user_type"], string(c.template.kind()))},
		{"template_username", c.template.Username, strings.EqualFold(c.said["template_username"], c.template.Username)},
	} {
		if c.said[s.name] != "" && !s.same {
			return failed("VCC_STATEMENT_DIFFERS", transform.FixAndLoad, "the roster states %s %q, found was %q", s.name, c.said[s.name], s.found), true
		}
	}
	return transform.Verdict{}, false
}

func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, phone)
}

func (c *candidate) withoutPhone() (transform.Verdict, bool) {
	return failed("VCC_PHONE_MISSING", transform.FixAndLoad, "no telephone number: fill Phone in Salesforce"), c.person.Phone == ""
}

func (c *candidate) withoutCenter() (transform.Verdict, bool) {
	required := c.settings.CallCenterRequired == nil || *c.settings.CallCenterRequired
	return failed("VCC_CALL_CENTER_MISSING", transform.FixAndLoad, "no call center: give the Salesforce user one"), required && c.person.CallCenter == ""
}

func (c *candidate) needlessID() (transform.Verdict, bool) {
	return failed("VCC_BAD_AGENT_ID", transform.FixAndLoad, "the template is a plain supervisor, who takes no agent ID; the roster names %s", c.wanted.value),
		!c.template.kind().needsID() && c.wanted.value != ""
}

func (c *candidate) otherID() (transform.Verdict, bool) {
	return failed("VCC_AGENT_ID_DIFFERS", transform.FixAndLoad, "the roster says agent ID %s, Salesforce %s", c.wanted.value, c.person.AgentID),
		c.template.kind().needsID() && c.wanted.value != "" && c.person.AgentID != "" && c.wanted.value != c.person.AgentID
}

func (c *candidate) withoutID() (transform.Verdict, bool) {
	return failed("VCC_AGENT_ID_MISSING", transform.FixAndLoad, "no agent ID: set it, or let IDs be generated (generate_agent_ids: true)"),
		c.template.kind().needsID() && c.plainValue() == "" && !c.settings.GenerateAgentIDs
}

func (c *candidate) idTaken() (transform.Verdict, bool) {
	id := c.plainValue()
	if id == "" || id == plainMark {
		return transform.Verdict{}, false
	}
	if others := c.world.others(id, c.person); len(others) > 0 {
		return failed("VCC_AGENT_ID_IN_USE", transform.ChangeKey, "Agent ID '%s' is already in use, by %s in %s", id, others[0].username, others[0].system), true
	}
	if c.foreseen != nil && c.foreseen.named[canonical(id)] > 1 {
		return failed("VCC_AGENT_ID_IN_USE", transform.ChangeKey, "Agent ID '%s' is already in use: %d lines of the roster name it", id, c.foreseen.named[canonical(id)]), true
	}
	return transform.Verdict{}, false
}

// plainValue is the wish before an ID is made up: the roster's ID, else Salesforce's, else none yet.
func (c *candidate) plainValue() string {
	switch {
	case !c.template.kind().needsID():
		return plainMark
	case c.wanted.value != "":
		return c.wanted.value
	}
	return c.person.AgentID
}

// settle is the value that is sealed, and how it came about.
func (c *candidate) settle() (value, how string) {
	switch value = c.plainValue(); {
	case value == plainMark:
		return value, ""
	case value != "":
		return value, "agent ID " + value + ", given"
	}
	id := c.draw()
	return generated(id), "agent ID " + id + ", generated"
}

// Judge says what became of a change. VCC answers at once: nothing is waited for.
func (p *policy) Judge(c transform.Change, _, after transform.Standing) (transform.Verdict, bool) {
	switch {
	case c.Value == "" && (after.Status == statusArchived || after.Status == ""):
		return transform.Verdict{Word: transform.Removed}, true
	case c.Value != "" && p.AsAsked(c, after):
		return transform.Verdict{Word: transform.Created}, true
	case c.Value != "" && after.Status == statusIncomplete:
		return failed("VCC_INCOMPLETE", transform.FixAndLoad, "made, but not yet like the template; loading again goes on"), true
	}
	return failed("USER_CHANGED_MEANWHILE", transform.FixAndLoad, "VCC shows the user as %s", strings.TrimSpace(after.Status+" "+after.Group)), true
}

// AsAsked compares what VCC holds, whole, with the wish.
func (p *policy) AsAsked(c transform.Change, now transform.Standing) bool {
	id, _ := parse(c.Value)
	return now.Found() && now.Request == id
}

// Shown is the agent ID; empty for plain supervisors.
func (*policy) Shown(c transform.Change) string {
	id, _ := parse(c.Value)
	if id == plainMark || id == undrawn {
		return ""
	}
	return id
}

// Action is create or archive.
func (*policy) Action(c transform.Change, _ transform.Standing) transform.Action {
	if c.Value == "" {
		return transform.Archive
	}
	return transform.Create
}

// Holders are the VCC users who are not archived.
func (p *policy) Holders() int { return p.world.active }
