// Package vault is a pretend Veeva Vault CRM with Engage behind user__sys: sessions, VQL, object records, metadata.
// It follows the vendor's reference, not any client.
package vault

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"rosterload/loader/simulator"
	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

// Server is one pretend Vault.
type Server struct {
	*front.Front[Faults]
	front.Engage
	options  simulator.Options
	now      func() time.Time
	id       int // of the Vault
	routes   front.Routes
	org      *org.Org
	mu       sync.Mutex
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
}

const (
	firstVault = 19523
	vaultName  = "Acme CRM (pretend)"
	adminID    = "61500"
	adminName  = "admin@acme.example"
)

// New makes a pretend Vault and fills it.
func New(o simulator.Options) (*Server, error) {
	s := &Server{
		options: o, now: o.Now, id: firstVault + int(o.Number()%900_000), sessions: map[string]*session{},
		places:  map[string]int{},
		cursors: map[string]*cursor{}, staged: map[string][]byte{}, loads: map[string]*loadJob{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.org = org.New(org.Options{
		Groups: o.Groups, Licences: o.Licences, Delay: o.Delay, OneByOne: o.OneByOne,
		Now: s.now,
	})
	s.Front, s.Engage = front.New[Faults](o, s, isSecret), front.NewEngage(s.org)
	s.AddPages(s.Pages)
	s.AddPage("Pretend Veeva Vault", func(c *front.Crowd) front.View {
		return s.View(c, func(st org.Status) string { return statusNames[st] })
	})
	s.addRoutes()
	if err := s.addUsers(); err != nil {
		return nil, err
	}
	return s, s.ReadFaults()
}

// isSecret tells of paths whose bodies hold credentials.
func isSecret(path string) bool {
	return strings.HasSuffix(path, "/auth") || strings.HasPrefix(path, "/auth/")
}

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
		envelope(w, "EXCEPTION", "errors", []trouble{{"UNEXPECTED_ERROR", message}})
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
	envelope(w, "FAILURE", "errors", []trouble{{code, message}})
}

// envelope writes an answer of names and values in turn. All that Vault decides itself is 200.
func envelope(w http.ResponseWriter, status string, members ...any) {
	w.Header().Set("X-VaultAPI-Status", status)
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_ = json.NewEncoder(w).Encode(front.NewObject("responseStatus", status).Add(members...))
}
