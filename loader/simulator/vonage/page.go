package vonage

import (
	"fmt"
	"net/http"
)

// servePage is what only a pretend account has: its users, and a page for people. It answers false for what is none of that.
func (s *Server) servePage(w http.ResponseWriter, clean string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch clean {
	case "/_sim/accounts":
		reply(w, http.StatusOK, s.accounts)
	case "/":
		s.Page(w, "Pretend Vonage Contact Center", fmt.Sprintf("%d users", len(s.accounts)), []string{"user", "name", "e-mail", "role", "agent ID", "active"}, func(yield func([]string) bool) {
			for _, a := range s.accounts {
				if !yield([]string{a.Username, a.Name, a.Email, a.Role, a.AgentID(), fmt.Sprint(a.Active)}) {
					return
				}
			}
		})
	default:
		return false
	}
	return true
}
