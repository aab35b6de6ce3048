// Package salesforce is a pretend Salesforce org with Engage behind its User object: OAuth, queries, Bulk API 2.0,
// sObject collections, describe, limits. It follows the vendor's guides, not any client.
package salesforce

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"rosterload/loader/simulator"
	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

// Server is one pretend org.
type Server struct {
	*front.Front[Faults]
	front.Engage
	options simulator.Options
	id      string // of the org
	admin   string // id of the user who signs in
	routes  front.Routes
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
	random  *rand.Rand

	more       map[string]map[string]string // values of further fields, by field and user
	moreFields []field
	extra      map[string]Field // what else is known of them, by lower-case name
	elsewhere  bool             // another pretend org stands on this one, and judges what may be written
	tables     []Table
}

// New makes a pretend org and fills it.
func New(o simulator.Options) (*Server, error) { return NewWith(o, nil, nil) }

func empty(o simulator.Options) *Server {
	s := &Server{
		options: o, id: idOf(o), now: o.Now, jobs: map[string]*job{}, queries: map[string]*queryJob{},
		cursors: map[string]*cursor{},
		tokens:  map[string]bool{}, random: rand.New(rand.NewPCG(uint64(o.Seed), 7)),
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.org = org.New(org.Options{
		Groups: o.Groups, Licences: o.Licences, Delay: o.Delay, OneByOne: o.OneByOne,
		Now: s.now,
	})
	s.Front, s.Engage = front.New[Faults](o, s, Secret), front.NewEngage(s.org)
	s.AddPages(s.Pages)
	s.AddPage("Pretend Salesforce org", func(c *front.Crowd) front.View {
		return s.View(c, func(st org.Status) string { return statusNames[st] })
	})
	s.addRoutes()
	s.tables = s.licences()
	return s
}

// idOf is the id of the org at an address.
func idOf(o simulator.Options) string {
	n := o.Number()
	if n == 0 {
		const first = "00D5f000000SimO"
		return first + org.Suffix(first)
	}
	const places = 62 * 62 * 62 * 62 * 62 * 62 * 62 * 62
	return org.MakeID("00D", int(n%places))
}

// Secret tells of paths whose bodies hold credentials.
func Secret(path string) bool {
	return strings.HasPrefix(path, "/services/oauth2/") || strings.HasPrefix(path, "/services/Soap/")
}

// fill takes in the users and the faults file.
func (s *Server) fill() error {
	if err := s.addUsers(); err != nil {
		return err
	}
	return s.ReadFaults()
}

// addUsers takes in the admin who signs in, and the users of the options.
func (s *Server) addUsers() error {
	s.admin = org.MakeID("005", 61*62*62*62*62)
	if err := s.org.Add(org.User{
		ID: s.admin, Username: adminName, Email: "admin@mail.example",
		Active: true,
	}); err != nil {
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

// Refuse answers with an error in the array that all but OAuth use.
func (*Server) Refuse(w http.ResponseWriter, status int, code, message string) {
	refuse(w, status, code, message)
}

// refuse is an error of the routing or bulk layer, which names the code first.
func refuse(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, []any{front.NewObject("errorCode", code, "message", message)})
}

// refuseData is an error of the data layer, which names the message first. Fields may be nil: then there are none to
// name.
func refuseData(w http.ResponseWriter, status int, code, message string, fields []string) {
	reply(w, status, []any{front.NewObject("message", message, "errorCode", code).AddIf(fields != nil, "fields",
		fields)})
}

func notFound(w http.ResponseWriter) {
	refuse(w, 404, "NOT_FOUND", "The requested resource does not exist")
}

// stamp is how the org writes times.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000+0000") }
