// Package groove is a pretend Groove in a pretend Salesforce org: the package's seats, the field that Groove reads, and a Groove that moves
// seats by it in its own time. It follows the vendors' pages, not any client.
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
	*front.Front
	options  simulator.Options
	org      *salesforce.Server
	now      func() time.Time
	mu       sync.Mutex
	faults   *Faults
	seats    map[string]string // id of the row, by user id
	made     int
	wishes   []wish
	holds    map[string]string // what Groove has given, by user id
	invited  map[string]bool   // whose seat is new: onboarding is the person's own
	imported map[string]bool   // whom the users page shows: who has, or had, a licence
}

// wish is a change of the field that Groove has not read yet.
type wish struct {
	user, value string
	due         time.Time
}

// Faults is trouble on demand.
type Faults struct {
	Calls    []*front.Call `yaml:"calls"`
	Switches Switches      `yaml:"switches"`
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

// New makes an org with Groove. The licences of the options are the package's seats. A column groove_seat with yes gives a user a seat.
func New(o simulator.Options) (*Server, error) {
	s := &Server{Front: front.New(o, func(string) bool { return false }), options: o, now: o.Now, faults: &Faults{}, seats: map[string]string{}, holds: map[string]string{}, invited: map[string]bool{}, imported: map[string]bool{}}
	if s.now == nil {
		s.now = time.Now
	}
	if o.FaultsFile != "" {
		data, err := os.ReadFile(o.FaultsFile)
		if err == nil {
			err = s.SetFaults(data)
		}
		if err != nil {
			return nil, err
		}
	}
	withField := !s.faults.Switches.NoField
	inner := o
	inner.FaultsFile, inner.Save, inner.Licences = "", "", nil
	if o.Save != "" {
		if _, err := os.Stat(o.Save); err == nil {
			inner.Users, inner.UsersFrom = o.Save, nil
		}
	}
	fields := append(settingFields(), salesforce.Field{Name: seatColumn})
	if withField {
		fields = append(fields, salesforce.Field{Name: fieldName, Kind: "multipicklist", Length: 4099, Editable: true, Values: licences, Rule: s.rule, Written: s.written})
	}
	var err error
	if s.org, err = salesforce.NewWith(inner, fields, s.tables()); err != nil {
		return nil, err
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
	return s, nil
}

const seatColumn = "groove_seat"

// SetFaults reads a faults file and puts it in force.
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
func (s *Server) Violations() []string { return append(s.Front.Violations(), s.org.Violations()...) }

// Close keeps the users where that was asked for.
func (s *Server) Close() error { return front.Keep(s.options.Save, s.Save) }

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
	if s.faults.Switches.NoRule {
		return "", ""
	}
	return "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Groove License Must Include Core"
}

// written is told of a change of the field. It is called from inside a request that holds s.mu.
func (s *Server) written(user, value string) {
	s.wishes = append(s.wishes, wish{user, value, s.now().Add(s.options.Delay)})
}

// settle lets Groove read what is due. The caller holds s.mu.
func (s *Server) settle() {
	if s.faults.Switches.DeafGroove {
		return
	}
	active := s.org.Active()
	for len(s.wishes) > 0 && !s.wishes[0].due.After(s.now()) {
		w := s.wishes[0]
		s.wishes = s.wishes[1:]
		if !active[w.user] && !s.faults.Switches.FollowInactive {
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
	clean := front.Clean(r.URL.Path)
	s.mu.Lock()
	s.settle()
	s.mu.Unlock()
	switch {
	case strings.HasPrefix(clean, "/_sim") || clean == "/":
		if !s.servePage(w, r, clean) && !s.Admin(w, r, clean, s, s.SetFaults) {
			http.NotFound(w, r)
		}
	default:
		s.Serve(w, r, s)
	}
}

// EndSessions makes every token dead.
func (s *Server) EndSessions() { s.org.EndSessions() }

// Refuse answers as Salesforce does.
func (s *Server) Refuse(w http.ResponseWriter, status int, code, message string) {
	s.org.Refuse(w, status, code, message)
}

// Route answers what concerns seats, and leaves the rest to Salesforce.
func (s *Server) Route(w http.ResponseWriter, r *http.Request, clean string, body []byte) {
	seats := strings.HasSuffix(clean, "/composite/sobjects") && r.Method != http.MethodPatch
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case seats && r.Method == http.MethodPost:
		s.insert(w, body)
	case seats && r.Method == http.MethodDelete:
		s.remove(w, strings.Split(r.URL.Query().Get("ids"), ","))
	default:
		s.judge(r, clean, body)
		s.org.Route(w, r, clean, body)
	}
}

// judge: of a user one field may be written, and a seat is never changed in place.
func (s *Server) judge(r *http.Request, clean string, body []byte) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || strings.HasSuffix(clean, "/token") {
		return
	}
	var ask struct {
		Records []map[string]any `json:"records"`
	}
	if json.Unmarshal(body, &ask) != nil || len(ask.Records) == 0 || strings.Contains(clean, "UserPackageLicense") {
		s.Violate("%s %s", r.Method, clean)
	}
	for _, rec := range ask.Records {
		for name := range rec {
			if name != "attributes" && !strings.EqualFold(name, "id") && name != fieldName {
				s.Violate("%s of a user is written", name)
			}
		}
	}
}
