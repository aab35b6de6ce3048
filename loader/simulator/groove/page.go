package groove

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"rosterload/loader/simulator/org"
	"rosterload/loader/simulator/salesforce"
)

// Groove's users page: what its export shows, and what a person does there by hand.

// pageColumns are the export's, in the page's order. Source: Groove, "User Management (Users Page)".
var pageColumns = []string{
	"Name", "Email", "Salesforce ID", "Core License", "Flow License", "Dialer License", "SMS License", "Email Throttling", "Teams", "Role", "Flow Enabled",
	"Email/Calendar Sync", "Call Recording", "Status",
}

// byHand are the settings that only a person changes: the column, the user's field that keeps it here, and what it is at first.
var byHand = []struct{ column, field, first string }{
	{"Email Throttling", "groove_email_throttling", ""},
	{"Teams", "groove_teams", ""},
	{"Role", "groove_role", "Standard"},
	{"Flow Enabled", "groove_flow_enabled", "Yes"},
	{"Email/Calendar Sync", "groove_sync", "Yes"},
	{"Call Recording", "groove_call_recording", "Optional"},
}

// licenceColumns are the page's columns for licences.
var licenceColumns = map[string]string{"Core License": "core", "Flow License": "flow_unlimited", "Dialer License": "dialer", "SMS License": "sms"}

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
	for _, u := range s.org.People() {
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

// status is Deactivated for who is inactive or has no licence, and Invited until onboarding is done, which a pretend person does with a
// start of the org.
func (s *Server) status(u org.User) string {
	switch {
	case !u.Active, s.seats[u.ID] == "", s.faults.Switches.PackageStatus == "Expired":
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

// servePage is what only a pretend Groove has. It answers false for what is none of that.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request, clean string) bool {
	name, isUser := strings.CutPrefix(clean, "/_sim/groove/")
	switch {
	case clean == "/_sim/groove.csv":
		w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
		_ = s.Export(w)
	case clean == "/_sim/licences" && r.Method == http.MethodPost:
		var ask struct{ Licences *int }
		if json.NewDecoder(r.Body).Decode(&ask) != nil || ask.Licences == nil {
			http.Error(w, `expected {"licences": N}`, http.StatusBadRequest)
			return true
		}
		s.mu.Lock()
		s.options.Licences = ask.Licences
		s.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	case isUser && r.Method == http.MethodPost:
		if err := s.work(name, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return true
		}
		w.WriteHeader(http.StatusNoContent)
	case clean == "/":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.settle()
		s.Page(w, "Pretend Salesforce org with Groove", fmt.Sprintf("%d seats used of %d (-1: no limit)", len(s.seats), s.allowed()), pageColumns, slices.Values(s.rows()))
	default:
		return false
	}
	return true
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
		return fmt.Errorf("nobody is called %s", name)
	}
	s.imported[id] = true
	for column, value := range ask {
		if err := s.change(id, column, value); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) change(id, column, value string) error {
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
