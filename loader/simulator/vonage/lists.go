package vonage

import (
	"encoding/json"
	"fmt"
	"net/http"

	"rosterload/loader/simulator/front"
)

// list is one of the lists that a user has. An answer has it under another key than a request, now and then.
type list struct{ path, got, put, method string }

var lists = []list{
	{"skills", "agentSkills", "agentSkills", http.MethodPut},
	{"groups", "agentGroups", "agentGroups", http.MethodPut},
	{"permissions/groups", "groupPermissions", "groupPermissions", http.MethodPut},
	{"permissions/queues", "queues", "queues", http.MethodPut},
	{"permissions/addresses", "addressPermissions", "addressPermissions", http.MethodPut},
	{"permissions/interactionPlans", "interactionPlanPermission", "interactionPlanPermissions", http.MethodPut},
	{"permissions/accessPermissions", "accessPermissions", "accessPermissions", http.MethodPatch},
}

func (s *Server) showList(l list) func(w http.ResponseWriter, r *http.Request, a *account) {
	return func(w http.ResponseWriter, _ *http.Request, a *account) {
		if l.path == "groups" && s.switches().NoGroups {
			s.Refuse(w, http.StatusNotFound, "", "not found")
			return
		}
		items := a.Lists[l.path]
		if items == nil {
			items = json.RawMessage("[]")
		}
		if l.path == "skills" {
			items = textLevels(items)
		}
		reply(w, http.StatusOK, front.NewObject(l.got, items))
	}
}

// replaceList takes a list as it is, or under its key.
func (s *Server) replaceList(l list) func(w http.ResponseWriter, r *http.Request, a *account) {
	return func(w http.ResponseWriter, r *http.Request, a *account) {
		if !a.Ours {
			s.Violate("%s of user %s, that no caller has made, are written", l.path, a.Username)
		}
		items := json.RawMessage(front.Body(r))
		var under map[string]json.RawMessage
		if json.Unmarshal(items, &under) == nil {
			if items = under[l.put]; items == nil {
				s.Refuse(w, http.StatusBadRequest, "", l.put+" is required")
				return
			}
		}
		if why := l.objection(items); why != "" {
			s.Refuse(w, http.StatusBadRequest, "", why)
			return
		}
		a.Lists[l.path] = items
		w.WriteHeader(http.StatusNoContent)
	}
}

// objection says why a list cannot be taken.
func (l list) objection(text json.RawMessage) string {
	var items []map[string]any
	if json.Unmarshal(text, &items) != nil {
		return "the body holds no list"
	}
	for _, i := range items {
		if _, isText := i["agentSkillLevel"].(string); isText && l.path == "skills" {
			return "agentSkillLevel must be a number"
		}
	}
	return ""
}

// textLevels spells the level of each skill as text, as GET does.
func textLevels(text json.RawMessage) json.RawMessage {
	var items []map[string]any
	if json.Unmarshal(text, &items) != nil {
		return text
	}
	for _, i := range items {
		i["agentSkillLevel"] = fmt.Sprint(i["agentSkillLevel"])
	}
	out, err := json.Marshal(items)
	if err != nil {
		return text
	}
	return out
}
