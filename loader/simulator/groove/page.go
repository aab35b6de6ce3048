package groove

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"rosterload/loader/page"
	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
	"rosterload/loader/simulator/salesforce"
)

// Groove's users page: what its export shows, and what an admin does there by hand.

// pageColumns are the export's, in the page's order. Source: Groove, "User Management (Users Page)".
var pageColumns = []string{
	"Name", "Email", "Salesforce ID", "Core License", "Flow License", "Dialer License", "SMS License",
	"Email Throttling",
	"Teams", "Role", "Flow Enabled",
	"Email/Calendar Sync", "Call Recording", "Status",
}

// byHand are the settings that an admin changes by hand: the column, the user's field that keeps it here, and its
// first value.
var byHand = []struct{ column, field, first string }{
	{"Email Throttling", "groove_email_throttling", ""},
	{"Teams", "groove_teams", ""},
	{"Role", "groove_role", "Standard"},
	{"Flow Enabled", "groove_flow_enabled", "Yes"},
	{"Email/Calendar Sync", "groove_sync", "Yes"},
	{"Call Recording", "groove_call_recording", "Optional"},
}

// licenceColumns are the page's columns for licences.
var licenceColumns = map[string]string{
	"Core License": "core", "Flow License": "flow_unlimited",
	"Dialer License": "dialer", "SMS License": "sms",
}

func settingFields() []salesforce.Field {
	var fields []salesforce.Field
	for _, s := range byHand {
		fields = append(fields, salesforce.Field{Name: s.field})
	}
	return fields
}

// rows are the page. The caller holds s.mu.
func (s *Server) rows() [][]string {
	var all [][]string
	settings := map[string]map[string]string{}
	for _, set := range byHand {
		settings[set.column] = s.org.Values(set.field)
	}
	for _, u := range s.org.AllUsers() {
		if !s.imported[u.ID] {
			continue
		}
		name, _, _ := strings.Cut(u.Username, "@")
		row := []string{name, u.Email, u.ID}
		for _, column := range pageColumns[3:7] {
			has := slices.Contains(strings.Split(s.holds[u.ID], ";"), licenceColumns[column])
			if column == "Core License" {
				has = s.seats[u.ID] != ""
			}
			row = append(row, yesNo(has))
		}
		for _, set := range byHand {
			value := settings[set.column][u.ID]
			if value == "" {
				value = set.first
			}
			row = append(row, value)
		}
		all = append(all, append(row, s.status(u)))
	}
	return all
}

func yesNo(has bool) string {
	if has {
		return "Yes"
	}
	return "No"
}

// status is Deactivated for users who are inactive or have no licence, and Invited until onboarding is done: here,
// until the org starts again.
func (s *Server) status(u org.User) string {
	switch {
	case !u.Active, s.seats[u.ID] == "", s.switches().PackageStatus == "Expired":
		return "Deactivated"
	case s.invited[u.ID]:
		return "Invited"
	}
	return "Active"
}

// Export is Groove's users page as its export writes it.
func (s *Server) Export(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	out := csv.NewWriter(w)
	return out.WriteAll(append([][]string{pageColumns}, s.rows()...))
}

// addPages adds what may be done with Groove below /_sim.
func (s *Server) addPages() {
	s.Pages.HandleFunc("GET /_sim/groove.csv", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
		_ = s.Export(w)
	})
	s.Pages.HandleFunc("POST /_sim/licences", front.TakeLicences(s.limit, s.buy))
	s.Pages.HandleFunc("POST /_sim/users/{username}", front.TakeMove(s.move))
	s.Pages.HandleFunc("POST /_sim/groove/{username}", func(w http.ResponseWriter, r *http.Request) {
		if err := s.work(r.PathValue("username"), r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	s.AddPage("Pretend Salesforce org with Groove", s.view)
}

func (s *Server) limit() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.allowed()
}

func (s *Server) buy(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.Licences = &n
}

// Sets of licences that an admin gives by hand on the page.
const (
	noLicence   = "none"
	coreLicence = "core"
)

// move gives a user a seat by hand, or takes it away.
func (s *Server) move(username, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, known := s.org.Users()[username]
	if !known {
		return fmt.Errorf("there is no user %s", username)
	}
	value := map[string]string{"": "No", noLicence: "No", coreLicence: "Yes"}[to]
	if value == "" {
		return fmt.Errorf("a user is moved to %s or %s", noLicence, coreLicence)
	}
	s.imported[id] = true
	if err := s.set(id, "Core License", value); err != nil {
		return err
	}
	s.line.Add(org.ByHand, s.now(), s.now())
	return nil
}

// view is what the page for people shows: every user of the org, and the licences of those in Groove.
func (s *Server) view(c *front.Crowd) front.View {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	for _, u := range s.org.AllUsers() {
		is, status := noLicence, "not in Groove"
		if s.seats[u.ID] != "" {
			is = coreLicence
		}
		if s.imported[u.ID] {
			status = s.status(u)
		}
		c.Add(u.Username, status, is, func() []string {
			return []string{
				s.holds[u.ID], yesNo(s.seats[u.ID] != ""),
				status,
			}
		})
	}
	return front.View{
		Unit: "seats", Used: len(s.seats), Of: s.allowed(), Head: []string{"licences", "seat", "status"},
		Choice: "seat",
		To:     []string{noLicence, coreLicence},
		Tone: func(status string) string {
			return map[string]string{"Active": "good", "Invited": "waiting", "Deactivated": "stopped"}[status]
		},
		Line: s.line.Stretches(), Links: []page.Link{{Name: "groove.csv", Path: "/_sim/groove.csv"}},
	}
}

// work does by hand what a line of a work order says: settings and licences by the page's columns.
func (s *Server) work(name string, body io.Reader) error {
	var ask map[string]string
	if err := json.NewDecoder(body).Decode(&ask); err != nil {
		return fmt.Errorf(`expected {"Role": "Admin", "Flow License": "Yes"}: %w`, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id, known := s.org.Users()[name]
	if !known {
		return fmt.Errorf("there is no user %s", name)
	}
	s.imported[id] = true
	for column, value := range ask {
		if err := s.set(id, column, value); err != nil {
			return err
		}
	}
	return nil
}

// set changes one column of a user's line.
func (s *Server) set(id, column, value string) error {
	if licence, is := licenceColumns[column]; is {
		s.holds[id] = changed(s.holds[id], licence, value == "Yes")
		switch {
		case licence != "core":
		case value != "Yes":
			delete(s.seats, id)
		case s.seats[id] == "" && s.free() <= 0:
			return fmt.Errorf("no seat is left")
		case s.seats[id] == "":
			s.give(id)
		}
		return nil
	}
	for _, set := range byHand {
		if set.column == column {
			s.org.Set(id, set.field, value)
			return nil
		}
	}
	return fmt.Errorf("the page has no column %q; there are: %s", column, strings.Join(pageColumns, ", "))
}

// changed is a set of licences with one more, or one less.
func changed(held, licence string, has bool) string {
	var set []string
	for _, l := range licences {
		in := slices.Contains(strings.Split(held, ";"), l)
		if l == licence {
			in = has
		}
		if in {
			set = append(set, l)
		}
	}
	return strings.Join(set, ";")
}
