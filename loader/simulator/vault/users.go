package vault

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

// Names of the fields of user__sys that Engage adds.
const (
	requestName = "engage_group_request__v"
	groupName   = "engage_group__v"
	statusName  = "engage_group_provisioning_status__v"
	hostName    = "remote_meeting_host_id__v"
	tokenName   = "remote_meeting_host_token__v"
)

var statusNames = map[org.Status]string{
	org.Blank: "", org.Sent: "request_sent__v", org.NoLicences: "no_licenses_remaining__v",
	org.InvalidGroup: "invalid_group_name__v",
	org.Failed:       "request_failed__v", org.Success: "success__v", org.Retry: "retry_request__v",
}

func statusOf(name string) (org.Status, bool) {
	for status, known := range statusNames {
		if known == name {
			return status, true
		}
	}
	return org.Blank, false
}

// field is one field of user__sys. Read answers a text, a list for a picklist, or nil.
type field struct {
	name     string
	kind     string // metadata's type
	length   int
	editable bool
	unique   bool
	picklist string
	read     func(s *Server, place int) any
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func listOrNull(text string) any {
	if text == "" {
		return nil
	}
	return []string{text}
}

var fields = []field{
	{"id", "ID", 20, false, true, "", func(s *Server, i int) any { return s.ids[i] }},
	{"name__v", "String", 128, false, false, "", func(s *Server, i int) any { return nameOf(s.org.At(i)) }},
	{"username__sys", "String", 255, false, true, "", func(s *Server, i int) any { return s.org.At(i).Username }},
	{"email__sys", "String", 255, true, false, "", func(s *Server, i int) any { return orNull(s.org.At(i).Email) }},
	{"federated_id__sys", "String", 255, true, false, "", func(s *Server, i int) any { return orNull(s.org.At(i).Federation) }},
	{"first_name__sys", "String", 50, true, false, "", func(s *Server, i int) any { return nameOf(s.org.At(i)) }},
	{"last_name__sys", "String", 50, true, false, "", func(s *Server, i int) any { return nameOf(s.org.At(i)) }},
	{"security_profile__sys", "Object", 20, true, false, "", func(*Server, int) any { return "business_admin__v" }},
	{"license_type__sys", "Picklist", 0, true, false, "license_type__sys", func(*Server, int) any { return []string{"full__v"} }},
	{"status__v", "Picklist", 0, true, false, "user_status__v", func(s *Server, i int) any {
		if s.org.At(i).Active {
			return []string{"active__v"}
		}
		return []string{"inactive__v"}
	}},
	{requestName, "String", 255, true, false, "", func(s *Server, i int) any { return orNull(s.org.At(i).Request) }},
	{groupName, "String", 255, false, false, "", func(s *Server, i int) any { return orNull(s.org.At(i).Group) }},
	{statusName, "Picklist", 0, true, false, statusName, func(s *Server, i int) any { return listOrNull(statusNames[s.org.At(i).Status]) }},
	{hostName, "String", 255, false, false, "", func(s *Server, i int) any { return orNull(s.org.At(i).HostID) }},
	{tokenName, "String", 255, false, false, "", func(s *Server, i int) any {
		return orNull(strings.Replace(s.org.At(i).HostID, "host", "token", 1))
	}},
}

func nameOf(u *org.User) string {
	name, _, _ := strings.Cut(u.Username, "@")
	return name
}

// fieldNamed finds a field whatever the case of its name, unless a switch hides it.
func (s *Server) fieldNamed(name string) *field {
	for i := range fields {
		if strings.EqualFold(fields[i].name, name) && !slices.Contains(s.switches().Hidden, fields[i].name) {
			return &fields[i]
		}
	}
	return nil
}

// isEditable tells whether the caller may write a field. The real group, host id and token are written by the Engage
// server alone.
func (s *Server) isEditable(f *field) bool {
	return f.editable && !slices.Contains(s.switches().ReadOnly, f.name)
}

// addUsers takes in the admin who signs in, and the users of the options.
func (s *Server) addUsers() error {
	if err := s.add(adminID, org.User{
		ID: org.MakeID("005", 61*62*62*62*62), Username: adminName,
		Email: "admin@mail.example", Active: true,
	}); err != nil {
		return err
	}
	o := s.options
	if o.UsersFrom != nil || o.Users != "" || o.Save != "" {
		done, err := s.readFiles()
		if done || err != nil {
			return err
		}
	}
	first := "Alpha"
	if len(o.Groups) > 0 {
		first = o.Groups[0]
	}
	before := s.org.Count()
	if err := s.org.Fill(o.Count, first); err != nil {
		return err
	}
	for i := before; i < s.org.Count(); i++ {
		s.enter(strconv.Itoa(61500+i), i)
	}
	return nil
}

// readFiles reads the users of the options, or those that were kept; done tells whether there were any.
func (s *Server) readFiles() (done bool, err error) {
	users, file := s.options.UsersFrom, s.options.Users
	if s.options.Save != "" {
		if _, err := os.Stat(s.options.Save); err == nil {
			users, file = nil, s.options.Save
		}
	}
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return true, err
		}
		defer func() { _ = f.Close() }()
		users = f
	}
	if users == nil {
		return false, nil
	}
	return true, s.readUsers(users)
}

func (s *Server) add(id string, u org.User) error {
	if _, twice := s.places[id]; twice {
		return fmt.Errorf("id %s is there twice", id)
	}
	if err := s.org.Add(u); err != nil {
		return err
	}
	s.enter(id, s.org.Count()-1)
	return nil
}

func (s *Server) enter(id string, place int) {
	s.ids = append(s.ids, id)
	s.places[id] = place
}

var userHeader = []string{
	"id", "username__sys", "email__sys", "federated_id__sys", "status__v", requestName, groupName,
	statusName,
}

// readUsers takes in a CSV whose headers are the fields' names; unknown columns are skipped.
func (s *Server) readUsers(r io.Reader) error {
	return front.EachUser(r, func(get func(string) string) error {
		status, known := statusOf(get(statusName))
		if !known {
			return fmt.Errorf("%q is no provisioning status", get(statusName))
		}
		id := get("id")
		if id == "" {
			id = strconv.Itoa(61500 + s.org.Count())
		}
		if strings.EqualFold(get("username__sys"), adminName) {
			return nil // the admin is there already
		}
		u := org.User{
			Username: get("username__sys"), Email: get("email__sys"), Federation: get("federated_id__sys"),
			Active: !strings.HasPrefix(get("status__v"), "inactive"), Request: get(requestName), Group: get(groupName),
			Status: status,
		}
		return s.add(id, u)
	})
}

// Save writes the users as they are now.
func (s *Server) Save(w io.Writer) error {
	s.org.Lock()
	defer s.org.Unlock()
	s.org.Settle()
	out := csv.NewWriter(w)
	if err := out.Write(userHeader); err != nil {
		return err
	}
	for i := range s.org.Count() {
		u := s.org.At(i)
		if s.ids[i] == adminID {
			continue
		}
		status := "active__v"
		if !u.Active {
			status = "inactive__v"
		}
		if err := out.Write([]string{
			s.ids[i], u.Username, u.Email, u.Federation, status, u.Request, u.Group,
			statusNames[u.Status],
		}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
