package vonage

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
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
		return a.AgentID() != "" && same(a.AgentID(), id) && (a.Active || !s.faults.Switches.ReuseArchived)
	})
}

// same: agent IDs are numbers to the platform.
func same(a, b string) bool {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	return errX == nil && errY == nil && x == y || a == b
}

func (s *Server) routeUsers(w http.ResponseWriter, r *http.Request, path []string, body []byte) {
	switch {
	case path[0] == "" && r.Method == http.MethodGet:
		s.listUsers(w, r)
	case path[0] == "" && r.Method == http.MethodPost:
		s.createUser(w, r, body)
	case path[0] == "by" && len(path) == 3 && r.Method == http.MethodGet:
		a := s.named(path[2])
		if path[1] == "agentDisplayId" {
			a = s.holding(path[2])
		}
		s.show(w, a)
	case len(path) == 1:
		s.serveUser(w, r, path[0], body)
	default:
		s.serveList(w, r, path[0], strings.Join(path[1:], "/"), body)
	}
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
	limit, base := 25, s.faults.Switches.PageBase
	if n, err := strconv.Atoi(q.Get("limit")); err == nil && n >= 1 && n <= 5000 {
		limit = n
	} else if q.Get("limit") != "" {
		s.Refuse(w, http.StatusBadRequest, "", "limit must be between 1 and 5000")
		return
	}
	page := base
	if n, err := strconv.Atoi(q.Get("page")); err == nil {
		page = n
	}
	var all []*account
	for _, a := range s.accounts {
		switch q.Get("include") {
		case "All":
		case "Archived":
			if a.Active {
				continue
			}
		default:
			if !a.Active {
				continue
			}
		}
		all = append(all, a)
	}
	pages := (len(all) + limit - 1) / limit
	from := min(max(0, page-base)*limit, len(all))
	part := all[from:min(from+limit, len(all))]
	reply(w, http.StatusOK, map[string]any{
		"meta": map[string]int{"page": page, "count": len(part), "pageCount": pages, "totalCount": len(all)}, "users": append([]*account{}, part...),
	})
}

func (s *Server) createUser(w http.ResponseWriter, r *http.Request, body []byte) {
	if s.posted++; s.posted == 1 {
		for _, id := range s.faults.Switches.SecondWriter {
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
	status := s.faults.Switches.PostStatus
	if status == 0 {
		status = http.StatusCreated
	}
	switch s.faults.Switches.PostBody {
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
	case isAgent && (a.AgentID() == "" || agent["location"] == nil || phone["telephoneAddress"] == nil || phone["outboundTelephonyRegion"] == nil):
		return "agentDisplayId, location, telephoneAddress and outboundTelephonyRegion are required for agents"
	case isAgent && s.holding(a.AgentID()) != nil:
		return fmt.Sprintf("Agent ID '%s' is already in use", a.AgentID())
	case a.Role == "Agent" && !overages && s.faults.Switches.Licences > 0 && s.agents() >= s.faults.Switches.Licences:
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

// serveUser shows a user, or changes him. Callers may make users and archive them, and nothing else.
func (s *Server) serveUser(w http.ResponseWriter, r *http.Request, id string, body []byte) {
	a := s.find(func(a *account) bool { return a.UserID == id })
	switch {
	case r.Method == http.MethodDelete:
		s.Violate("DELETE of user %s", id)
		s.Refuse(w, http.StatusForbidden, "", "only an admin may delete")
	case a == nil || r.Method == http.MethodGet:
		s.show(w, a)
	case r.Method == http.MethodPatch:
		var change map[string]any
		if json.Unmarshal(body, &change) != nil {
			s.Refuse(w, http.StatusBadRequest, "", "The request body is not valid JSON")
			return
		}
		for name := range change {
			if name != "active" {
				s.Violate("PATCH of user %s writes %s", a.Username, name)
			}
		}
		if active, ok := change["active"].(bool); ok {
			a.Active = active
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		s.Refuse(w, http.StatusMethodNotAllowed, "", "method not allowed")
	}
}

// lists are what a user has, by path: the key in an answer, the key in a request ("": the bare list, or its key), and how it is written.
var lists = map[string]struct{ got, put, method string }{
	"skills":                        {"agentSkills", "agentSkills", http.MethodPut},
	"groups":                        {"agentGroups", "agentGroups", http.MethodPut},
	"permissions/groups":            {"groupPermissions", "groupPermissions", http.MethodPut},
	"permissions/queues":            {"queues", "queues", http.MethodPut},
	"permissions/addresses":         {"addressPermissions", "addressPermissions", http.MethodPut},
	"permissions/interactionPlans":  {"interactionPlanPermission", "interactionPlanPermissions", http.MethodPut},
	"permissions/accessPermissions": {"accessPermissions", "accessPermissions", http.MethodPatch},
}

func (s *Server) serveList(w http.ResponseWriter, r *http.Request, id, name string, body []byte) {
	a, known := s.find(func(a *account) bool { return a.UserID == id }), false
	l, known := lists[name]
	switch {
	case a == nil || !known || name == "groups" && s.faults.Switches.NoGroups && r.Method == http.MethodGet:
		s.Refuse(w, http.StatusNotFound, "", "not found")
	case r.Method == http.MethodGet:
		list := a.Lists[name]
		if list == nil {
			list = json.RawMessage("[]")
		}
		reply(w, http.StatusOK, map[string]json.RawMessage{l.got: textLevels(name, list)})
	case r.Method != l.method:
		s.Refuse(w, http.StatusMethodNotAllowed, "", "method not allowed")
	default:
		s.replace(w, a, name, l.put, body)
	}
}

func (s *Server) replace(w http.ResponseWriter, a *account, name, key string, body []byte) {
	if !a.Ours {
		s.Violate("%s of user %s, whom nobody here has made, are written", name, a.Username)
	}
	list := json.RawMessage(body)
	var under map[string]json.RawMessage
	if json.Unmarshal(body, &under) == nil {
		if list = under[key]; list == nil {
			s.Refuse(w, http.StatusBadRequest, "", key+" is required")
			return
		}
	}
	var items []map[string]any
	if err := json.Unmarshal(list, &items); err != nil {
		s.Refuse(w, http.StatusBadRequest, "", "the body holds no list")
		return
	}
	for _, i := range items {
		if _, isText := i["agentSkillLevel"].(string); isText && name == "skills" {
			s.Refuse(w, http.StatusBadRequest, "", "agentSkillLevel must be a number")
			return
		}
	}
	a.Lists[name] = list
	w.WriteHeader(http.StatusNoContent)
}

// textLevels: GET spells the level of a skill as text.
func textLevels(name string, list json.RawMessage) json.RawMessage {
	if name != "skills" {
		return list
	}
	var items []map[string]any
	if json.Unmarshal(list, &items) != nil {
		return list
	}
	for _, i := range items {
		i["agentSkillLevel"] = fmt.Sprint(i["agentSkillLevel"])
	}
	out, _ := json.Marshal(items)
	return out
}
