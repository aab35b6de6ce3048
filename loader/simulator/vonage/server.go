// Package vonage is a pretend Vonage Contact Center: its User Admin API and token endpoint, and the Salesforce org in which its people
// live, on one address. It follows the vendor's pages, not any client.
package vonage

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"

	"rosterload/loader/simulator"
	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/salesforce"
)

// Server is one pretend account and its Salesforce org.
type Server struct {
	*front.Front
	options  simulator.Options
	org      *salesforce.Server
	mu       sync.Mutex
	accounts []*account
	tokens   map[string]int // calls left of each, -1: no end
	minted   int
	posted   int
	setup    *setup
	faults   *Faults
}

// Faults is trouble on demand, and answers to what the vendor's pages leave open.
type Faults struct {
	Calls    []*front.Call `yaml:"calls"`
	Switches Switches      `yaml:"switches"`
}

// Switches change how the account is.
type Switches struct {
	PageBase      int      `yaml:"page_base"`      // number of the first page of users: 0 or 1
	PostStatus    int      `yaml:"post_status"`    // of a create that succeeded, 201
	PostBody      string   `yaml:"post_body"`      // user (default), id, empty
	Licences      int      `yaml:"agent_licences"` // 0: no limit
	ReuseArchived bool     `yaml:"reuse_archived"` // an archived user's agent ID may be given again
	ErrorShape    string   `yaml:"error_shape"`    // message (default), status, error
	TokenCalls    int      `yaml:"token_calls"`    // a token is dead after so many calls
	NoGroups      bool     `yaml:"no_groups"`      // GET users/{id}/groups is not there
	SecondWriter  []string `yaml:"second_writer"`  // agent IDs that somebody else takes just before the first create
	Scope         string   `yaml:"scope"`          // what a token may do: users:read alone, for instance
}

// New makes a pretend account with a Salesforce org. Users are those of Salesforce; an account in VCC besides is asked for by the columns
// vcc_role, vcc_agent_id and vcc_active.
func New(o simulator.Options) (*Server, error) {
	s := &Server{Front: front.New(o, isSecret), options: o, tokens: map[string]int{}, faults: &Faults{}, setup: newSetup()}
	inner := o
	inner.FaultsFile, inner.Save = "", ""
	if o.Save != "" {
		if _, err := os.Stat(o.Save); err == nil {
			inner.Users, inner.UsersFrom = o.Save, nil
		}
	}
	var err error
	if s.org, err = salesforce.NewWith(inner, userFields, s.setup.tables()); err != nil {
		return nil, err
	}
	s.fillPeople(o.Count)
	s.addTemplates()
	users := s.org.Users()
	for _, username := range slices.Sorted(maps.Keys(users)) {
		s.addFrom(username, users[username])
	}
	slices.SortFunc(s.accounts, func(a, b *account) int { return strings.Compare(a.Username, b.Username) })
	if o.FaultsFile == "" {
		return s, nil
	}
	data, err := os.ReadFile(o.FaultsFile)
	if err != nil {
		return nil, err
	}
	return s, s.SetFaults(data)
}

func isSecret(path string) bool { return strings.HasSuffix(strings.ToLower(path), "/token") }

// SetFaults reads a faults file and puts it in force, also while the account runs.
func (s *Server) SetFaults(data []byte) error {
	f, err := front.ReadFaults[Faults](data)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.faults = f
	s.mu.Unlock()
	s.SetTrouble(f.Calls, data)
	return nil
}

// Org is the Salesforce side.
func (s *Server) Org() *salesforce.Server { return s.org }

// Violations are the promises broken on either side.
func (s *Server) Violations() []string {
	return append(s.Front.Violations(), s.org.Violations()...)
}

// Close keeps the users where that was asked for.
func (s *Server) Close() error { return front.Keep(s.options.Save, s.Save) }

// Save writes the Salesforce users, with what VCC has of each.
func (s *Server) Save(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	users := s.org.Users()
	for _, a := range s.accounts {
		if id, there := users[a.Username]; there {
			s.org.Set(id, roleColumn, a.Role)
			s.org.Set(id, idColumn, a.AgentID())
			s.org.Set(id, activeColumn, fmt.Sprint(a.Active))
		}
	}
	return s.org.Save(w)
}

