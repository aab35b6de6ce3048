package salesforce

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

const (
	oldest = 31
	newest = 67
)

// addRoutes says who answers what.
func (s *Server) addRoutes() {
	s.routes.NotFound = func(w http.ResponseWriter, _ *http.Request) { notFound(w) }
	s.routes.WrongMethod = func(w http.ResponseWriter, r *http.Request, allowed string) {
		refuse(w, 405, "METHOD_NOT_ALLOWED", "HTTP Method '"+r.Method+"' not allowed. Allowed are "+
			strings.ReplaceAll(allowed, ", ", ","))
	}
	s.handle("", map[string]http.HandlerFunc{
		"POST /services/oauth2/token":    s.serveToken,
		"GET /services/oauth2/revoke":    s.serveRevoke,
		"POST /services/oauth2/revoke":   s.serveRevoke,
		"GET /services/oauth2/userinfo":  s.serveUserinfo,
		"POST /services/oauth2/userinfo": s.serveUserinfo,
		"GET /id/{org}/{user}":           s.serveIdentity,
		"POST /services/Soap/u/{soap}":   s.serveSoap,
		"GET /services/data":             s.serveVersions,
	})
	const versioned = "/services/data/{version}"
	s.handle(versioned, map[string]http.HandlerFunc{
		"GET ":                              s.serveResources,
		"GET /limits":                       s.serveLimits,
		"GET /query":                        s.serveQuery,
		"GET /queryAll":                     s.serveQuery,
		"GET /query/{locator}":              s.servePage,
		"GET /queryAll/{locator}":           s.servePage,
		"PATCH /composite/sobjects":         s.serveCollections,
		"GET /composite/sobjects/{object}":  s.serveSeveral,
		"POST /composite/sobjects/{object}": s.serveSeveral,
	})
	s.handle(versioned+"/sobjects", map[string]http.HandlerFunc{
		"GET ":                                    s.serveObjects,
		"GET /{object}":                           s.serveObject,
		"GET /{object}/describe":                  s.serveDescribe,
		"GET /{object}/{id}":                      s.serveRecord,
		"PATCH /{object}/{id}":                    s.serveRecord,
		"GET /{object}/{field}/{value}":           s.serveByKey,
		"PATCH /{object}/{field}/{value}":         s.serveByKey,
		"GET /{object}/listviews":                 s.serveListViews,
		"GET /{object}/listviews/{view}":          s.serveListView,
		"GET /{object}/listviews/{view}/describe": s.serveListViewDescribe,
		"GET /{object}/listviews/{view}/results":  s.serveListViewResults,
	})
	s.addJobRoutes(versioned + "/jobs")
}

func (s *Server) addJobRoutes(base string) {
	s.handle(base+"/ingest", map[string]http.HandlerFunc{
		"GET ":               s.listJobs,
		"POST ":              s.createJob,
		"GET /{id}":          s.serveJob(s.showJob),
		"PATCH /{id}":        s.serveJob(s.changeState),
		"DELETE /{id}":       s.serveJob(s.deleteJob),
		"PUT /{id}/batches":  s.serveJob(s.upload),
		"GET /{id}/{result}": s.serveJob(s.serveResults),
	})
	s.handle(base+"/query", map[string]http.HandlerFunc{
		"GET ":                  s.listQueries,
		"POST ":                 s.createQuery,
		"GET /{id}":             s.serveQueryJob(s.showQuery),
		"PATCH /{id}":           s.serveQueryJob(s.abortQuery),
		"DELETE /{id}":          s.serveQueryJob(s.deleteQuery),
		"GET /{id}/results":     s.serveQueryJob(s.queryResults),
		"GET /{id}/resultPages": s.serveQueryJob(s.queryPages),
	})
}

// handle adds routes below a path.
func (s *Server) handle(below string, routes map[string]http.HandlerFunc) {
	for pattern, serve := range routes {
		method, path, _ := strings.Cut(pattern, " ")
		s.routes.Handle(method+" "+below+path, serve)
	}
}

// Route lets a caller in, and finds who answers.
func (s *Server) Route(w http.ResponseWriter, r *http.Request) {
	if s.Admit(w, r) {
		s.routes.ServeHTTP(w, respelled(r))
	}
}

// Admit answers a caller who is not signed in, or asks for a version that this org does not serve.
func (s *Server) Admit(w http.ResponseWriter, r *http.Request) bool {
	path := r.URL.Path
	identity := strings.HasPrefix(path, "/id/")
	if query := r.URL.RawQuery; !identity && (strings.Contains(query, "access_token=") ||
		strings.Contains(query, "!AQ")) {
		s.Violate("a token in the address of %s %s", r.Method, path)
	}
	switch {
	case path == "/services/data", path == "/services/oauth2/token", path == "/services/oauth2/revoke",
		strings.HasPrefix(path, "/services/Soap/"):
		return true // no session is needed
	case s.signedIn(r, identity):
		w.Header().Set("Sforce-Limit-Info", fmt.Sprintf("api-usage=%d/%d", s.Calls(), s.dailyCalls()))
		return s.admitVersion(w, path)
	case path == "/services/oauth2/userinfo" || identity:
		http.Error(w, "Bad_OAuth_Token", http.StatusForbidden)
	default:
		w.Header().Set("WWW-Authenticate", "Token")
		refuse(w, 401, "INVALID_SESSION_ID", "Session expired or invalid")
	}
	return false
}

// signedIn looks for a token in the header that may carry it; the identity service takes it from the address as well,
// as jsforce sends it.
func (s *Server) signedIn(r *http.Request, inAddress bool) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	return (strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "OAuth")) && s.tokens[token] ||
		inAddress && s.tokens[r.URL.Query().Get("oauth_token")]
}

var versioned = regexp.MustCompile(`^/services/data/([^/]+)`)

// admitVersion answers what is asked of a version that this org does not serve: retired ones are gone, the others
// never were.
func (s *Server) admitVersion(w http.ResponseWriter, path string) bool {
	m := versioned.FindStringSubmatch(path)
	if m == nil || m[1] == "latest" {
		return true
	}
	number, isWhole := strings.CutSuffix(strings.TrimPrefix(m[1], "v"), ".0")
	n, err := strconv.Atoi(number)
	switch {
	case err != nil || !isWhole || m[1][0] != 'v' || n < 7 || n > newest:
		notFound(w)
		return false
	case n < oldest:
		refuse(w, 410, "GONE", "This API version is no longer available")
		return false
	}
	return true
}

// spellings are segments of a path that count in any case; clients do not agree on them.
var spellings = []string{
	"User", "describe", "listviews", "results", "resultPages", "successfulResults", "failedResults",
	"unprocessedrecords",
}

// respelled is a request whose path spells those segments as the routes do.
func respelled(r *http.Request) *http.Request {
	segments := strings.Split(r.URL.Path, "/")
	for i, is := range segments {
		for _, spelling := range spellings {
			if strings.EqualFold(is, spelling) {
				segments[i] = spelling
			}
		}
	}
	r = r.Clone(r.Context())
	r.URL.Path, r.URL.RawPath = strings.Join(segments, "/"), ""
	return r
}
