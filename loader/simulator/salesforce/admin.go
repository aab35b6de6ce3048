package salesforce

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"sort"
	"strings"
)

// serveAdmin is what only a pretend org has: its state, what was asked of it, what was broken, and a page for people.
func (s *Server) serveAdmin(w http.ResponseWriter, r *http.Request, clean string) {
	switch {
	case clean == "/":
		s.servePageForPeople(w)
	case clean == "/_sim/users.csv":
		w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
		_ = s.Save(w)
	case clean == "/_sim/requests":
		reply(w, 200, s.Requests())
	case clean == "/_sim/violations":
		reply(w, 200, append([]string{}, s.Violations()...))
	case clean == "/_sim/faults":
		s.serveFaults(w, r)
	case clean == "/_sim/licences" && r.Method == http.MethodPost:
		var ask struct{ Licences int }
		if json.NewDecoder(r.Body).Decode(&ask) == nil {
			s.SetLicences(ask.Licences)
		}
		w.WriteHeader(http.StatusNoContent)
	case strings.HasPrefix(clean, "/_sim/users/") && r.Method == http.MethodPost:
		var ask struct{ Group string }
		if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
			refuse(w, 400, "JSON_PARSER_ERROR", err.Error())
			return
		}
		if err := s.Move(strings.TrimPrefix(clean, "/_sim/users/"), ask.Group); err != nil {
			notFound(w)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		notFound(w)
	}
}

func (s *Server) serveFaults(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPut {
		data, err := io.ReadAll(r.Body)
		if err == nil {
			err = s.SetFaults(data)
		}
		if err != nil {
			refuse(w, 400, "INVALID", err.Error())
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	reply(w, 200, s.faults)
}

const shownUsers = 200

// servePageForPeople is plain HTML and works without script.
func (s *Server) servePageForPeople(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	asked := s.Requests()
	broken := s.Violations()
	s.org.Lock()
	defer s.org.Unlock()
	s.org.Settle()
	used, of := s.org.Licences()
	limit := "no limit"
	if of >= 0 {
		limit = fmt.Sprint(of)
	}
	groups := s.org.Groups()
	sort.Strings(groups)
	fmt.Fprintf(w, "<!doctype html><title>Pretend Salesforce org</title><h1>Pretend Salesforce org</h1><p>%d users, %d licences used, %s; groups: %s</p>",
		s.org.Count(), used, limit, html.EscapeString(strings.Join(groups, ", ")))
	fmt.Fprintf(w, "<p>broken promises: %d</p><ul>", len(broken))
	for _, b := range broken {
		fmt.Fprintf(w, "<li>%s</li>", html.EscapeString(b))
	}
	fmt.Fprint(w, "</ul><h2>Last requests</h2><table>")
	for i := len(asked) - 1; i >= max(0, len(asked)-25); i-- {
		a := asked[i]
		fmt.Fprintf(w, "<tr><td>%s<td>%s<td>%s<td>%d</tr>", a.At.Format("15:04:05"), a.Method, html.EscapeString(a.Path), a.Status)
	}
	fmt.Fprintf(w, "</table><h2>The first %d users</h2><table><tr><th>user<th>request<th>group<th>status</tr>", min(shownUsers, s.org.Count()))
	for i := range min(shownUsers, s.org.Count()) {
		u := s.org.At(i)
		fmt.Fprintf(w, "<tr><td>%s<td>%s<td>%s<td>%s</tr>", html.EscapeString(u.Username), html.EscapeString(u.Request), html.EscapeString(u.Group), statusNames[u.Status])
	}
	fmt.Fprint(w, "</table>")
}
