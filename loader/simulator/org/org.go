// Package org is an organisation in memory: users, Engage groups, one pool of licences, and an Engage server that
// answers in its own time. It speaks no protocol; the pretend orgs in front of it do.
package org

import (
	"sync"
	"time"
)

// Status is what the Engage server said last of a user's request.
type Status uint8

// The statuses. A protocol spells them.
const (
	Blank Status = iota
	Sent
	NoLicences
	InvalidGroup
	Failed
	Success
	Retry
)

// User is one user. Texts that many share are kept once.
type User struct {
	ID         string // 18 characters
	Username   string
	Email      string
	Federation string
	Employee   string
	Active     bool
	Request    string // the request field
	Group      string // what is really held
	Status     Status
	HostID     string // filled on success; the token beside it is not kept
}

// Options is how an organisation behaves. The zero value answers at once, without limit.
type Options struct {
	Groups   []string // nil: Alpha, Beta and those that users hold
	Licences *int
	Delay    time.Duration
	OneByOne bool
	Now      func() time.Time
	// Lost are users whose answers never come: their requests stay sent. By username.
	Lost map[string]bool
	// Broken are users whose requests are answered with a failure. By username.
	Broken map[string]bool
}

// Org is safe for several goroutines, each holding it by Lock for as long as it looks or writes.
type Org struct {
	sync.Mutex
	options  Options
	users    []User
	byID     map[string]int32 // the first 15 characters, which tell case
	byName   map[string]int32 // usernames in lower case
	groups   map[string]bool
	members  int
	queue    []request
	inFlight map[int32]int // the newest request of a user, by its place in line
	asked    int
	changes  int
	lastDue  time.Time
	texts    map[string]string
	line     Line
}

// request waits for its answer.
type request struct {
	user   int32
	number int
	due    time.Time
}

// New makes an organisation without users.
func New(o Options) *Org {
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Org{
		options: o, byID: map[string]int32{}, byName: map[string]int32{}, groups: map[string]bool{},
		inFlight: map[int32]int{}, texts: map[string]string{},
	}
	groups := o.Groups
	if groups == nil {
		groups = []string{"Alpha", "Beta"}
	}
	for _, name := range groups {
		g.groups[name] = true
	}
	return g
}

// Count is how many users there are.
func (g *Org) Count() int { return len(g.users) }

// Licences tells how many are used, and of how many, -1 without a limit.
func (g *Org) Licences() (used, of int) {
	if g.options.Licences == nil {
		return g.members, -1
	}
	return g.members, *g.options.Licences
}

// Groups are the valid names.
func (g *Org) Groups() []string {
	names := make([]string, 0, len(g.groups))
	for n := range g.groups {
		names = append(names, n)
	}
	return names
}

// At is a user by place. Settle first: only then have the answers come that are due.
func (g *Org) At(i int) *User { return &g.users[i] }

// ByID finds a user by 15 characters, or by 18 in any case.
func (g *Org) ByID(id string) (int, bool) {
	full, ok := FullID(id)
	if !ok {
		return 0, false
	}
	i, ok := g.byID[full[:15]]
	return int(i), ok
}

// Write puts a value into the request field. A value that is there already does nothing: no change, no trigger.
// Anything else is a request.
func (g *Org) Write(i int, value string) {
	u := &g.users[i]
	if u.Request == value {
		return
	}
	u.Request = g.text(value)
	g.changes++
	g.ask(i)
}

// Stretches are what has happened to users so far, in order.
func (g *Org) Stretches() []Stretch { return g.line.Stretches() }

// Changes is how many writes have changed a request field.
func (g *Org) Changes() int { return g.changes }

// Waiting is how many requests have no answer yet.
func (g *Org) Waiting() int { return len(g.inFlight) }

// FailWaiting answers every waiting request with a failure.
func (g *Org) FailWaiting() {
	for i := range g.inFlight {
		g.users[i].Status = Failed
	}
	g.inFlight, g.queue = map[int32]int{}, nil
}

