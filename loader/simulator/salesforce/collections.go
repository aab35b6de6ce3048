package salesforce

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"rosterload/loader/simulator/front"
)

// serveCollections updates up to 200 records, each for itself unless allOrNone is said.
func (s *Server) serveCollections(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		AllOrNone bool                         `json:"allOrNone"`
		Records   []map[string]json.RawMessage `json:"records"`
	}
	if err := json.Unmarshal(front.Body(r), &ask); err != nil {
		refuseData(w, 400, "JSON_PARSER_ERROR", err.Error(), nil)
		return
	}
	if len(ask.Records) > 200 {
		refuseData(w, 400, "EXCEEDED_ID_LIMIT",
			"record limit reached. cannot submit more than 200 records into this call", nil)
		return
	}
	s.judgeCollection(ask.Records)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.Lock()
	defer s.org.Unlock()
	s.org.Settle()
	reply(w, 200, s.saveRecords(ask.Records, ask.AllOrNone))
}

// saveRecords answers each record in its place. With allOrNone the first pass only looks.
func (s *Server) saveRecords(records []map[string]json.RawMessage, allOrNone bool) []*front.Object {
	answers := make([]*front.Object, len(records))
	bad := false
	for i, rec := range records {
		answers[i] = s.saveRecord(rec, allOrNone)
		bad = bad || answers[i].Get("success") == false
	}
	if !allOrNone {
		return answers
	}
	for i, rec := range records {
		switch {
		case !bad:
			answers[i] = s.saveRecord(rec, false)
		case answers[i].Get("success") == true:
			answers[i] = refused("ALL_OR_NONE_OPERATION_ROLLED_BACK",
				"Record rolled back because not all records were valid and the request was using AllOrNone header", nil)
		}
	}
	return answers
}

// saveRecord writes one record; a dry run only looks for the user.
func (s *Server) saveRecord(rec map[string]json.RawMessage, dry bool) *front.Object {
	var id string
	for name, raw := range rec {
		if strings.EqualFold(name, "id") {
			_ = json.Unmarshal(raw, &id)
		}
	}
	place, e := s.findID(id)
	if e != "" {
		code, rest, _ := strings.Cut(e, ":")
		return refused(code, strings.TrimSuffix(strings.TrimSuffix(rest, ":--"), ":Id --"), nil)
	}
	u := s.org.At(place)
	if t := s.rowTrouble(u.Username); t != nil {
		code, rest, _ := strings.Cut(t.Error, ":")
		return refused(code, strings.TrimSuffix(rest, ":--"), nil)
	}
	if code, message, name := s.save(place, cellsOf(rec), dry); code != "" {
		return refused(code, message, []string{name})
	}
	return front.NewObject("id", u.ID, "success", true, "errors", []any{})
}

// cellsOf are a record's fields in the order of their names, without those that say which record it is.
func cellsOf(rec map[string]json.RawMessage) []cell {
	var cells []cell
	for _, name := range slices.Sorted(maps.Keys(rec)) {
		if strings.EqualFold(name, "id") || name == "attributes" {
			continue
		}
		value, isNull := plain(rec[name])
		cells = append(cells, cell{name, value, isNull})
	}
	return cells
}

func plain(raw json.RawMessage) (value string, isNull bool) {
	if string(raw) == "null" {
		return "", true
	}
	if json.Unmarshal(raw, &value) != nil {
		value = string(raw)
	}
	return value, false
}

func refused(code, message string, names []string) *front.Object {
	if names == nil {
		names = []string{}
	}
	return front.NewObject("success", false, "errors",
		[]any{front.NewObject("statusCode", code, "message", message, "fields", names)})
}
