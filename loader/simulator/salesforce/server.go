// Package salesforce is a pretend Salesforce org with Engage behind its User object: OAuth, queries, Bulk API 2.0, sObject collections,
// describe, limits. It follows the vendor's guides, not any client.
package salesforce

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"rosterload/loader/simulator"
	"rosterload/loader/simulator/org"
)

// Server is one pretend org.
type Server struct {
	options  simulator.Options
	org      *org.Org
	now      func() time.Time
	mu       sync.Mutex
	jobs     map[string]*job
	order    []string // jobs as they were created
	queries  map[string]*queryJob
	cursors  map[string]*cursor
	tokens   map[string]bool
	minted   int
	serial   int
	calls    int
	requests []Asked
	broken   []string
	faults   *faults
	random   *rand.Rand
	admin    string // id of the user who signs in
}

// Asked is one request as the org saw it. Tokens are not kept.
type Asked struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	Body   string    `json:"body,omitempty"` // its first 64 KiB
	Size   int       `json:"size"`
	Status int       `json:"status"`
}

const orgID = "00D5f000000SimOEAS"

// New makes a pretend org and fills it.
func New(o simulator.Options) (*Server, error) {
	s := &Server{
		options: o, now: o.Now, jobs: map[string]*job{}, queries: map[string]*queryJob{}, cursors: map[string]*cursor{}, tokens: map[string]bool{},
		faults: &faults{}, random: rand.New(rand.NewPCG(uint64(o.Seed), 7)),
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.org = org.New(org.Options{Groups: o.Groups, Licences: o.Licences, Delay: o.Delay, OneByOne: o.OneByOne, Now: s.now})
	if err := s.people(); err != nil {
		return nil, err
	}
	if o.FaultsFile != "" {
		data, err := os.ReadFile(o.FaultsFile)
		if err != nil {
			return nil, err
		}
		return s, s.SetFaults(data)
	}
	return s, nil
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

var slashes = regexp.MustCompile(`/{2,}`)

// ServeHTTP counts, remembers and judges each request, lets trouble have its way, and routes.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	clean := path.Clean(slashes.ReplaceAllString(r.URL.Path, "/"))
	if strings.HasPrefix(clean, "/_sim") || clean == "/" {
		s.serveAdmin(w, r, clean)
		return
	}
	body, err := readBody(r)
	seen := s.remember(r, clean, body)
	out := &answer{ResponseWriter: w, seen: seen}
	defer func() { s.finish(seen, out.status) }()
	if strings.Contains(r.URL.RawQuery, "access_token=") || strings.Contains(r.URL.RawQuery, "!AQ") {
		s.violate("a token in the address of %s %s", r.Method, clean)
	}
	if err != nil {
		refuse(out, 400, "UNKNOWN_EXCEPTION", "The Content-Encoding of the message specifices GZIP, but the data is not in valid GZIP format")
		return
	}
	trouble := s.trouble(r.Method, clean)
	if trouble != nil && !trouble.After {
		s.suffer(out, trouble)
		return
	}
	if trouble != nil { // carried out, but never answered
		s.route(&answer{ResponseWriter: silence{}, seen: seen}, r, clean, body)
		s.suffer(out, trouble)
		return
	}
	s.route(out, r, clean, body)
}

// silence takes an answer that nobody hears.
type silence struct{}

func (silence) Header() http.Header         { return http.Header{} }
func (silence) Write(p []byte) (int, error) { return len(p), nil }
func (silence) WriteHeader(int)             {}

// answer remembers the status.
type answer struct {
	http.ResponseWriter
	seen   int
	status int
}

// WriteHeader keeps the status.
func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Write is 200 where nobody said otherwise.
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(p)
}

func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil || len(body) == 0 || !strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		return body, err
	}
	z, err := gzip.NewReader(strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

const keptRequests = 10_000

func (s *Server) remember(r *http.Request, clean string, body []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	a := Asked{Number: s.calls, At: s.now().UTC(), Method: r.Method, Path: clean, Query: r.URL.RawQuery, Size: len(body)}
	if !strings.HasSuffix(clean, "/token") {
		a.Body = string(body[:min(len(body), 64<<10)])
	}
	s.requests = append(s.requests, a)
	if len(s.requests) > keptRequests {
		s.requests = s.requests[len(s.requests)-keptRequests/2:]
	}
	return s.calls
}

func (s *Server) finish(number, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.requests) - 1; i >= 0; i-- {
		if s.requests[i].Number == number {
			s.requests[i].Status = status
			if s.options.Log != nil {
				a := s.requests[i]
				fmt.Fprintf(s.options.Log, "%s %d %s %s %d bytes -> %d\n", a.At.Format("15:04:05.000"), a.Number, a.Method, a.Path, a.Size, a.Status)
			}
			return
		}
	}
}

// Requests are what was asked so far.
func (s *Server) Requests() []Asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Asked{}, s.requests...)
}

// Violations are the broken promises so far.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.broken...)
}

func (s *Server) violate(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violated(format, args...)
}

func (s *Server) violated(format string, args ...any) {
	s.broken = append(s.broken, fmt.Sprintf(format, args...))
}

// Close keeps the org where that was asked for.
func (s *Server) Close() error {
	if s.options.Save == "" {
		return nil
	}
	f, err := os.CreateTemp(path.Dir(s.options.Save), ".org-*")
	if err != nil {
		return err
	}
	if err := s.Save(f); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), s.options.Save)
}

// route finds who answers.
func (s *Server) route(w http.ResponseWriter, r *http.Request, clean string, body []byte) {
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
	s.mu.Lock()
	used := s.calls
	s.mu.Unlock()
	w.Header().Set("Sforce-Limit-Info", fmt.Sprintf("api-usage=%d/%d", used, s.dailyCalls()))
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