// Refuse fails a user's request at once; what is stored and held stays.
func (g *Org) Refuse(i int) {
	delete(g.inFlight, int32(i))
	g.users[i].Status = Failed
}

// Again asks for the stored request once more. Where nothing is requested and nothing held there is nothing to do:
// success at once.
func (g *Org) Again(i int) {
	if u := &g.users[i]; u.Request == "" && u.Group == "" {
		delete(g.inFlight, int32(i))
		u.Status = Success
		return
	}
	g.ask(i)
}

func (g *Org) ask(i int) {
	g.users[i].Status = Sent
	now := g.options.Now()
	due := now.Add(g.options.Delay)
	if g.options.OneByOne {
		if g.lastDue.After(now) {
			due = g.lastDue.Add(g.options.Delay)
		}
		g.lastDue = due
	}
	what := Upserts
	if g.users[i].Request == "" {
		what = Removals
	}
	g.line.Add(what, now, due)
	g.asked++
	g.inFlight[int32(i)] = g.asked
	g.queue = append(g.queue, request{int32(i), g.asked, due})
}

// Settle lets the Engage server answer everything that is due, in the order in which it was asked.
func (g *Org) Settle() {
	now, n := g.options.Now(), 0
	for _, r := range g.queue {
		if r.due.After(now) {
			break
		}
		n++
		if g.inFlight[r.user] == r.number { // an older request of the same user has no answer of its own
			delete(g.inFlight, r.user)
			g.answer(&g.users[r.user])
		}
	}
	if g.queue = g.queue[n:]; len(g.queue) == 0 {
		g.queue = nil
	}
}

func (g *Org) answer(u *User) {
	switch {
	case g.options.Lost[u.Username]:
	case g.options.Broken[u.Username], u.Request != "" && !u.Active:
		u.Status = Failed
	case u.Request != "" && g.groups != nil && !g.groups[u.Request]:
		u.Status = InvalidGroup
	case u.Request != "" && u.Group == "" && g.options.Licences != nil && g.members >= *g.options.Licences:
		u.Status = NoLicences
	default:
		g.hold(u, u.Request)
	}
}

// hold makes a user a member of a group, or of none.
func (g *Org) hold(u *User, group string) {
	if (u.Group == "") != (group == "") {
		if group == "" {
			g.members--
		} else {
			g.members++
		}
	}
	u.Group, u.Status, u.HostID = group, Success, ""
	if group != "" {
		u.HostID = "host-" + u.ID[9:15]
	}
}

// Move is another admin, who puts a user into a group by hand; the answer comes at once.
func (g *Org) Move(i int, group string) {
	u := &g.users[i]
	delete(g.inFlight, int32(i))
	u.Request = g.text(group)
	g.AddGroup(group)
	g.hold(u, u.Request)
	now := g.options.Now()
	g.line.Add(ByHand, now, now)
}

// Sync is the vendor's manual sync: answers that were lost on their way to the org are written into it after all.
func (g *Org) Sync() {
	g.Settle()
	for i := range g.users {
		u := &g.users[i]
		if _, waiting := g.inFlight[int32(i)]; u.Status == Sent && !waiting {
			lost := g.options.Lost
			g.options.Lost = nil
			g.answer(u)
			g.options.Lost = lost
		}
	}
}

// SetLicences is the admin who buys licences, or loses some.
func (g *Org) SetLicences(n int) { g.options.Licences = &n }

// AddGroup is the admin who makes a group.
func (g *Org) AddGroup(name string) {
	if g.groups != nil {
		g.groups[name] = true
	}
}

// AnyGroup lets every name be valid.
func (g *Org) AnyGroup() { g.groups = nil }

// SetBroken makes requests of these users fail, or be lost, from now on.
func (g *Org) SetBroken(broken, lost map[string]bool) {
	g.options.Broken, g.options.Lost = broken, lost
}

func (g *Org) text(s string) string {
	if kept, ok := g.texts[s]; ok {
		return kept
	}
	g.texts[s] = s
	return s
}
