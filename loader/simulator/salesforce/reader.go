package salesforce

import (
	"fmt"
	"strings"

	"rosterload/loader/simulator/org"
)

// unknown is how the org speaks of a column it does not have, or does not show.
func unknown(text, name, object string) *soqlError {
	at := max(0, strings.Index(text, name))
	return &soqlError{"INVALID_FIELD", fmt.Sprintf("\n%s\n%s^\nERROR at Row:1:Column:%d\nNo such column '%s' on entity '%s'. "+
		"If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. "+
		"Please reference your WSDL or the describe call for the appropriate names.", text, strings.Repeat(" ", at), at+
		1, name, object)}
}

// reader makes functions that read a user's fields by name, as the switches stand now.
func (s *Server) reader() func(u *org.User, name string) any {
	visible := map[string]*field{}
	for _, every := range s.allFields() {
		if f := s.fieldNamed(every.name); f != nil {
			visible[strings.ToLower(f.name)] = f
		}
	}
	known := map[string]func(*org.User) any{}
	return func(u *org.User, name string) any {
		read := known[name]
		if read == nil {
			read = func(*org.User) any { return nil }
			switch lower := strings.ToLower(name); {
			case visible[lower] != nil:
				read = visible[lower].read
			case lower == "profile.name":
				read = func(*org.User) any { return profileName }
			case lower == "profile.id":
				read = func(*org.User) any { return profileID }
			}
			known[name] = read
		}
		return read(u)
	}
}
