package vonage

import (
	"fmt"
	"net/http"
)

// addPages adds what only a pretend account has: its users, and a page for people.
func (s *Server) addPages() {
	s.Pages.HandleFunc("GET /_sim/accounts", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		reply(w, http.StatusOK, s.accounts)
	})
	s.Pages.HandleFunc("GET /{$}", s.showPage)
}

func (s *Server) showPage(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	header := []string{"user", "name", "e-mail", "role", "agent ID", "active"}
	s.Page(w, "Pretend Vonage Contact Center", fmt.Sprintf("%d users", len(s.accounts)), header, func(yield func([]string) bool) {
		for _, a := range s.accounts {
			if !yield([]string{a.Username, a.Name, a.Email, a.Role, a.AgentID(), fmt.Sprint(a.Active)}) {
				return
			}
		}
	})
}
