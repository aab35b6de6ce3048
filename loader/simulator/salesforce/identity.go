package salesforce

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

const adminName = "admin@acme.example"

func (s *Server) identityURL(r *http.Request) string {
	return origin(r) + "/id/" + s.id + "/" + s.admin
}

// me is the user who signed in.
func (s *Server) me() org.User {
	s.org.Lock()
	defer s.org.Unlock()
	i, _ := s.org.ByID(s.admin)
	return *s.org.At(i)
}

// urlsOf are the addresses that both answers about the caller hold; {version} stands for any.
func urlsOf(r *http.Request, version string) *front.Object {
	urls, base := front.NewObject(), origin(r)+"/services/data/v"+version+"/"
	for _, name := range []string{"rest", "sobjects", "search", "query", "recent"} {
		path := name + "/"
		if name == "rest" {
			path = ""
		}
		urls.Add(name, base+path)
	}
	return urls.Add("profile", origin(r)+"/{user_id}", "custom_domain", origin(r))
}

func (s *Server) serveUserinfo(w http.ResponseWriter, r *http.Request) {
	u := s.me()
	reply(w, http.StatusOK, front.NewObject(
		"sub", s.identityURL(r), "user_id", u.ID, "organization_id", s.id, "preferred_username", u.Username,
		"nickname", "admin", "name", "Admin",
		"email", u.Email, "email_verified", true, "given_name", nil, "family_name", "Admin", "zoneinfo", "UTC",
		"is_salesforce_integration_user", s.switches().Integration, "urls", urlsOf(r, "{version}"), "active", u.Active,
		"user_type", "STANDARD",
		"language", "en_US", "locale", "en_US", "utcOffset", 0, "updated_at", s.now().UTC().Format(time.RFC3339),
		"is_app_installed", true,
	))
}

// serveIdentity answers the URL that comes with a token. With version=latest its own URLs name a version.
func (s *Server) serveIdentity(w http.ResponseWriter, r *http.Request) {
	u := s.me()
	if !sameID(r.PathValue("org"), s.id) || !sameID(r.PathValue("user"), u.ID) {
		notFound(w)
		return
	}
	version := "{version}"
	if asked := strings.TrimPrefix(r.URL.Query().Get("version"), "v"); asked == "latest" {
		version = fmt.Sprintf("%d.0", newest)
	} else if asked != "" {
		version = asked
	}
	reply(w, http.StatusOK, front.NewObject(
		"id", s.identityURL(r), "asserted_user", true, "user_id", u.ID, "organization_id", s.id, "username", u.Username,
		"nick_name", "admin",
		"display_name", "Admin", "email", u.Email, "email_verified", true, "first_name", nil, "last_name", "Admin",
		"timezone", "UTC",
		"status", front.NewObject("created_date", nil, "body", nil), "urls", urlsOf(r, version), "active", u.Active,
		"user_type", "STANDARD",
		"language", "en_US", "locale", "en_US", "utcOffset", 0, "last_modified_date", stamp(s.now()),
		"is_app_installed", true,
	))
}

// sameID compares ids of 15 or 18 characters.
func sameID(a, b string) bool {
	x, isID := org.FullID(a)
	y, _ := org.FullID(b)
	return isID && x == y
}
