package salesforce

import (
	"encoding/json"
	"net/http"
	"strings"

	"rosterload/loader/simulator/front"
)

// serveByKey reads or changes the user that a field other than the id names. No user is ever made.
func (s *Server) serveByKey(w http.ResponseWriter, r *http.Request) {
	field, value := r.PathValue("field"), r.PathValue("value")
	switch {
	case r.PathValue("object") != "User":
		notFound(w)
		return
	case strings.EqualFold(field, "Id"):
		r.SetPathValue("id", value)
		s.serveRecord(w, r)
		return
	case !strings.EqualFold(field, "Username"):
		refuseData(w, 400, "INVALID_FIELD", "Provided external ID field does not exist or is not accessible: "+field,
			nil)
		return
	}
	s.org.Lock()
	place, known := s.org.ByUsername(value)
	if known {
		r.SetPathValue("id", s.org.At(place).ID)
	}
	s.org.Unlock()
	switch {
	case known:
		s.serveRecord(w, r)
	case r.Method == http.MethodPatch:
		s.Violate("PATCH by %s: it could create a user", field)
		refuseData(w, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: ["+strings.Join(required, ", ")+"]",
			required)
	default:
		notFound(w)
	}
}

// required are the fields without which no user can be made.
var required = []string{
	"LastName", "Email", "Alias", "TimeZoneSidKey", "LocaleSidKey", "EmailEncodingKey", "ProfileId",
	"LanguageLocaleKey",
}

// serveSeveral reads several users by id.
func (s *Server) serveSeveral(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("object") != "User" {
		notFound(w)
		return
	}
	ask := struct{ IDs, Fields []string }{namesIn(r, "ids"), namesIn(r, "fields")}
	if r.Method == http.MethodPost && json.Unmarshal(front.Body(r), &ask) != nil {
		refuseData(w, 400, "JSON_PARSER_ERROR", "the body holds no ids and fields", nil)
		return
	}
	if s.refuseFields(w, ask.Fields) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.Lock()
	defer s.org.Unlock()
	s.org.Settle()
	records := []any{}
	for _, id := range ask.IDs {
		place, why := s.findID(id)
		if why != "" {
			records = append(records, nil)
			continue
		}
		records = append(records, s.recordOf(place, objectBase(r), ask.Fields))
	}
	reply(w, 200, records)
}

// namesIn are the names of a list in the address.
func namesIn(r *http.Request, parameter string) []string {
	var names []string
	for _, name := range strings.Split(r.URL.Query().Get(parameter), ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// refuseFields answers a caller who asks for a field that is not there, or that may not be read.
func (s *Server) refuseFields(w http.ResponseWriter, names []string) bool {
	for _, name := range names {
		if s.fieldNamed(name) == nil {
			refuseData(w, 400, "INVALID_FIELD", "No such column '"+name+"' on sobject of type User", nil)
			return true
		}
	}
	return false
}

// recordOf is a user as JSON; no fields are all.
func (s *Server) recordOf(place int, base string, wanted []string) *front.Object {
	u := s.org.At(place)
	rec := front.NewObject("attributes", front.NewObject("type", "User", "url", base+"/"+u.ID))
	for _, f := range s.allFields() {
		asked := containsFold(wanted, f.name)
		if asked && f.name == tokenName {
			s.Violate("the host token of user %s is read", u.ID)
		}
		if asked || len(wanted) == 0 && f.name != tokenName && s.fieldNamed(f.name) != nil {
			rec.Add(f.name, f.read(u))
		}
	}
	return rec
}

// serveRecord reads or changes one user.
func (s *Server) serveRecord(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("object") != "User" {
		notFound(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.Lock()
	defer s.org.Unlock()
	s.org.Settle()
	place, why := s.findID(r.PathValue("id"))
	if why != "" {
		notFound(w)
		return
	}
	if r.Method == http.MethodPatch {
		s.changeRecord(w, r, place)
		return
	}
	wanted := namesIn(r, "fields")
	if !s.refuseFields(w, wanted) {
		reply(w, 200, s.recordOf(place, objectBase(r), wanted))
	}
}

func (s *Server) changeRecord(w http.ResponseWriter, r *http.Request, place int) {
	var rec map[string]json.RawMessage
	if err := json.Unmarshal(front.Body(r), &rec); err != nil {
		refuseData(w, 400, "JSON_PARSER_ERROR", err.Error(), nil)
		return
	}
	cells := cellsOf(rec)
	for _, c := range cells {
		s.judgeField("PATCH "+s.org.At(place).ID, c.name)
	}
	if code, message, name := s.save(place, cells, false); code != "" {
		refuseData(w, 400, code, message, []string{name})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func containsFold(list []string, name string) bool {
	for _, n := range list {
		if strings.EqualFold(strings.TrimSpace(n), name) {
			return true
		}
	}
	return false
}
