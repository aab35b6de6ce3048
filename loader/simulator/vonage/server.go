// Package vonage is a pretend Vonage Contact Center: its User Admin API and token endpoint, and the Salesforce org in
// which its users live, on one address. It follows the vendor's pages, not any client.
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
	"time"

	"rosterload/loader/simulator"
	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
	"rosterload/loader/simulator/salesforce"
)

// Server is one pretend account and its Salesforce org.
type Server struct {
	*front.Front[Faults]
	options  simulator.Options
	routes   front.Routes
	org      *salesforce.Server
	mu       sync.Mutex
	accounts []*account
	tokens   map[string]int // calls left of each, -1: no end
	minted   int
	posted   int
	setup    *setup
	line     org.Line
	bought   *int // agent licences; nil: none were bought by hand
	now      func() time.Time
}

// Faults is trouble on demand besides calls, and answers to what the vendor's pages leave open; FAULTS.md says what
// each does.
type Faults struct {
	Switches Switches `yaml:"switches"`
}

// Switches change how the account is.
type Switches struct {
	PageSize      int      `yaml:"page_size"`      // users of a page at most, whatever is asked for
	PageBase      int      `yaml:"page_base"`      // number of the first page of users: 0 or 1
	PostStatus    int      `yaml:"post_status"`    // of a create that succeeded, 201
	PostBody      string   `yaml:"post_body"`      // user (default), id, empty
	Licences      int      `yaml:"agent_licences"` // 0: no limit
	ReuseArchived bool     `yaml:"reuse_archived"` // an archived user's agent ID may be given again
	ErrorShape    string   `yaml:"error_shape"`    // message (default), status, error
	TokenCalls    int      `yaml:"token_calls"`    // a token is dead after this many calls
	NoGroups      bool     `yaml:"no_groups"`      // GET users/{id}/groups is not there
	SecondWriter  []string `yaml:"second_writer"`  // agent IDs that another program takes just before the first create
	Scope         string   `yaml:"scope"`          // what a token may do: users:read alone, for instance
}

// New makes a pretend account with a Salesforce org. Users are those of Salesforce; an account in VCC besides is
// asked for by the columns vcc_role, vcc_agent_id and vcc_active.
func New(o simulator.Options) (*Server, error) {
	s := &Server{options: o, tokens: map[string]int{}, setup: newSetup(), now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	s.Front = front.New[Faults](o, s, isSecret)
	s.addPages()
	s.addRoutes()
	inner := o
	inner.FaultsFile, inner.Save, inner.Licences = "", "", nil
	if o.Save != "" {
		if _, err := os.Stat(o.Save); err == nil {
			inner.Users, inner.UsersFrom = o.Save, nil
		}
	}
	var err error
	if s.org, err = salesforce.NewWith(inner, userFields, s.setup.tables()); err != nil {
		return nil, err
	}
	s.fillUsers(o.Count)
	s.addTemplates()
	users := s.org.Users()
	for _, username := range slices.Sorted(maps.Keys(users)) {
		s.addFrom(username, users[username])
	}
	slices.SortFunc(s.accounts, func(a, b *account) int { return strings.Compare(a.Username, b.Username) })
	return s, s.ReadFaults()
}

// isSecret tells of paths whose bodies hold credentials.
func isSecret(path string) bool { return strings.HasSuffix(strings.ToLower(path), "/token") }

// Enforce has nothing to do: the switches are read where they count.
func (s *Server) Enforce(*Faults) {}

func (s *Server) switches() *Switches { return &s.Faults().Switches }

// Org is the Salesforce side.
func (s *Server) Org() *salesforce.Server { return s.org }

// Violations are the promises broken on either side.
func (s *Server) Violations() []string {
	return append(s.Front.Violations(), s.org.Violations()...)
}

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
	if clean := front.Clean(r.URL.Path); strings.HasPrefix(clean, "/services/") || strings.HasPrefix(clean, "/id/") {
		s.judgeSalesforce(r)
		s.org.ServeHTTP(w, r)
		return
	}
	s.Front.ServeHTTP(w, r)
}

// Refuse answers in one of the shapes that VCC's errors have been seen in.
func (s *Server) Refuse(w http.ResponseWriter, status int, _, message string) {
	switch s.switches().ErrorShape {
	case "status":
		reply(w, status, front.NewObject("statusCode", status, "error", http.StatusText(status), "message", message))
	case "error":
		reply(w, status, front.NewObject("error", front.NewObject("code", status, "message", message)))
	default:
		reply(w, status, front.NewObject("message", message))
	}
}

