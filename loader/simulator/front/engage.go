package front

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"rosterload/loader/simulator/org"
)

// Engage is what pretend orgs with an Engage server have in common: licences that may be bought, users who may be
// moved by hand, and a page for people.
type Engage struct {
	org *org.Org
}

// NewEngage makes it for an organisation.
func NewEngage(o *org.Org) Engage { return Engage{o} }

// AddPages adds what may be done with it below /_sim. Show draws the page for people; spell is how the protocol
// spells a status.
func (e Engage) AddPages(pages *http.ServeMux, title string, spell func(org.Status) string, show Show) {
	pages.HandleFunc("POST /_sim/licences", e.takeLicences)
	pages.HandleFunc("POST /_sim/users/{username}", e.takeGroup)
	pages.HandleFunc("POST /_sim/sync", func(w http.ResponseWriter, _ *http.Request) {
		e.org.Lock()
		defer e.org.Unlock()
		e.org.Sync()
		w.WriteHeader(http.StatusNoContent)
	})
	pages.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { e.page(w, title, spell, show) })
}

func (e Engage) takeLicences(w http.ResponseWriter, r *http.Request) {
	var ask struct{ Licences *int }
	if json.NewDecoder(r.Body).Decode(&ask) != nil || ask.Licences == nil {
		http.Error(w, `expected {"licences": N}`, http.StatusBadRequest)
		return
	}
	e.SetLicences(*ask.Licences)
	w.WriteHeader(http.StatusNoContent)
}

func (e Engage) takeGroup(w http.ResponseWriter, r *http.Request) {
	var ask struct{ Group string }
	if json.NewDecoder(r.Body).Decode(&ask) != nil {
		http.Error(w, `expected {"group": "Alpha"}`, http.StatusBadRequest)
		return
	}
	if err := e.Move(r.PathValue("username"), ask.Group); err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (e Engage) page(w http.ResponseWriter, title string, spell func(org.Status) string, show Show) {
	e.org.Lock()
	defer e.org.Unlock()
	e.org.Settle()
	used, of := e.org.Licences()
	limit := "no limit"
	if of >= 0 {
		limit = fmt.Sprint(of)
	}
	groups := e.org.Groups()
	slices.Sort(groups)
	intro := fmt.Sprintf("%d users, %d licences used, %s; groups: %s", e.org.Count(), used, limit, strings.Join(groups, ", "))
	show(w, title, intro, []string{"user", "request", "group", "status"}, func(yield func([]string) bool) {
		for i := range e.org.Count() {
			if u := e.org.At(i); !yield([]string{u.Username, u.Request, u.Group, spell(u.Status)}) {
				return
			}
		}
	})
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
