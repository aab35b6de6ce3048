package vault

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

// written is what became of one row.
type written struct {
	status  string // SUCCESS, WARNING, FAILURE
	data    *front.Object
	trouble *trouble
}

// writeAll answers each row in its place.
func (s *Server) writeAll(r *http.Request, rows []row, key string) []written {
	var all []written
	seen := map[int]bool{}
	for _, one := range rows {
		i, known := s.locate(one, key)
		switch {
		case !known:
			all = append(all, written{
				"FAILURE", nil,
				&trouble{"INVALID_DATA", "The resource [" + valueOf(one[key]) + "] does not exist"},
			})
		case seen[i]:
			all = append(all, written{
				"FAILURE", s.named(r, i),
				&trouble{"INVALID_DATA", "The record is in this call twice"},
			})
		default:
			status, why := s.save(i, one)
			all = append(all, written{status, s.named(r, i), why})
		}
		seen[i] = seen[i] || known
	}
	return all
}

func (s *Server) named(r *http.Request, i int) *front.Object {
	return front.NewObject("id", s.ids[i], "url", "/api/"+r.PathValue("version")+"/vobjects/user__sys/"+s.ids[i])
}

// json is the answer to a row. A record that held all of it already is a warning.
func (a written) json() *front.Object {
	answer := front.NewObject("responseStatus", a.status)
	answer.AddIf(a.trouble != nil, "errors", []*trouble{a.trouble}).AddIf(a.data != nil, "data", a.data)
	const why = "NO_DATA_CHANGES"
	return answer.AddIf(a.status == "WARNING", "warnings", []any{
		front.NewObject("warning_type", why, "type", why, "message", "No changes in values - record not updated"),
	})
}

func valueOf(v *string) string {
	if v == nil {
		return ""
	}
	return *v
}

// locate finds the record of a row by its key.
func (s *Server) locate(one row, key string) (int, bool) {
	want := valueOf(one[key])
	if key == "id" {
		i, known := s.places[want]
		return i, known
	}
	for i := range s.org.Count() {
		if is, there := s.text(key, i); there && is == want {
			return i, true
		}
	}
	return 0, false
}

// save writes one record whole or not at all. A record that holds all of it already is left alone, and no trigger runs.
func (s *Server) save(i int, one row) (status string, why *trouble) {
	if t := s.rowTrouble(s.org.At(i).Username); t != nil {
		return "FAILURE", t
	}
	changed := false
	for name, value := range one {
		f := s.fieldNamed(name)
		if f.name == "id" {
			continue
		}
		if t := s.objection(f, value); t != nil {
			return "FAILURE", t
		}
		is, _ := s.text(name, i)
		changed = changed || is != valueOf(value)
	}
	if !changed {
		return "WARNING", nil
	}
	s.put(i, one)
	return "SUCCESS", nil
}

// objection says why a field cannot be given a value.
func (s *Server) objection(f *field, value *string) *trouble {
	sw := s.switches()
	length := f.length
	if f.name == requestName && sw.RequestLength > 0 {
		length = sw.RequestLength
	}
	switch {
	case !s.isEditable(f):
		return &trouble{"INSUFFICIENT_ACCESS", "User does not have edit permission on [" + f.name + "]"}
	case sw.NoBusinessAdmin && (f.name == requestName || f.name == statusName):
		return &trouble{"INSUFFICIENT_ACCESS", "Engage groups are assigned by active business admins"}
	case length > 0 && utf8.RuneCountInString(valueOf(value)) > length:
		return &trouble{"INVALID_DATA", fmt.Sprintf("The value of [%s] is longer than %d characters", f.name, length)}
	}
	if _, known := statusOf(valueOf(value)); f.name == statusName && !known {
		return &trouble{"INVALID_DATA", "[" + valueOf(value) + "] is not in the picklist of [" + f.name + "]"}
	}
	return nil
}

// put stores the values of a row. One that blanks the request and asks for a retry at once is the combination that
// the vendor forbids: the request is blank then, and has failed.
func (s *Server) put(i int, one row) {
	request, asks := one[requestName]
	status, sets := one[statusName]
	retry := sets && valueOf(status) == statusNames[org.Retry]
	forbidden := asks && valueOf(request) == "" && retry && s.org.At(i).Request != ""
	if asks {
		s.org.Write(i, valueOf(request))
	}
	switch {
	case forbidden:
		s.org.Refuse(i)
	case retry:
		s.org.Again(i)
	case sets:
		s.org.At(i).Status, _ = statusOf(valueOf(status))
	}
	if email, there := one["email__sys"]; there {
		s.org.At(i).Email = valueOf(email)
	}
	if state, there := one["status__v"]; there {
		s.org.At(i).Active = !strings.HasPrefix(valueOf(state), "inactive")
	}
}