// EndSessions makes every token dead.
func (s *Server) EndSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = map[string]int{}
}

const mediaType = "application/vnd.newvoicemedia.v4+json"

// addRoutes says who answers what.
func (s *Server) addRoutes() {
	s.routes.NotFound = func(w http.ResponseWriter, _ *http.Request) {
		s.Refuse(w, http.StatusNotFound, "", "No HTTP resource was found that matches the request URI")
	}
	s.routes.WrongMethod = func(w http.ResponseWriter, r *http.Request, _ string) {
		s.Refuse(w, http.StatusMethodNotAllowed, "",
			"The requested resource does not support http method '"+r.Method+"'.")
	}
	s.routes.Handle("POST "+tokenPath, s.serveToken)
	for pattern, serve := range map[string]http.HandlerFunc{
		"GET ":                       s.listUsers,
		"POST ":                      s.createUser,
		"GET /by/username/{name}":    func(w http.ResponseWriter, r *http.Request) { s.show(w, s.named(r.PathValue("name"))) },
		"GET /by/agentDisplayId/{n}": func(w http.ResponseWriter, r *http.Request) { s.show(w, s.holding(r.PathValue("n"))) },
		"GET /{id}": s.ofUser(func(w http.ResponseWriter, _ *http.Request, a *account) {
			s.show(w,
				a)
		}),
		"PATCH /{id}":  s.ofUser(s.changeUser),
		"DELETE /{id}": s.refuseDelete,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		s.routes.Handle(method+" /useradmin/users"+path, serve)
	}
	for _, l := range lists {
		path := " /useradmin/users/{id}/" + l.path
		s.routes.Handle("GET"+path, s.ofUser(s.showList(l)))
		s.routes.Handle(l.method+path, s.ofUser(s.replaceList(l)))
	}
}

const tokenPath = "/Auth/connect/token"

// Route lets a caller in, and finds who answers.
func (s *Server) Route(w http.ResponseWriter, r *http.Request) {
	if isSecret(r.URL.Path) {
		r = r.Clone(r.Context())
		if strings.EqualFold(r.URL.Path, tokenPath) {
			r.URL.Path, r.URL.RawPath = tokenPath, "" // callers spell it in several cases
		}
		s.routes.ServeHTTP(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.signedIn(w, r) && s.knowsVersion(w, r) {
		s.routes.ServeHTTP(w, r)
	}
}

// knowsVersion answers a caller whose Accept header does not name the one version there is.
func (s *Server) knowsVersion(w http.ResponseWriter, r *http.Request) bool {
	switch accept := r.Header.Get("Accept"); {
	case strings.Contains(accept, mediaType):
		return true
	case !strings.Contains(accept, "application/vnd.newvoicemedia."):
		s.Refuse(w, http.StatusBadRequest, "", "The API version is missing from the Accept header")
	default:
		s.Refuse(w, http.StatusBadRequest, "", "Invalid api-version. Valid values: 4")
	}
	return false
}

// refuseToken says why a caller gets no token.
func (s *Server) refuseToken(form url.Values) (code, description string) {
	o := s.options
	switch {
	case form.Get("grant_type") != "client_credentials":
		return "unsupported_grant_type", "only client_credentials is supported"
	case form.Get("client_id") == "", o.ClientID != "" && form.Get("client_id") != o.ClientID,
		o.ClientSecret != "" && form.Get("client_secret") != o.ClientSecret:
		return "invalid_client", "unknown client, or a wrong secret"
	}
	for _, scope := range strings.Fields(form.Get("scope")) {
		if scope != "users:read" && scope != "users:write" {
			return "invalid_scope", "unknown scope " + scope
		}
	}
	return "", ""
}

func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	form, _ := url.ParseQuery(string(front.Body(r)))
	if code, description := s.refuseToken(form); code != "" {
		reply(w, http.StatusBadRequest, front.NewObject("error", code, "error_description", description))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.minted++
	token := fmt.Sprintf("vcc-token-%d", s.minted)
	if s.tokens[token] = -1; s.switches().TokenCalls > 0 {
		s.tokens[token] = s.switches().TokenCalls
	}
	s.Hide(token)
	reply(w, http.StatusOK, front.NewObject("access_token", token, "token_type", "Bearer", "expires_in", 7200))
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
	if s.switches().Scope == "users:read" && r.Method != http.MethodGet {
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
