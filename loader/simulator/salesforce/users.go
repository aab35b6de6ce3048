package salesforce

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

// API names of the fields of User that this org has.
const (
	requestName = "Engage_Group_Request_vod__c"
	groupName   = "Engage_Group_vod__c"
	statusName  = "Engage_Group_Provisioning_Status_vod__c"
	hostName    = "Remote_Meeting_Host_Id_vod__c"
	tokenName   = "Remote_Meeting_Host_Token_vod__c"
)

var statusNames = map[org.Status]string{
	org.Blank: "", org.Sent: "Request_Sent_vod", org.NoLicences: "No_Licenses_Remaining_vod",
	org.InvalidGroup: "Invalid_Group_Name_vod",
	org.Failed:       "Request_Failed_vod", org.Success: "Success_vod", org.Retry: "Retry_Request_vod",
}

func statusOf(name string) (org.Status, bool) {
	for status, known := range statusNames {
		if known == name {
			return status, true
		}
	}
	return org.Blank, false
}

// field is one field of User: how it reads, and what describe says of it.
type field struct {
	name     string
	kind     string // describe's type
	length   int
	editable bool
	required bool
	read     func(u *org.User) any // string, bool or nil
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

var fields = []field{
	{"Id", "id", 18, false, true, func(u *org.User) any { return u.ID }},
	{"Username", "string", 80, true, true, func(u *org.User) any { return u.Username }},
	{"Name", "string", 121, false, true, func(u *org.User) any { return nameOf(u) }},
	{"LastName", "string", 80, true, true, func(u *org.User) any { return nameOf(u) }},
	{"FirstName", "string", 40, true, false, func(*org.User) any { return nil }},
	{"Email", "email", 128, true, true, func(u *org.User) any { return textOrNull(u.Email) }},
	{"Phone", "phone", 40, true, false, func(*org.User) any { return nil }},
	{"FederationIdentifier", "string", 512, true, false, func(u *org.User) any { return textOrNull(u.Federation) }},
	{"EmployeeNumber", "string", 20, true, false, func(u *org.User) any { return textOrNull(u.Employee) }},
	{"IsActive", "boolean", 0, true, true, func(u *org.User) any { return u.Active }},
	{"UserType", "picklist", 40, false, false, func(*org.User) any { return "Standard" }},
	{"ProfileId", "reference", 18, true, true, func(*org.User) any { return "00e5f000001AbcdAAC" }},
	{"CreatedDate", "datetime", 0, false, true, func(*org.User) any { return "2022-01-02T21:33:43.000+0000" }},
	{"LastModifiedDate", "datetime", 0, false, true, func(*org.User) any { return "2022-01-02T21:33:43.000+0000" }},
	{"SystemModstamp", "datetime", 0, false, true, func(*org.User) any { return "2022-01-02T21:33:43.000+0000" }},
	{requestName, "string", 255, true, false, func(u *org.User) any { return textOrNull(u.Request) }},
	{groupName, "string", 255, true, false, func(u *org.User) any { return textOrNull(u.Group) }},
	{statusName, "picklist", 255, true, false, func(u *org.User) any { return textOrNull(statusNames[u.Status]) }},
	{hostName, "string", 255, true, false, func(u *org.User) any { return textOrNull(u.HostID) }},
	{tokenName, "string", 255, true, false, func(u *org.User) any { return textOrNull(strings.Replace(u.HostID, "host", "token", 1)) }},
}

func nameOf(u *org.User) string {
	name, _, _ := strings.Cut(u.Username, "@")
	return name
}

// fieldNamed finds a field whatever the case of its name, unless a switch hides it from the caller.
func (s *Server) fieldNamed(name string) *field {
	if containsFold(s.switches().Hidden, name) {
		return nil
	}
	for i := range s.moreFields {
		if strings.EqualFold(s.moreFields[i].name, name) {
			return &s.moreFields[i]
		}
	}
	for i := range fields {
		if strings.EqualFold(fields[i].name, name) {
			return &fields[i]
		}
	}
	return nil
}

// allFields are those that every org has, and the further ones of this one.
func (s *Server) allFields() []field {
	if len(s.moreFields) == 0 {
		return fields
	}
	all := slices.Clone(s.moreFields)
	for _, f := range fields {
		if !slices.ContainsFunc(s.moreFields, func(m field) bool { return strings.EqualFold(m.name, f.name) }) {
			all = append(all, f)
		}
	}
	return all
}

func (s *Server) isEditable(f *field) bool {
	return f.editable && !containsFold(s.switches().ReadOnly, f.name)
}

var userHeader = []string{
	"Id", "Username", "Email", "FederationIdentifier", "EmployeeNumber", "IsActive", requestName,
	groupName, statusName,
}

// readUsers takes in a CSV whose headers are the fields' API names; unknown columns are skipped.
func (s *Server) readUsers(r io.Reader) error {
	return front.EachUser(r, func(get func(string) string) error {
		status, known := statusOf(get(statusName))
		if !known {
			return fmt.Errorf("%q is no provisioning status", get(statusName))
		}
		u := org.User{
			ID: get("Id"), Username: get("Username"), Email: get("Email"), Federation: get("FederationIdentifier"),
			Employee: get("EmployeeNumber"),
			Active:   !strings.EqualFold(get("IsActive"), "false"), Request: get(requestName), Group: get(groupName),
			Status: status,
		}
		if u.Username == "" && u.ID == s.admin || strings.EqualFold(u.Username, adminName) {
			return nil // the admin is there already
		}
		if err := s.org.Add(u); err != nil {
			return err
		}
		for name, values := range s.more {
			values[s.org.At(s.org.Count()-1).ID] = get(name)
		}
		return nil
	})
}

// Save writes the users as they are now.
func (s *Server) Save(w io.Writer) error {
	s.org.Lock()
	defer s.org.Unlock()
	s.org.Settle()
	out := csv.NewWriter(w)
	header := userHeader
	for _, f := range s.moreFields {
		header = append(header[:len(header):len(header)], f.name)
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for i := range s.org.Count() {
		u := s.org.At(i)
		if u.ID == s.admin {
			continue
		}
		row := []string{
			u.ID, u.Username, u.Email, u.Federation, u.Employee, strconv.FormatBool(u.Active), u.Request,
			u.Group, statusNames[u.Status],
		}
		for _, f := range s.moreFields {
			row = append(row, s.more[strings.ToLower(f.name)][u.ID])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
