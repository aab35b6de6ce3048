package salesforce

import (
	"net/http"

	"rosterload/loader/simulator/org"
)

// serveAdmin is what only a pretend org has: its state, what was asked of it, what was broken, and a page for people.
func (s *Server) serveAdmin(w http.ResponseWriter, r *http.Request, clean string) {
	spell := func(st org.Status) string { return statusNames[st] }
	if !s.Admin(w, r, clean, s, s.SetFaults) && !s.EngageAdmin(w, r, clean, "Pretend Salesforce org", s.org, spell) {
		notFound(w)
	}
}
