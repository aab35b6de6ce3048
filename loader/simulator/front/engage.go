package front

import (
	"fmt"
	"net/http"
	"slices"

	"rosterload/loader/simulator/org"
)

// Engage is what pretend orgs with an Engage server have in common: licences that may be bought, users who may be
// moved by hand, and a page for people.
type Engage struct {
	org *org.Org
}

// NewEngage makes it for an organisation.
func NewEngage(o *org.Org) Engage { return Engage{o} }

// AddPages adds what may be done with it below /_sim.
func (e Engage) AddPages(pages *http.ServeMux) {
	pages.HandleFunc("POST /_sim/licences", TakeLicences(e.limit, e.SetLicences))
	pages.HandleFunc("POST /_sim/users/{username}", TakeMove(e.Move))
	pages.HandleFunc("POST /_sim/sync", func(w http.ResponseWriter, _ *http.Request) {
		e.org.Lock()
		defer e.org.Unlock()
		e.org.Sync()
		w.WriteHeader(http.StatusNoContent)
	})
}

func (e Engage) limit() int {
	e.org.Lock()
	defer e.org.Unlock()
	_, of := e.org.Licences()
	return of
}

// View is what the page for people shows. Spell is how the protocol spells a status.
func (e Engage) View(c *Crowd, spell func(org.Status) string) View {
	e.org.Lock()
	defer e.org.Unlock()
	e.org.Settle()
	groups := e.org.Groups()
	slices.Sort(groups)
	v := View{
		Unit: "licences", Head: []string{"request", "group", "status"}, Choice: "group",
		To: append([]string{""}, groups...), Line: e.org.Stretches(),
	}
	v.Used, v.Of = e.org.Licences()
	v.Tone = func(name string) string { return toneOf(name, spell) }
	for i := range e.org.Count() {
		u := e.org.At(i)
		c.Add(u.Username, spell(u.Status), u.Group,
			func() []string { return []string{u.Request, u.Group, spell(u.Status)} })
	}
	return v
}

var tones = map[org.Status]string{
	org.Success: "good", org.Sent: "waiting", org.Retry: "waiting", org.Failed: "bad", org.InvalidGroup: "bad",
	org.NoLicences: "stopped",
}

// toneOf is the colour of a status that the protocol spells so.
func toneOf(name string, spell func(org.Status) string) string {
	for status, tone := range tones {
		if spell(status) == name {
			return tone
		}
	}
	return "same"
}

// Move is another admin, who puts a user into a group by hand.
func (e Engage) Move(username, group string) error {
	e.org.Lock()
	defer e.org.Unlock()
	i, known := e.org.ByUsername(username)
	if !known {
		return fmt.Errorf("there is no user %s", username)
	}
	e.org.Move(i, group)
	return nil
}

// SetLicences is the admin who buys licences, or loses some.
func (e Engage) SetLicences(n int) {
	e.org.Lock()
	defer e.org.Unlock()
	e.org.SetLicences(n)
}

// AnyGroup makes every group name valid.
func (e Engage) AnyGroup() {
	e.org.Lock()
	defer e.org.Unlock()
	e.org.AnyGroup()
}

// Changes is how often the request field of a user has changed: what the Engage server was asked, retries aside.
func (e Engage) Changes() int {
	e.org.Lock()
	defer e.org.Unlock()
	return e.org.Changes()
}

// Break makes the requests of some users fail, and the answers of others get lost, from now on.
func (e Engage) Break(broken, lost []string) {
	e.org.Lock()
	defer e.org.Unlock()
	e.org.SetBroken(Named(broken), Named(lost))
}
