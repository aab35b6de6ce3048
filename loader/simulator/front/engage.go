package front

import (
	"encoding/json"
	"fmt"
	"html"
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

// page is plain HTML and works without script.
func (f *Front) page(w http.ResponseWriter, title string, g *org.Org, spell func(org.Status) string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	asked, broken := f.Requests(), f.Violations()
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
	fmt.Fprintf(w, "<!doctype html><title>%s</title><h1>%s</h1><p>%d users, %d licences used, %s; groups: %s</p>",
		title, title, g.Count(), used, limit, html.EscapeString(strings.Join(groups, ", ")))
	fmt.Fprintf(w, "<p>broken promises: %d</p><ul>", len(broken))
	for _, b := range broken {
		fmt.Fprintf(w, "<li>%s</li>", html.EscapeString(b))
	}
	fmt.Fprint(w, "</ul><h2>Last requests</h2><table>")
	for i := len(asked) - 1; i >= max(0, len(asked)-shownRequests); i-- {
		a := asked[i]
		fmt.Fprintf(w, "<tr><td>%s<td>%s<td>%s<td>%d</tr>", a.At.Format("15:04:05"), a.Method, html.EscapeString(a.Path), a.Status)
	}
	shown := min(shownUsers, g.Count())
	fmt.Fprintf(w, "</table><h2>The first %d users</h2><table><tr><th>user<th>request<th>group<th>status</tr>", shown)
	for i := range shown {
		u := g.At(i)
		fmt.Fprintf(w, "<tr><td>%s<td>%s<td>%s<td>%s</tr>", html.EscapeString(u.Username), html.EscapeString(u.Request), html.EscapeString(u.Group), spell(u.Status))
	}
	fmt.Fprint(w, "</table>")
}
