// Package groove is a pretend Groove in a pretend Salesforce org: the package's seats, the field that Groove reads,
// and a Groove that moves seats by it in its own time. It follows the vendors' pages, not any client.
package groove

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
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

const (
	fieldName = "Groove_Assigned_Licenses__c"
	namespace = "DaScoopComposer"
	packageID = "0505f0000000001AAA"
)

var licences = []string{"core", "flow_unlimited", "dialer", "sms", "conversation_intelligence"}

// Server is one org with Groove.
type Server struct {
	*front.Front[Faults]
	options  simulator.Options
	routes   front.Routes
	org      *salesforce.Server
	now      func() time.Time
	mu       sync.Mutex
	seats    map[string]string // id of the row, by user id
	made     int
	unread   []change
	holds    map[string]string // what Groove has given, by user id
	invited  map[string]bool   // users whose seat is new: the user has yet to finish onboarding
	line     org.Line
	imported map[string]bool // users that the users page shows: those who have, or had, a licence
}

// change is one of the field that Groove has not read yet.
type change struct {
	user, value string
	due         time.Time
}

// Faults is trouble on demand besides calls; FAULTS.md says what each does.
type Faults struct {
	Switches Switches `yaml:"switches"`
}

// Switches change how the org is.
type Switches struct {
	NoRule         bool   `yaml:"no_rule"`         // the field has no validation rule
	PackageStatus  string `yaml:"package_status"`  // Active, Trial, Expired
	NoPackage      bool   `yaml:"no_package"`      // it is not installed
	NoSeatRight    bool   `yaml:"no_seat_right"`   // the caller lacks Manage Package Licenses
	FullCode       string `yaml:"full_code"`       // error of a seat too many, LICENSE_LIMIT_EXCEEDED
	FollowInactive bool   `yaml:"follow_inactive"` // Groove reads the field of inactive users too
	DeafGroove     bool   `yaml:"deaf_groove"`     // Groove never reads the field
	NoField        bool   `yaml:"no_field"`        // users lack the field; decided when the org is made
}

