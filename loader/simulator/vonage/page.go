package vonage

import (
	"fmt"
	"net/http"
	"strings"

	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

// addPages adds what only a pretend account has: its users, and a page for people.
func (s *Server) addPages() {
	s.Pages.HandleFunc("GET /_sim/accounts", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		reply(w, http.StatusOK, s.accounts)
	})
	s.Pages.HandleFunc("POST /_sim/licences", front.TakeLicences(s.limit, s.buy))
	s.Pages.HandleFunc("POST /_sim/users/{username}", front.TakeMove(s.move))
	s.AddPage("Pretend Vonage Contact Center", s.view)
}

// What a user of the account is, and what an admin makes of the user by hand.
const (
	active   = "active"
	archived = "archived"
)

func standing(a *account) string {
	if a.Active {
		return active
	}
	return archived
}

// licences is how many agents there may be, -1 without a limit: those that were bought, else those of the faults file,
// else of the options.
func (s *Server) licences() int {
	switch {
	case s.bought != nil:
		return *s.bought
	case s.switches().Licences > 0:
		return s.switches().Licences
	case s.options.Licences != nil:
		return *s.options.Licences
	}
	return -1
}

func (s *Server) limit() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.licences()
}

func (s *Server) buy(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bought = &n
}

// move archives a user by hand, or takes one back.
func (s *Server) move(username, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.named(username)
	switch {
	case a == nil:
		return fmt.Errorf("there is no user %s", username)
	case to != active && to != archived:
		return fmt.Errorf("a user is moved to %s or %s", active, archived)
	}
	a.Active = to == active
	s.line.Add(org.ByHand, s.now(), s.now())
	return nil
}

// view is what the page for people shows.
func (s *Server) view(c *front.Crowd) front.View {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		c.Add(a.Username, standing(a)+" "+a.Role, standing(a),
			func() []string { return []string{a.Name, a.Email, a.Role, a.AgentID(), standing(a)} })
	}
	return front.View{
		Unit: "agent licences", Used: s.agents(), Of: s.licences(),
		Head: []string{"name", "e-mail", "role", "agent ID", "status"}, Choice: "status",
		Tone: func(status string) string {
			if strings.HasPrefix(status, archived) {
				return "stopped"
			}
			return "good"
		},
		To: []string{active, archived}, Line: s.line.Stretches(), Behind: s.org.Requests(),
	}
}
