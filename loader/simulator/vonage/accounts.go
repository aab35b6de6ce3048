package vonage

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

// account is a VCC user. Its configuration is kept as it was sent.
type account struct {
	UserID   string                     `json:"userId"`
	Username string                     `json:"username"`
	Name     string                     `json:"name"`
	Email    string                     `json:"email"`
	Active   bool                       `json:"active"`
	Config   map[string]any             `json:"userAccountConfiguration"`
	Lists    map[string]json.RawMessage `json:"-"`
	Role     string                     `json:"-"`
	Ours     bool                       `json:"-"` // made by a caller of this run
}

func (a *account) agent() map[string]any {
	inner, _ := a.Config["agentConfiguration"].(map[string]any)
	return inner
}

// AgentID is the agent's display id.
func (a *account) AgentID() string {
	if id, ok := a.agent()["agentDisplayId"]; ok {
		return fmt.Sprint(id)
	}
	return ""
}

func (s *Server) find(which func(*account) bool) *account {
	if i := slices.IndexFunc(s.accounts, which); i >= 0 {
		return s.accounts[i]
	}
	return nil
}

func (s *Server) named(username string) *account {
	return s.find(func(a *account) bool { return strings.EqualFold(a.Username, username) })
}

func (s *Server) holding(id string) *account {
	return s.find(func(a *account) bool {
		return a.AgentID() != "" && same(a.AgentID(), id) && (a.Active || !s.switches().ReuseArchived)
	})
}

// same: agent IDs are numbers to the platform.
func same(a, b string) bool {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	return errX == nil && errY == nil && x == y || a == b
}

func (s *Server) show(w http.ResponseWriter, a *account) {
	if a == nil {
		s.Refuse(w, http.StatusNotFound, "", "User not found")
		return
	}
	reply(w, http.StatusOK, a)
}

func (s *Server) listUsers(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit, base := 25, s.switches().PageBase
	if n, err := strconv.Atoi(q.Get("limit")); err == nil && n >= 1 && n <= 5000 {
		limit = n
	} else if q.Get("limit") != "" {
		s.Refuse(w, http.StatusBadRequest, "", "limit must be between 1 and 5000")
		return
	}
	if n := s.switches().PageSize; n > 0 {
		limit = min(limit, n)
	}
	page := base
	if n, err := strconv.Atoi(q.Get("page")); err == nil {
		page = n
	}
	all := s.included(q.Get("include"))
	from := min(max(0, page-base)*limit, len(all))
	part := all[from:min(from+limit, len(all))]
	reply(w, http.StatusOK, front.NewObject("meta", front.NewObject(
		"page", page, "count", len(part), "pageCount", (len(all)+limit-1)/limit, "totalCount", len(all),
	), "users", part))
}

// included are the users of a list: All, Archived, or else the active ones.
func (s *Server) included(which string) []*account {
	all := []*account{}
	for _, a := range s.accounts {
		if which == "All" || a.Active == (which != "Archived") {
			all = append(all, a)
		}
	}
	return all
}

func (s *Server) createUser(w http.ResponseWriter, r *http.Request) {
	body := front.Body(r)
	if s.posted++; s.posted == 1 {
		for _, id := range s.switches().SecondWriter {
			s.Add(Account{Username: "second.writer." + id + "@acme.example", Role: "Agent", AgentID: id, Active: true})
		}
	}
	a := &account{Active: true, Lists: map[string]json.RawMessage{}, Ours: true}
	var beside struct {
		Agent map[string]any `json:"agentConfiguration"`
	}
	if json.Unmarshal(body, a) != nil || json.Unmarshal(body, &beside) != nil {
		s.Refuse(w, http.StatusBadRequest, "", "The request body is not valid JSON")
		return
	}
	if beside.Agent != nil && a.Config != nil {
		a.Config["agentConfiguration"] = beside.Agent
	}
	a.Active, a.Role = true, fmt.Sprint(a.Config["role"])
	if why := s.objection(a, r.URL.Query().Get("allowOverages") == "true"); why != "" {
		s.Refuse(w, http.StatusBadRequest, "", why)
		return
	}
	a.UserID = fmt.Sprintf("00000000-0000-4000-8000-%012d", len(s.accounts)+1)
	s.accounts = append(s.accounts, a)
	s.line.Add(org.Upserts, s.now(), s.now())
	status := s.switches().PostStatus
	if status == 0 {
		status = http.StatusCreated
	}
	switch s.switches().PostBody {
	case "empty":
		w.WriteHeader(status)
	case "id":
		reply(w, status, map[string]string{"userId": a.UserID})
	default:
		reply(w, status, a)
	}
}

// objection says why a user cannot be made.
func (s *Server) objection(a *account, overages bool) string {
	agent := a.agent()
	phone, _ := agent["telephonyAddress"].(map[string]any)
	isAgent := a.Role == "Agent" || a.Config["actAsAgent"] == true
	switch {
	case a.Username == "" || a.Name == "" || a.Email == "" || a.Config["role"] == nil:
		return "username, name, email and userAccountConfiguration.role are required"
	case s.named(a.Username) != nil:
		if s.named(a.Username).Ours {
			s.Violate("a second create of %s", a.Username)
		}
		return "A user already exists with that username"
	case isAgent && (a.AgentID() == "" || agent["location"] == nil || phone["telephoneAddress"] == nil ||
		phone["outboundTelephonyRegion"] == nil):
		return "agentDisplayId, location, telephoneAddress and outboundTelephonyRegion are required for agents"
	case isAgent && s.holding(a.AgentID()) != nil:
		return fmt.Sprintf("Agent ID '%s' is already in use", a.AgentID())
	case a.Role == "Agent" && !overages && s.licences() >= 0 && s.agents() >= s.licences():
		return "The number of agent licenses is exceeded"
	}
	return ""
}

func (s *Server) agents() (n int) {
	for _, a := range s.accounts {
		if a.Active && a.Role == "Agent" {
			n++
		}
	}
	return n
}

// ofUser finds the user of a path.
func (s *Server) ofUser(serve func(w http.ResponseWriter, r *http.Request, a *account)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a := s.find(func(a *account) bool { return a.UserID == r.PathValue("id") })
		if a == nil {
			s.show(w, nil)
			return
		}
		serve(w, r, a)
	}
}

// refuseDelete minds: callers may make users and archive them, and nothing else.
func (s *Server) refuseDelete(w http.ResponseWriter, r *http.Request) {
	s.Violate("DELETE of user %s", r.PathValue("id"))
	s.Refuse(w, http.StatusForbidden, "", "only an admin may delete")
}

func (s *Server) changeUser(w http.ResponseWriter, r *http.Request, a *account) {
	var change map[string]any
	if json.Unmarshal(front.Body(r), &change) != nil {
		s.Refuse(w, http.StatusBadRequest, "", "The request body is not valid JSON")
		return
	}
	for name := range change {
		if name != "active" {
			s.Violate("PATCH of user %s writes %s", a.Username, name)
		}
	}
	if active, ok := change["active"].(bool); ok {
		what := org.Removals
		if active {
			what = org.Upserts
		}
		s.line.Add(what, s.now(), s.now())
		a.Active = active
	}
	w.WriteHeader(http.StatusNoContent)
}