// New makes an org with Groove. The licences of the options are the package's seats. A column groove_seat with yes
// gives a user a seat.
func New(o simulator.Options) (*Server, error) {
	s := &Server{
		options: o, now: o.Now, seats: map[string]string{}, holds: map[string]string{}, invited: map[string]bool{},
		imported: map[string]bool{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.Front = front.New[Faults](o, s, salesforce.Secret)
	s.addPages()
	s.addRoutes()
	if err := s.ReadFaults(); err != nil { // whether there is a field is decided now
		return nil, err
	}
	return s, s.fill()
}

// fill makes the Salesforce side, and gives the users their seats.
func (s *Server) fill() (err error) {
	inner := s.options
	inner.FaultsFile, inner.Save, inner.Licences = "", "", nil
	if s.options.Save != "" {
		if _, err := os.Stat(s.options.Save); err == nil {
			inner.Users, inner.UsersFrom = s.options.Save, nil
		}
	}
	fields := append(settingFields(), salesforce.Field{Name: seatColumn})
	withField := !s.switches().NoField
	if withField {
		fields = append(fields, salesforce.Field{
			Name: fieldName, Kind: "multipicklist", Length: 4099, Editable: true, Values: licences, Rule: s.rule,
			Written: s.written,
		})
	}
	if s.org, err = salesforce.NewWith(inner, fields, s.tables()); err != nil {
		return err
	}
	given := s.org.Values(seatColumn)
	for _, id := range slices.Sorted(maps.Keys(given)) {
		if given[id] == "yes" {
			s.give(id)
		}
	}
	if withField {
		maps.Copy(s.holds, s.org.Values(fieldName))
	}
	clear(s.invited)
	return nil
}

const seatColumn = "groove_seat"

// Enforce has nothing to do: the switches are read where they count.
func (s *Server) Enforce(*Faults) {}

func (s *Server) switches() *Switches { return &s.Faults().Switches }

// Org is the Salesforce side.
func (s *Server) Org() *salesforce.Server { return s.org }

// Violations are the promises broken on either side.
func (s *Server) Violations() []string { return append(s.Front.Violations(), s.org.Violations()...) }

// Save writes the users, with their seats.
func (s *Server) Save(w io.Writer) error {
	s.mu.Lock()
	for _, id := range s.org.Users() {
		value := ""
		if s.seats[id] != "" {
			value = "yes"
		}
		s.org.Set(id, seatColumn, value)
	}
	s.mu.Unlock()
	return s.org.Save(w)
}

// give makes a seat. The caller holds s.mu, or is alone.
func (s *Server) give(user string) string {
	s.made++
	s.seats[user], s.invited[user], s.imported[user] = org.MakeID("051", s.made), true, true
	return s.seats[user]
}

// rule is Groove_License_Must_Include_Core, as Groove's help has admins make it.
func (s *Server) rule(value string) (code, message string) {
	set := strings.Split(value, ";")
	for _, l := range set {
		if value != "" && !slices.Contains(licences, l) {
			return "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field: " + l
		}
	}
	if value == "" || slices.Contains(set, "core") {
		return "", ""
	}
	s.Violate("licences without core are asked for: %s", value)
	if s.switches().NoRule {
		return "", ""
	}
	return "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Groove License Must Include Core"
}

// written is told of a change of the field. It is called from inside a request that holds s.mu.
func (s *Server) written(user, value string) {
	due := s.now().Add(s.options.Delay)
	s.unread = append(s.unread, change{user, value, due})
	what := org.Upserts
	if value == "" {
		what = org.Removals
	}
	s.line.Add(what, s.now(), due)
}

// settle lets Groove read what is due. The caller holds s.mu.
func (s *Server) settle() {
	if s.switches().DeafGroove {
		return
	}
	active := s.org.Active()
	for len(s.unread) > 0 && !s.unread[0].due.After(s.now()) {
		w := s.unread[0]
		s.unread = s.unread[1:]
		if !active[w.user] && !s.switches().FollowInactive {
			continue
		}
		s.holds[w.user] = w.value
		switch wants := strings.Contains(w.value, "core"); {
		case wants && s.seats[w.user] == "" && s.free() > 0:
			s.give(w.user)
		case !wants:
			delete(s.seats, w.user)
		}
	}
}

func (s *Server) allowed() int {
	if s.options.Licences == nil {
		return -1
	}
	return *s.options.Licences
}

func (s *Server) free() int {
	if s.allowed() < 0 {
		return 1 << 30
	}
	return s.allowed() - len(s.seats)
}

// ServeHTTP lets Groove act, and answers.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.settle()
	s.mu.Unlock()
	s.Front.ServeHTTP(w, r)
}

// EndSessions makes every token dead.
func (s *Server) EndSessions() { s.org.EndSessions() }

// Refuse answers as Salesforce does.
func (s *Server) Refuse(w http.ResponseWriter, status int, code, message string) {
	s.org.Refuse(w, status, code, message)
}

// addRoutes takes what concerns seats, and leaves the rest to Salesforce.
func (s *Server) addRoutes() {
	s.routes.Handle("POST /services/data/{version}/composite/sobjects", s.insert)
	s.routes.Handle("DELETE /services/data/{version}/composite/sobjects", s.remove)
	s.routes.Handle("/", func(w http.ResponseWriter, r *http.Request) {
		s.judge(r)
		s.org.Route(w, r)
	})
}

// Route finds who answers.
func (s *Server) Route(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routes.ServeHTTP(w, r)
}

// judge looks at what is written: of a user one field, and a seat is never changed in place.
func (s *Server) judge(r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || salesforce.Secret(r.URL.Path) {
		return
	}
	var ask struct {
		Records []map[string]any `json:"records"`
	}
	if json.Unmarshal(front.Body(r), &ask) != nil || len(ask.Records) == 0 ||
		strings.Contains(r.URL.Path, "UserPackageLicense") {
		s.Violate("%s %s", r.Method, r.URL.Path)
	}
	for _, rec := range ask.Records {
		for name := range rec {
			if name != "attributes" && !strings.EqualFold(name, "id") && name != fieldName {
				s.Violate("%s of a user is written", name)
			}
		}
	}
}
