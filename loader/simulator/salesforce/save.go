package salesforce

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"

	"rosterload/loader/simulator/org"
)

func (s *Server) writeRow(j *job, place int, rec []string) string {
	cells := make([]cell, 0, len(rec))
	for c, name := range j.header {
		switch {
		case strings.EqualFold(name, "Id") || strings.EqualFold(name, j.external) || rec[c] == "":
			// an empty cell leaves the field as it is
		case rec[c] == "#N/A":
			cells = append(cells, cell{name: name, isNull: true})
		default:
			cells = append(cells, cell{name: name, value: rec[c]})
		}
	}
	if code, message, name := s.save(place, cells, false); code != "" {
		return code + ":" + message + ":" + name + " --"
	}
	return ""
}

// cell is one field of one record, as it was sent.
type cell struct {
	name, value string
	isNull      bool
}

// save writes a record's fields all, or none when one of them is refused; it answers why, and which. A dry run only
// looks.
func (s *Server) save(place int, cells []cell, dry bool) (code, message, name string) {
	for _, c := range cells {
		if code, message := s.objection(c); code != "" {
			return code, message, c.name
		}
	}
	for _, c := range cells {
		if !dry {
			s.write(place, c)
		}
	}
	return "", "", ""
}

// objection says why a field cannot be given a value.
func (s *Server) objection(c cell) (code, message string) {
	f := s.fieldNamed(c.name)
	switch {
	case f == nil:
		return "INVALID_FIELD", "No such column '" + c.name + "' on sobject of type User"
	case !s.isEditable(f):
		return "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: " + c.name +
			". Please check the security settings of this field and verify that it is read/write for your profile or permission set."
	case f.length > 0 && utf8.RuneCountInString(c.value) > f.length:
		return "STRING_TOO_LONG", fmt.Sprintf("%s: data value too large: %s (max length=%d)", label(f.name), c.value,
			f.length)
	case f.required && c.isNull:
		return "REQUIRED_FIELD_MISSING", "Required fields are missing: [" + f.name + "]"
	}
	if rule := s.extra[strings.ToLower(c.name)].Rule; rule != nil {
		if code, message := rule(c.value); code != "" {
			return code, message
		}
	}
	status, known := statusOf(c.value)
	if f.name == statusName && s.switches().StrictStatus && status != org.Retry {
		return "FIELD_CUSTOM_VALIDATION_EXCEPTION", "The status is set by the system"
	}
	if f.name == statusName && !known {
		return "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
			label(f.name) + ": bad value for restricted picklist field: " + html.EscapeString(c.value)
	}
	return "", ""
}

// write puts a value that objection has let through into a field of a user.
func (s *Server) write(place int, c cell) {
	switch s.fieldNamed(c.name).name {
	case requestName:
		s.org.Write(place, c.value)
	case statusName:
		if status, _ := statusOf(c.value); status != org.Retry {
			s.org.At(place).Status = status // stored, and nothing is asked for
		} else {
			s.org.Again(place)
		}
	case "IsActive":
		s.org.At(place).Active = strings.EqualFold(c.value, "true") || c.value == "1"
	case "Email":
		s.org.At(place).Email = c.value
	default:
		if values := s.more[strings.ToLower(c.name)]; values != nil {
			values[s.org.At(place).ID] = c.value
			if written := s.extra[strings.ToLower(c.name)].Written; written != nil {
				written(s.org.At(place).ID, c.value)
			}
		}
	}
}

func label(name string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimSuffix(name, "__c"), "_vod"), "_", " ")
}