// ServeHTTP lets Salesforce answer what is Salesforce's.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	clean := front.Clean(r.URL.Path)
	switch {
	case strings.HasPrefix(clean, "/services/") || strings.HasPrefix(clean, "/id/"):
		s.judgeSalesforce(r)
		s.org.ServeHTTP(w, r)
	case strings.HasPrefix(clean, "/_sim") || clean == "/":
		if !s.servePage(w, clean) && !s.Admin(w, r, clean, s, s.SetFaults) {
			http.NotFound(w, r)
		}
	default:
		s.Serve(w, r, s)
	}
}

// Refuse answers in one of the shapes that VCC's errors have been seen in.
func (s *Server) Refuse(w http.ResponseWriter, status int, _, message string) {
	switch s.faults.Switches.ErrorShape {
	case "status":
		reply(w, status, map[string]any{"statusCode": status, "error": http.StatusText(status), "message": message})
	case "error":
		reply(w, status, map[string]any{"error": map[string]any{"code": status, "message": message}})
	default:
		reply(w, status, map[string]any{"message": message})
	}
}

// EndSessions makes every token dead.
func (s *Server) EndSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = map[string]int{}
}

const mediaType = "application/vnd.newvoicemedia.v4+json"

// Route finds who answers.
func (s *Server) Route(w http.ResponseWriter, r *http.Request, clean string, body []byte) {
	if strings.EqualFold(clean, "/Auth/connect/token") {
		s.serveToken(w, body)
		return
	}
	rest, ok := strings.CutPrefix(clean, "/useradmin/users")
	if !ok {
		s.Refuse(w, http.StatusNotFound, "", "No HTTP resource was found that matches the request URI")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.signedIn(w, r) {
		return
	}
	switch accept := r.Header.Get("Accept"); {
	case !strings.Contains(accept, "application/vnd.newvoicemedia."):
		s.Refuse(w, http.StatusBadRequest, "", "The API version is missing from the Accept header")
		return
	case !strings.Contains(accept, mediaType):
		s.Refuse(w, http.StatusBadRequest, "", "Invalid api-version. Valid values: 4")
		return
	}
	path := strings.Split(strings.Trim(rest, "/"), "/")
	for i := range path {
		path[i], _ = url.PathUnescape(path[i])
	}
	s.routeUsers(w, r, path, body)
}

func (s *Server) serveToken(w http.ResponseWriter, body []byte) {
	form, _ := url.ParseQuery(string(body))
	no := func(code, description string) {
		reply(w, http.StatusBadRequest, map[string]string{"error": code, "error_description": description})
	}
	o := s.options
	switch {
	case form.Get("grant_type") != "client_credentials":
		no("unsupported_grant_type", "only client_credentials is supported")
		return
	case form.Get("client_id") == "", o.ClientID != "" && form.Get("client_id") != o.ClientID, o.ClientSecret != "" && form.Get("client_secret") != o.ClientSecret:
		no("invalid_client", "unknown client, or a wrong secret")
		return
	}
	for _, scope := range strings.Fields(form.Get("scope")) {
		if scope != "users:read" && scope != "users:write" {
			no("invalid_scope", "unknown scope "+scope)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.minted++
	token := fmt.Sprintf("vcc-token-%d", s.minted)
	if s.tokens[token] = -1; s.faults.Switches.TokenCalls > 0 {
		s.tokens[token] = s.faults.Switches.TokenCalls
	}
	reply(w, http.StatusOK, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 7200})
}

func (s *Server) signedIn(w http.ResponseWriter, r *http.Request) bool {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	left, known := s.tokens[token]
	if !known || left == 0 {
		s.Refuse(w, http.StatusUnauthorized, "", "Unauthorized")
		return false
	}
	if left > 0 {
		s.tokens[token]--
	}
	if s.faults.Switches.Scope == "users:read" && r.Method != http.MethodGet {
		s.Refuse(w, http.StatusForbidden, "", "The token lacks the scope users:write")
		return false
	}
	return true
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
