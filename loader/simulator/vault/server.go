// Package vault is a pretend Veeva Vault CRM with Engage behind user__sys: sessions, VQL, object records, metadata. It follows the
// vendor's reference, not any client.
package vault

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"rosterload/loader/simulator"
	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

// Server is one pretend Vault.
type Server struct {
	*front.Front
	options  simulator.Options
	now      func() time.Time
	org      *org.Org
	mu       sync.Mutex
	faults   *Faults
	sessions map[string]*session
	logins   []time.Time
	minted   int
	ids      []string // user__sys ids, by place in the org
	places   map[string]int
	cursors  map[string]*cursor
	staged   map[string][]byte // files on file staging
	loads    map[string]*loadJob
	window   int // calls of this burst window
}

// session is one sign-in.
type session struct {
	calls int
	began time.Time
	last  time.Time
}

const (
	vaultID   = 19523
	vaultName = "Acme CRM (pretend)"
	adminID   = "61500"
	adminName = "admin@acme.example"
)

// New makes a pretend Vault and fills it.
func New(o simulator.Options) (*Server, error) {
	s := &Server{
		Front: front.New(o, func(path string) bool { return strings.HasSuffix(path, "/auth") }), options: o, now: o.Now, faults: &Faults{},
		sessions: map[string]*session{}, places: map[string]int{}, cursors: map[string]*cursor{}, staged: map[string][]byte{}, loads: map[string]*loadJob{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.org = org.New(org.Options{Groups: o.Groups, Licences: o.Licences, Delay: o.Delay, OneByOne: o.OneByOne, Now: s.now})
	if err := s.people(); err != nil || o.FaultsFile == "" {
		return s, err
	}
	data, err := os.ReadFile(o.FaultsFile)
	if err != nil {
		return nil, err
	}
	return s, s.SetFaults(data)
}

// ServeHTTP answers what is asked of a pretend org, and all else by its protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	clean := front.Clean(r.URL.Path)
	if strings.HasPrefix(clean, "/_sim") || clean == "/" {
		spell := func(st org.Status) string { return statusNames[st] }
		if !s.Admin(w, r, clean, s, s.SetFaults) && !s.EngageAdmin(w, r, clean, "Pretend Veeva Vault", s.org, spell) {
			http.NotFound(w, r)
		}
		return
	}
	for _, name := range []string{"X-VaultAPI-MigrationMode", "X-VaultAPI-NoTriggers"} {
		if v := r.Header.Get(name); v != "" && !strings.EqualFold(v, "false") {
			s.Violate("%s is sent: provisioning would not start", name)
		}
	}
	s.Serve(w, r, s)
}

// Close keeps the org where that was asked for.
func (s *Server) Close() error { return front.Keep(s.options.Save, s.Save) }

// EndSessions makes every session dead.
func (s *Server) EndSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions = map[string]*session{}
}

// Refuse answers with an envelope where the status is 200, as Vault does, and with a front end's page otherwise.
func (s *Server) Refuse(w http.ResponseWriter, status int, code, message string) {
	switch {
	case code == "INVALID_SESSION_ID":
		fail(w, code, message)
	case status != http.StatusOK:
		http.Error(w, message, status)
	case code == "EXCEPTION":
		envelope(w, "EXCEPTION", map[string]any{"errors": []trouble{{"UNEXPECTED_ERROR", message}}})
	default:
		fail(w, code, message)
	}
}

// trouble is one of an envelope's errors.
type trouble struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

func fail(w http.ResponseWriter, code, message string) {
	envelope(w, "FAILURE", map[string]any{"errors": []trouble{{code, message}}})
}

// envelope writes an answer. All that Vault decides itself is 200.
func envelope(w http.ResponseWriter, status string, members map[string]any) {
	if members == nil {
		members = map[string]any{}
	}
	members["responseStatus"] = status
	w.Header().Set("X-VaultAPI-Status", status)
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_ = json.NewEncoder(w).Encode(members)
}

var versioned = regexp.MustCompile(`^/api(?:/(v\d+\.\d+))?(?:/(.*))?$`)

// Route finds who answers.
func (s *Server) Route(w http.ResponseWriter, r *http.Request, clean string, body []byte) {
	m := versioned.FindStringSubmatch(clean)
	time.Sleep(s.headers(w))
	if strings.HasPrefix(clean, "/auth/") {
		s.serveLogin(w, r, clean)
		return
	}
	if m == nil || m[1] == "" && m[2] != "" {
		fail(w, "MALFORMED_URL", "The URL is malformed")
		return
	}
	version, rest := m[1], m[2]
	if rest == "auth" {
		s.serveAuth(w, r, body)
		return
	}
	if !s.admit(w, r, rest) {
		return
	}
	s.org.Lock()
	defer s.org.Unlock()
	s.org.Settle()
	if rest == "" {
		s.serveVersions(w, r)
		return
	}
	s.routeVersion(w, r, version, strings.Split(rest, "/"), body)
}

func (s *Server) routeVersion(w http.ResponseWriter, r *http.Request, version string, path []string, body []byte) {
	is := func(names ...string) bool {
		if len(path) < len(names) {
			return false
		}
		for i, n := range names {
			if path[i] != n {
				return false
			}
		}
		return true
	}
	switch {
	case is("keep-alive") && r.Method == http.MethodPost:
		envelope(w, "SUCCESS", nil)
	case is("session") && r.Method == http.MethodDelete:
		s.endSession(w, r)
	case is("query"):
		s.serveQuery(w, r, version, path[1:], body)
	case is("vobjects") && len(path) >= 2:
		s.serveRecords(w, r, path[1:], body)
	case is("metadata", "vobjects"):
		s.serveMetadata(w, path[2:])
	case is("objects", "picklists"):
		s.servePicklists(w, path[2:])
	case is("objects", "users"):
		s.serveUsers(w, r, path[2:])
	case is("objects", "licenses"):
		envelope(w, "SUCCESS", map[string]any{"doc_count": map[string]int{"licensed": 0, "used": 0}, "applications": []any{}})
	case is("services"):
		s.serveServices(w, r, path[1:], body)
	case is("limits"):
		envelope(w, "SUCCESS", map[string]any{"data": []map[string]any{{"name": "records_per_object", "remaining": 9999000, "max": 10000000}}})
	case is("keep-alive"), is("session"):
		fail(w, "METHOD_NOT_SUPPORTED", "The method "+r.Method+" is not supported here")
	default:
		fail(w, "MALFORMED_URL", "The URL is malformed")
	}
}

const newestVersion = "v26.2"

func (s *Server) serveVersions(w http.ResponseWriter, r *http.Request) {
	base := "http://"
	if r.TLS != nil {
		base = "https://"
	}
	base += r.Host + "/api/"
	values := map[string]string{}
	for year := 19; year <= 26; year++ {
		for n := 1; n <= 3 && fmt.Sprintf("v%d.%d", year, n) <= newestVersion; n++ {
			v := fmt.Sprintf("v%d.%d", year, n)
			values[v] = base + v
		}
	}
	w.Header().Set("X-VaultAPI-UserId", adminID)
	envelope(w, "SUCCESS", map[string]any{"values": values})
}
