package vault

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/simulator/front"
)

// The older users' interface has other names, numbers for ids, and no Engage.

func (s *Server) legacyUser(i int) *front.Object {
	id, _ := strconv.Atoi(s.ids[i])
	profile := "business_admin__v"
	if s.switches().NoBusinessAdmin {
		profile = "read_only_user__v"
	}
	u := s.org.At(i)
	return front.NewObject("user", front.NewObject(
		"id", id, "user_name__v", u.Username, "user_email__v", u.Email, "active__v", u.Active, "security_profile__v",
		profile,
		"license_type__v", "full__v",
	))
}

func (s *Server) serveUsers(w http.ResponseWriter, _ *http.Request) {
	var all []any
	for i := range min(s.org.Count(), mostShown) {
		all = append(all, s.legacyUser(i))
	}
	envelope(w, "SUCCESS", "users", all, "size", len(all), "start", 0, "limit", mostShown)
}

func (s *Server) serveUser(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if id == "me" {
		id = adminID
	}
	i, known := s.places[id]
	if !known {
		fail(w, "INVALID_DATA", "The resource ["+id+"] does not exist")
		return
	}
	envelope(w, "SUCCESS", "users", []any{s.legacyUser(i)})
}

func (s *Server) servePermissions(w http.ResponseWriter, r *http.Request) {
	_, name, _ := strings.Cut(r.URL.Query().Get("filter"), "::")
	mayEdit := !slices.Contains(s.switches().ReadOnly, "user__sys")
	rights := front.NewObject("read", true, "edit", mayEdit, "create", true, "delete", false)
	data := []any{}
	for _, known := range []string{"object.user__sys.object_actions", "object.user__sys.field_actions"} {
		if name == "" || name == known {
			data = append(data, front.NewObject("name__v", known, "permissions", rights))
		}
	}
	envelope(w, "SUCCESS", "data", data)
}
