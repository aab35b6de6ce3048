package vonage

import (
	"slices"
	"strconv"
	"strings"

	"rosterload/transform"
	"rosterload/validate"
)

// Org is what one look saw of both systems, as plain data.
type Org struct {
	Template Template
	People   map[string]Person   // the Salesforce users that were looked at, by id
	Accounts map[string]Account  // all of VCC, archived accounts included, by Fold of the username
	Taken    map[string][]Holder // who holds an agent ID in either system, by its Canonical spelling
	Centers  map[string][]string // id and names of a call center, by its id
	Active   int                 // accounts that are not archived
	Agents   int                 // agent licences in use
}

// NewOrg is an org of which nothing was seen yet.
func NewOrg(t Template) *Org {
	return &Org{
		Template: t, People: map[string]Person{}, Accounts: map[string]Account{}, Taken: map[string][]Holder{},
		Centers: map[string][]string{},
	}
}

// Template is the VCC user that new users are made like.
type Template struct {
	Username string
	Type     Type
}

// Person is a Salesforce user.
type Person struct {
	ID, Username, Email, Phone, CallCenter, AgentID string
	Active                                          bool
	// Unfinished: the active VCC account of this name was begun by a run of this home and still lacks something.
	Unfinished bool
}

// Account is a VCC user.
type Account struct {
	UserID, Username, Email, AgentID string
	Type                             Type
	Active                           bool // not archived
}

// Holder is who holds an agent ID, and where.
type Holder struct{ System, Username string }

// TakesLicence tells whether the account uses up an agent licence: active agents do, supervisors cost none (Vonage,
// Agent licenses).
func (a Account) TakesLicence() bool { return a.Active && a.Type == Agent }

// String tells people how the account stands.
func (a Account) String() string {
	text := "active"
	if !a.Active {
		text = "archived"
	}
	if a.AgentID != "" {
		text += ", agent ID " + a.AgentID
	}
	return text
}

// Type is what the role and its switch make of a user. Source: Vonage, "Creating VCC user accounts for existing
// Salesforce users".
type Type string

// The types that a template may have, and Other for administrators and wallboards.
const (
	Agent           Type = "agent"
	VoiceSupervisor Type = "voice supervisor"
	PlainSupervisor Type = "plain supervisor"
	Other           Type = "other"
)

// TypeOf reads the role, and the switch by which a supervisor acts as an agent.
func TypeOf(role string, actsAsAgent bool) Type {
	switch {
	case strings.EqualFold(role, "Agent"):
		return Agent
	case strings.EqualFold(role, "Supervisor") && actsAsAgent:
		return VoiceSupervisor
	case strings.EqualFold(role, "Supervisor"):
		return PlainSupervisor
	}
	return Other
}

// NeedsID tells whether users of this type have an agent ID: agents and voice-enabled supervisors are tied to
// Salesforce by it, plain supervisors are not.
func (t Type) NeedsID() bool { return t == Agent || t == VoiceSupervisor }

// Add takes in a VCC account.
func (o *Org) Add(a Account) {
	o.Accounts[Fold(a.Username)] = a
	o.Take(a.AgentID, Holder{"VCC", a.Username})
	if a.Active {
		o.Active++
	}
	if a.TakesLicence() {
		o.Agents++
	}
}

// Take notes that an agent ID is held.
func (o *Org) Take(id string, by Holder) {
	if id != "" {
		o.Taken[Canonical(id)] = append(o.Taken[Canonical(id)], by)
	}
}

// Others are those who hold an agent ID besides this user, in either system.
func (o *Org) Others(id, username string) []Holder {
	return slices.DeleteFunc(slices.Clone(o.Taken[Canonical(id)]),
		func(h Holder) bool { return Fold(h.Username) == Fold(username) })
}

// AccountOf is the VCC account of a user's name.
func (o *Org) AccountOf(p Person) (a Account, there bool) {
	a, there = o.Accounts[Fold(p.Username)]
	return a, there
}

// Fold is what two spellings of one username or e-mail address have in common.
func Fold(name string) string {
	key, _ := validate.FoldKey(nil, []byte(name)) // it finds no fault
	return string(key)
}

// Canonical is what two spellings of one agent ID have in common: 007 is 7.
func Canonical(id string) string {
	if n, err := strconv.ParseUint(id, 10, 63); err == nil {
		return strconv.FormatUint(n, 10)
	}
	return strings.ToLower(id)
}

// What a standing's status says.
const (
	StatusCreated    = "created"
	StatusIncomplete = "created_incomplete"
	StatusArchived   = "archived"
)

// Standing is how a user stands in both systems. The request is what VCC holds and is complete: an account that a run
// of this home has half made counts as not asked for yet, so that a later load finishes it.
func (o *Org) Standing(u transform.User, p Person) transform.Standing {
	s := transform.Standing{User: u, ID: p.ID, Active: p.Active}
	a, there := o.AccountOf(p)
	switch {
	case !there:
	case !a.Active:
		s.Status = StatusArchived
	case p.Unfinished:
		s.Status, s.Group = StatusIncomplete, a.AgentID
	case a.AgentID == "":
		s.Status, s.Request = StatusCreated, NoAgentID
	default:
		s.Status, s.Group, s.Request = StatusCreated, a.AgentID, a.AgentID
	}
	return s
}
