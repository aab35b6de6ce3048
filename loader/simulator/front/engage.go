package front

import (
	"encoding/json"
	"fmt"
	"html"
	"iter"
	"net/http"
	"slices"
	"strings"

	"rosterload/loader/simulator/org"
)

// EngageAdmin answers what only orgs with Engage have besides: licences that may be bought, people who may be moved by hand, and a page for
// people. It tells whether it was asked for.
func (f *Front) EngageAdmin(w http.ResponseWriter, r *http.Request, clean, title string, g *org.Org, spell func(org.Status) string) bool {
	name, isUser := strings.CutPrefix(clean, "/_sim/users/")
	switch {
	case clean == "/":
		f.page(w, title, g, spell)
	case clean == "/_sim/licences" && r.Method == http.MethodPost:
		var ask struct{ Licences *int }
		if json.NewDecoder(r.Body).Decode(&ask) != nil || ask.Licences == nil {
			http.Error(w, `expected {"licences": N}`, http.StatusBadRequest)
			return true
		}
		g.Lock()
		defer g.Unlock()
		g.SetLicences(*ask.Licences)
		w.WriteHeader(http.StatusNoContent)
	case isUser && r.Method == http.MethodPost:
		var ask struct{ Group string }
		if json.NewDecoder(r.Body).Decode(&ask) != nil {
			http.Error(w, `expected {"group": "Alpha"}`, http.StatusBadRequest)
			return true
		}
		g.Lock()
		defer g.Unlock()
		i, known := g.ByUsername(name)
		if !known {
			http.Error(w, "nobody is called "+name, http.StatusNotFound)
			return true
		}
		g.Move(i, ask.Group)
		w.WriteHeader(http.StatusNoContent)
	case clean == "/_sim/sync" && r.Method == http.MethodPost:
		g.Lock()
		defer g.Unlock()
		g.Sync()
		w.WriteHeader(http.StatusNoContent)
	default:
		return false
	}
	return true
}

const (
	shownUsers    = 200
	shownRequests = 25
)

// page shows an org with an Engage server.
func (f *Front) page(w http.ResponseWriter, title string, g *org.Org, spell func(org.Status) string) {
	g.Lock()
	defer g.Unlock()
	g.Settle()
	used, of := g.Licences()
	limit := "no limit"
	if of >= 0 {
		limit = fmt.Sprint(of)
	}
	groups := g.Groups()
	slices.Sort(groups)
	intro := fmt.Sprintf("%d users, %d licences used, %s; groups: %s", g.Count(), used, limit, strings.Join(groups, ", "))
	f.Page(w, title, intro, []string{"user", "request", "group", "status"}, func(yield func([]string) bool) {
		for i := range g.Count() {
			if u := g.At(i); !yield([]string{u.Username, u.Request, u.Group, spell(u.Status)}) {
				return
			}
		}
	})
}

// Page is an org for people: plain HTML that works without script.
func (f *Front) Page(w http.ResponseWriter, title, intro string, header []string, users iter.Seq[[]string]) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	asked, broken := f.Requests(), f.Violations()
	fmt.Fprintf(w, "<!doctype html><title>%s</title><h1>%s</h1><p>%s</p><p>broken promises: %d</p><ul>", title, title, html.EscapeString(intro), len(broken))
	for _, b := range broken {
		fmt.Fprintf(w, "<li>%s</li>", html.EscapeString(b))
	}
	fmt.Fprint(w, "</ul><h2>Last requests</h2><table>")
	for i := len(asked) - 1; i >= max(0, len(asked)-shownRequests); i-- {
		a := asked[i]
		fmt.Fprintf(w, "<tr><td>%s<td>%s<td>%s<td>%d</tr>", a.At.Format("15:04:05"), a.Method, html.EscapeString(a.Path), a.Status)
	}
	fmt.Fprintf(w, "</table><h2>The first %d users</h2><table><tr><th>%s</tr>", shownUsers, strings.Join(header, "<th>"))
	shown := 0
	for user := range users {
		if shown++; shown > shownUsers {
			break
		}
		fmt.Fprint(w, "<tr>")
		for _, cell := range user {
			fmt.Fprintf(w, "<td>%s", html.EscapeString(cell))
		}
		fmt.Fprint(w, "</tr>")
	}
	fmt.Fprint(w, "</table>")
}
