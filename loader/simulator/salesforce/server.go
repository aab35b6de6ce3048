// Package salesforce is a pretend Salesforce org with Engage behind its User object: OAuth, queries, Bulk API 2.0, sObject collections,
// describe, limits. It follows the vendor's guides, not any client.
package salesforce

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"rosterload/loader/simulator"
	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

// Server is one pretend org.
type Server struct {
	*front.Front
	options simulator.Options
	org     *org.Org
	now     func() time.Time
	mu      sync.Mutex
	jobs    map[string]*job
	order   []string // jobs as they were created
	queries map[string]*queryJob
	cursors map[string]*cursor
	tokens  map[string]bool
	minted  int
	serial  int
	faults  *Faults
	random  *rand.Rand
	admin   string // id of the user who signs in

	more       map[string]map[string]string // values of further fields, by field and user
	moreFields []field
	extra      map[string]Field // what else is known of them, by lower-case name
	elsewhere  bool             // another pretend org stands on this one, and judges what may be written
	tables     []Table
}

const orgID = "00D5f000000SimOEAS"

// New makes a pretend org and fills it.
func New(o simulator.Options) (*Server, error) { return NewWith(o, nil, nil) }

func empty(o simulator.Options) *Server {
	s := &Server{
		Front: front.New(o, func(path string) bool {
			return strings.HasSuffix(path, "/token") || strings.HasPrefix(path, "/services/Soap/")
		}),
		options: o, now: o.Now, jobs: map[string]*job{}, queries: map[string]*queryJob{}, cursors: map[string]*cursor{}, tokens: map[string]bool{},
		faults: &Faults{}, random: rand.New(rand.NewPCG(uint64(o.Seed), 7)),
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.org = org.New(org.Options{Groups: o.Groups, Licences: o.Licences, Delay: o.Delay, OneByOne: o.OneByOne, Now: s.now})
	return s
}

// fill takes in the people and the faults file.
func (s *Server) fill() error {
	if err := s.people(); err != nil || s.options.FaultsFile == "" {
		return err
	}
	data, err := os.ReadFile(s.options.FaultsFile)
	if err != nil {
		return err
	}
	return s.SetFaults(data)
}

// people takes in the admin who signs in, and everybody of the options.
func (s *Server) people() error {
	s.admin = org.MakeID("005", 61*62*62*62*62)
	if err := s.org.Add(org.User{ID: s.admin, Username: "admin@acme.example", Email: "admin@mail.example", Active: true}); err != nil {
		return err
	}
	users, file := s.options.UsersFrom, s.options.Users
	if s.options.Save != "" {
		if _, err := os.Stat(s.options.Save); err == nil {
			users, file = nil, s.options.Save
		}
	}
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		users = f
	}
	if users != nil {
		return s.readUsers(users)
	}
	first := "Alpha"
	if len(s.options.Groups) > 0 {
		first = s.options.Groups[0]
	}
	return s.org.Fill(s.options.Count, first)
}

// ServeHTTP answers what is asked of a pretend org, and all else by its protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	clean := front.Clean(r.URL.Path)
	if strings.HasPrefix(clean, "/_sim") || clean == "/" {
		s.serveAdmin(w, r, clean)
		return
	}
	if strings.Contains(r.URL.RawQuery, "access_token=") || strings.Contains(r.URL.RawQuery, "!AQ") {
		s.Violate("a token in the address of %s %s", r.Method, clean)
	}
	s.Serve(w, r, s)
}

// Refuse answers with an error in the array that all but OAuth use.
func (*Server) Refuse(w http.ResponseWriter, status int, code, message string) {
	refuse(w, status, code, message)
}

// Close keeps the org where that was asked for.
func (s *Server) Close() error { return front.Keep(s.options.Save, s.Save) }

// Route finds who answers.
func (s *Server) Route(w http.ResponseWriter, r *http.Request, clean string, body []byte) {
	switch {
	case clean == "/services/oauth2/token":
		s.serveToken(w, r, body)
		return
	case clean == "/services/oauth2/revoke":
		w.WriteHeader(http.StatusOK)
		return
	case clean == "/services/data":
		s.serveVersions(w)
		return
	case strings.HasPrefix(clean, "/services/Soap/u/"):
		s.serveSoap(w, r, body)
		return
	}
	if !s.signedIn(r) {
		if clean == "/services/oauth2/userinfo" {
			http.Error(w, "Bad_OAuth_Token", http.StatusForbidden)
			return
		}
		w.Header().Set("WWW-Authenticate", "Token")
		refuse(w, 401, "INVALID_SESSION_ID", "Session expired or invalid")
		return
	}
	w.Header().Set("Sforce-Limit-Info", fmt.Sprintf("api-usage=%d/%d", s.Calls(), s.dailyCalls()))
	switch {
	case clean == "/services/oauth2/userinfo", strings.HasPrefix(clean, "/id/"):
		s.serveIdentity(w, r, clean)
		return
	}
	version, rest, ok := s.version(w, clean)
	if ok {
		s.routeVersion(w, r, version, rest, body)
	}
}

var versioned = regexp.MustCompile(`^/services/data/(v\d+\.\d|latest)(?:/(.*))?$`)

// version answers what is asked of a version that this org does not serve.
func (s *Server) version(w http.ResponseWriter, clean string) (version, rest string, ok bool) {
	m := versioned.FindStringSubmatch(clean)
	if m == nil {
		notFound(w)
		return "", "", false
	}
	if m[1] != "latest" {
		n, _ := strconv.Atoi(strings.TrimSuffix(m[1][1:], ".0"))
		switch {
		case n >= 7 && n < oldest:
			refuse(w, 410, "GONE", "This API version is no longer available")
			return "", "", false
		case n < oldest || n > newest:
			notFound(w)
			return "", "", false
		}
	}
	return m[1], m[2], true
}

func (s *Server) routeVersion(w http.ResponseWriter, r *http.Request, version, rest string, body []byte) {
	parts := strings.Split(rest, "/")
	switch {
	case rest == "":
		s.serveResources(w, version)
	case parts[0] == "query" || parts[0] == "queryAll":
		s.serveQuery(w, r, version, parts[1:])
	case parts[0] == "limits":
		s.serveLimits(w)
	case parts[0] == "composite" && len(parts) == 3 && parts[1] == "sobjects" && strings.EqualFold(parts[2], "User") && r.Method != http.MethodPatch:
		s.serveSeveral(w, r, version, body)
	case parts[0] == "composite" && len(parts) > 1 && parts[1] == "sobjects":
		s.serveCollections(w, r, body)
	case parts[0] == "sobjects":
		s.serveObjects(w, r, version, parts[1:], body)
	case parts[0] == "jobs" && len(parts) > 1 && parts[1] == "ingest":
		s.serveIngest(w, r, version, parts[2:], body)
	case parts[0] == "jobs" && len(parts) > 1 && parts[1] == "query":
		s.serveQueryJobs(w, r, version, parts[2:], body)
	default:
		notFound(w)
	}
}

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(data)
}

// refuse answers with an error in the array that all but OAuth use.
func refuse(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, []map[string]string{{"errorCode": code, "message": message}})
}

func notFound(w http.ResponseWriter) {
	refuse(w, 404, "NOT_FOUND", "The requested resource does not exist")
}

func wrongMethod(w http.ResponseWriter, method, allowed string) {
	refuse(w, 405, "METHOD_NOT_ALLOWED", "HTTP Method '"+method+"' not allowed. Allowed are "+allowed)
}

// stamp is how the org writes times.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000+0000") }
