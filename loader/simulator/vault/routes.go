package vault

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"rosterload/loader/simulator/front"
)

// addRoutes says who answers what.
func (s *Server) addRoutes() {
	s.routes.NotFound = func(w http.ResponseWriter, _ *http.Request) {
		fail(w, "MALFORMED_URL",
			"The URL is malformed")
	}
	s.routes.WrongMethod = func(w http.ResponseWriter, r *http.Request, _ string) {
		fail(w, "METHOD_NOT_SUPPORTED", "The method "+r.Method+" is not supported here")
	}
	for pattern, serve := range map[string]http.HandlerFunc{
		"POST /auth/discovery":               s.serveDiscovery,
		"POST /auth/oauth/session/{profile}": s.serveOAuth,
		"GET /api":                           s.serveVersions,
	} {
		s.routes.Handle(pattern, serve)
	}
	for pattern, serve := range s.versioned() {
		method, path, _ := strings.Cut(pattern, " ")
		s.routes.Handle(method+" /api/{version}"+path, serve)
	}
}

// versioned are the calls whose path begins with a version.
func (s *Server) versioned() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET ":             s.serveVersions,
		"POST /auth":       s.serveAuth,
		"POST /keep-alive": func(w http.ResponseWriter, _ *http.Request) { envelope(w, "SUCCESS") },
		"DELETE /session":  s.endSession,

		"GET /query":         s.serveQuery,
		"POST /query":        s.serveQuery,
		"GET /query/{page}":  s.servePage,
		"POST /query/{page}": s.servePage,

		"GET /vobjects/{object}":         ofUsers(s.showRecords),
		"PUT /vobjects/{object}":         ofUsers(s.update),
		"POST /vobjects/{object}":        ofUsers(s.refuseCreate),
		"DELETE /vobjects/{object}":      ofUsers(refuseDelete),
		"GET /vobjects/{object}/{id}":    ofUsers(s.showRecord),
		"PUT /vobjects/{object}/{id}":    ofUsers(s.update),
		"DELETE /vobjects/{object}/{id}": ofUsers(refuseDelete),

		"GET /metadata/vobjects":                         s.serveObjects,
		"GET /metadata/vobjects/{object}":                ofUsers(s.serveObject),
		"GET /metadata/vobjects/{object}/fields/{field}": ofUsers(s.serveField),
		"GET /objects/picklists":                         servePicklists,
		"GET /objects/picklists/{picklist}":              servePicklist,
		"GET /objects/users":                             s.serveUsers,
		"GET /objects/users/{id}":                        s.serveUser,
		"GET /objects/users/{id}/permissions":            s.servePermissions,
		"GET /objects/licenses":                          serveLicences,
		"GET /limits":                                    serveLimits,

		"POST /services/file_staging/items":             s.stage,
		"POST /services/loader/load":                    s.load,
		"GET /services/loader/{job}/tasks/{task}/{log}": s.loadLog,
		"GET /services/jobs/{job}":                      s.jobStatus,
	}
}

var isVersioned = regexp.MustCompile(`^/api(?:/v\d+\.\d+(?:/.*)?)?$`)

// Route lets a caller in, and finds who answers.
func (s *Server) Route(w http.ResponseWriter, r *http.Request) {
	for _, name := range []string{"X-VaultAPI-MigrationMode", "X-VaultAPI-NoTriggers"} {
		if v := r.Header.Get(name); v != "" && !strings.EqualFold(v, "false") {
			s.Violate("%s is sent: provisioning would not start", name)
		}
	}
	time.Sleep(s.headers(w))
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/auth/"):
		s.routes.ServeHTTP(w, r)
	case !isVersioned.MatchString(path):
		fail(w, "MALFORMED_URL", "The URL is malformed")
	case strings.HasSuffix(path, "/auth"):
		s.routes.ServeHTTP(w, r)
	case s.admit(w, r):
		s.org.Lock()
		defer s.org.Unlock()
		s.org.Settle()
		s.routes.ServeHTTP(w, r)
	}
}

// ofUsers answers what is asked of an object that is not there: this Vault has its users and nothing else.
func ofUsers(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if name := r.PathValue("object"); name != "user__sys" {
			fail(w, "INVALID_DATA", "The object ["+name+"] does not exist")
			return
		}
		serve(w, r)
	}
}

const newestVersion = "v26.2"

func (s *Server) serveVersions(w http.ResponseWriter, r *http.Request) {
	base, values := origin(r)+"/api/", front.NewObject()
	for year := 19; year <= 26; year++ {
		for n := 1; n <= 3 && fmt.Sprintf("v%d.%d", year, n) <= newestVersion; n++ {
			v := fmt.Sprintf("v%d.%d", year, n)
			values.Add(v, base+v)
		}
	}
	w.Header().Set("X-VaultAPI-UserId", adminID)
	envelope(w, "SUCCESS", "values", values)
}

func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func serveLicences(w http.ResponseWriter, _ *http.Request) {
	envelope(w, "SUCCESS", "doc_count", map[string]int{"licensed": 0, "used": 0}, "applications", []any{})
}

func serveLimits(w http.ResponseWriter, _ *http.Request) {
	envelope(w, "SUCCESS", "data", []any{front.NewObject("name", "records_per_object", "remaining", 9999000, "max",
		10000000)})
}
