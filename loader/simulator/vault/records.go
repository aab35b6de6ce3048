package vault

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"rosterload/loader/simulator/front"
)

const (
	mostRows  = 500 // of one call
	mostShown = 200 // of one list
)

func (s *Server) showRecords(w http.ResponseWriter, _ *http.Request) {
	var all []any
	for i := range min(s.org.Count(), mostShown) {
		all = append(all, s.record(i))
	}
	envelope(w, "SUCCESS", "responseDetails", front.NewObject("total", s.org.Count(), "limit", mostShown, "offset", 0),
		"data", all)
}

func (s *Server) showRecord(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	i, known := s.places[id]
	if !known {
		fail(w, "INVALID_DATA", "The resource ["+id+"] does not exist")
		return
	}
	about := front.NewObject("object", front.NewObject("name", "user__sys", "label", "User"))
	envelope(w, "SUCCESS", "responseDetails", about, "data", s.record(i))
}

func (s *Server) record(i int) *front.Object {
	rec := front.NewObject()
	for k := range fields {
		if f := &fields[k]; f.name != tokenName && s.fieldNamed(f.name) != nil {
			rec.Add(f.name, f.read(s, i))
		}
	}
	return rec
}

func (s *Server) refuseCreate(w http.ResponseWriter, _ *http.Request) {
	s.Violate("POST of user__sys: it could create a user")
	fail(w, "OPERATION_NOT_ALLOWED", "This pretend Vault makes no users")
}

func refuseDelete(w http.ResponseWriter, _ *http.Request) {
	fail(w, "OPERATION_NOT_ALLOWED", "Records of user__sys cannot be deleted")
}

// update changes records by id, each for itself; the answers stand in the order of the rows.
func (s *Server) update(w http.ResponseWriter, r *http.Request) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	rows, err := s.rowsOf(kind, r)
	if id := r.PathValue("id"); id != "" && len(rows) == 1 {
		rows[0]["id"] = &id
	}
	switch {
	case err != nil:
		fail(w, "INVALID_DATA", err.Error())
		return
	case s.refuseRows(w, rows):
		return
	}
	s.judge(rows)
	data := s.writeAll(r, rows, keyOf(r.URL.Query().Get("idParam")))
	switch {
	case kind == "application/x-www-form-urlencoded" && len(data) == 1:
		one := data[0].json()
		members := []any{"data", one.Get("data")}
		for _, why := range []string{"errors", "warnings"} {
			if is := one.Get(why); is != nil {
				members = append(members, why, is)
			}
		}
		envelope(w, data[0].status, members...)
	case strings.Contains(r.Header.Get("Accept"), "text/csv"):
		csvAnswer(w, data)
	default:
		replyRows(w, data)
	}
}

// keyOf is the field that finds the records of a call.
func keyOf(idParam string) string {
	if idParam == "" {
		return "id"
	}
	return idParam
}

// refuseRows answers a call that fails as a whole: without records, with too many, or with a field that is not there.
func (s *Server) refuseRows(w http.ResponseWriter, rows []row) bool {
	switch {
	case len(rows) == 0:
		fail(w, "INVALID_DATA", "The body has no records")
		return true
	case len(rows) > mostRows:
		fail(w, "INVALID_DATA", fmt.Sprintf("%d records; at most %d are possible", len(rows), mostRows))
		return true
	}
	for _, one := range rows {
		for name := range one {
			if s.fieldNamed(name) == nil {
				fail(w, "ATTRIBUTE_NOT_SUPPORTED", "The attribute ["+name+"] does not exist")
				return true
			}
		}
	}
	return false
}

// replyRows is a success although rows may have failed, and a warning where one row is.
func replyRows(w http.ResponseWriter, data []written) {
	status, answers := "SUCCESS", []any{}
	for _, a := range data {
		if a.status == "WARNING" {
			status = "WARNING"
		}
		answers = append(answers, a.json())
	}
	envelope(w, status, "data", answers)
}

// csvAnswer is for callers who ask for CSV; errors of the whole call stay JSON.
func csvAnswer(w http.ResponseWriter, data []written) {
	var text bytes.Buffer
	out := csv.NewWriter(&text)
	_ = out.Write([]string{"responseStatus", "id", "errors", "rowId"})
	for n, a := range data {
		id, why := "", ""
		if a.data != nil {
			id, _ = a.data.Get("id").(string)
		}
		if a.trouble != nil {
			why = a.trouble.Type + "|" + a.trouble.Message
		}
		_ = out.Write([]string{a.status, id, why, strconv.Itoa(n + 1)})
	}
	out.Flush()
	w.Header().Set("Content-Type", "text/csv;charset=UTF-8")
	_, _ = w.Write(text.Bytes())
}
