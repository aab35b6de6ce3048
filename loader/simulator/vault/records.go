package vault

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"rosterload/loader/simulator/org"
)

const mostRows = 500

// row is what a caller sends of one record: values by field, nil for null; a field that is not there is left alone.
type row map[string]*string

// serveRecords answers vobjects/user__sys and what is below.
func (s *Server) serveRecords(w http.ResponseWriter, r *http.Request, path []string, body []byte) {
	switch {
	case path[0] != "user__sys":
		fail(w, "INVALID_DATA", "The object ["+path[0]+"] does not exist")
	case r.Method == http.MethodGet:
		s.showRecords(w, path[1:])
	case r.Method == http.MethodDelete:
		fail(w, "OPERATION_NOT_ALLOWED", "Records of user__sys cannot be deleted")
	case r.Method == http.MethodPost:
		s.Violate("POST of user__sys: it could create a user")
		fail(w, "OPERATION_NOT_ALLOWED", "This pretend Vault makes no users")
	case r.Method != http.MethodPut:
		fail(w, "METHOD_NOT_SUPPORTED", "The method "+r.Method+" is not supported here")
	default:
		s.update(w, r, path[1:], body)
	}
}

func (s *Server) showRecords(w http.ResponseWriter, path []string) {
	if len(path) == 0 {
		var all []map[string]any
		for i := range min(s.org.Count(), 200) {
			all = append(all, s.record(i))
		}
		envelope(w, "SUCCESS", map[string]any{"responseDetails": map[string]any{"total": s.org.Count(), "limit": 200, "offset": 0}, "data": all})
		return
	}
	i, known := s.places[path[0]]
	if !known {
		fail(w, "INVALID_DATA", "The resource ["+path[0]+"] does not exist")
		return
	}
	envelope(w, "SUCCESS", map[string]any{"responseDetails": map[string]any{"object": map[string]string{"name": "user__sys", "label": "User"}}, "data": s.record(i)})
}

func (s *Server) record(i int) map[string]any {
	rec := map[string]any{}
	for k := range fields {
		if f := &fields[k]; f.name != tokenName && s.fieldNamed(f.name) != nil {
			rec[f.name] = f.read(s, i)
		}
	}
	return rec
}

// update changes records by id, each for itself; the answers stand in the order of the rows.
func (s *Server) update(w http.ResponseWriter, r *http.Request, path []string, body []byte) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	rows, err := s.rowsOf(kind, r, body)
	switch {
	case err != nil:
		fail(w, "INVALID_DATA", err.Error())
		return
	case len(rows) > mostRows:
		fail(w, "INVALID_DATA", fmt.Sprintf("%d records; at most %d are possible", len(rows), mostRows))
		return
	}
	single := kind == "application/x-www-form-urlencoded"
	if len(path) > 0 && len(rows) == 1 {
		rows[0]["id"] = &path[0]
	}
	for _, one := range rows {
		for name := range one {
			if s.fieldNamed(name) == nil {
				fail(w, "ATTRIBUTE_NOT_SUPPORTED", "The attribute ["+name+"] does not exist")
				return
			}
		}
	}
	s.judge(rows)
	key := r.URL.Query().Get("idParam")
	if key == "" {
		key = "id"
	}
	status, data := s.writeAll(rows, key)
	switch {
	case single && len(data) == 1:
		envelope(w, status, map[string]any{"data": data[0]["data"], "errors": data[0]["errors"], "warnings": data[0]["warnings"]})
	case strings.Contains(r.Header.Get("Accept"), "text/csv"):
		csvAnswer(w, data)
	default:
		envelope(w, status, map[string]any{"data": data})
	}
}

// writeAll answers each row in its place, and the call as a whole.
func (s *Server) writeAll(rows []row, key string) (string, []map[string]any) {
	status, data, seen := "SUCCESS", []map[string]any{}, map[int]bool{}
	for _, one := range rows {
		i, known := s.locate(one, key)
		var answer map[string]any
		switch {
		case !known:
			answer = refused(nil, "INVALID_DATA", "The resource ["+valueOf(one[key])+"] does not exist")
		case seen[i]:
			answer = refused(s.named(i), "INVALID_DATA", "The record is in this call twice")
		default:
			answer = s.save(i, one)
		}
		seen[i] = seen[i] || known
		if answer["responseStatus"] == "WARNING" {
			status = "WARNING"
		}
		data = append(data, answer)
	}
	return status, data
}

func valueOf(v *string) string {
	if v == nil {
		return ""
	}
	return *v
}

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

func (s *Server) named(i int) map[string]any {
	return map[string]any{"id": s.ids[i], "url": "/api/v26.2/vobjects/user__sys/" + s.ids[i]}
}

func refused(data map[string]any, code, message string) map[string]any {
	a := map[string]any{"responseStatus": "FAILURE", "errors": []trouble{{code, message}}}
	if data != nil {
		a["data"] = data
	}
	return a
}

// save writes one record whole or not at all. A record that holds all of it already is left alone, and no trigger runs.
func (s *Server) save(i int, one row) map[string]any {
	u := s.org.At(i)
	if t := s.rowTrouble(u.Username); t != nil {
		return refused(s.named(i), t.Type, t.Message)
	}
	changed := false
	for name, value := range one {
		f := s.fieldNamed(name)
		if f.name == "id" {
			continue
		}
		if t := s.objection(f, value); t != nil {
			return refused(s.named(i), t.Type, t.Message)
		}
		is, _ := s.text(name, i)
		changed = changed || is != valueOf(value)
	}
	if !changed {
		return map[string]any{
			"responseStatus": "WARNING", "data": s.named(i),
			"warnings": []map[string]string{{"warning_type": "NO_DATA_CHANGES", "type": "NO_DATA_CHANGES", "message": "No changes in values - record not updated"}},
		}
	}
	s.put(i, one)
	return map[string]any{"responseStatus": "SUCCESS", "data": s.named(i)}
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

// put lets the values happen. A row that blanks the request and asks for a retry at once is the combination that the vendor forbids.
func (s *Server) put(i int, one row) {
	request, asks := one[requestName]
	status, sets := one[statusName]
	retry := sets && valueOf(status) == statusNames[org.Retry]
	if asks && valueOf(request) == "" && retry && s.org.At(i).Request != "" {
		s.org.Refuse(i)
		return
	}
	if asks {
		s.org.Write(i, valueOf(request))
	}
	if retry {
		s.org.Again(i)
	}
	if email, there := one["email__sys"]; there {
		s.org.At(i).Email = valueOf(email)
	}
	if state, there := one["status__v"]; there {
		s.org.At(i).Active = !strings.HasPrefix(valueOf(state), "inactive")
	}
}

// judge looks at what may never be sent: anything but the request, or the word for retry; both in one row; removals and upserts in one call.
func (s *Server) judge(rows []row) {
	removals, upserts := 0, 0
	for _, one := range rows {
		for name := range one {
			if name != "id" && name != requestName && name != statusName {
				s.Violate("PUT of user__sys writes %s", name)
			}
		}
		request, asks := one[requestName]
		status, sets := one[statusName]
		switch {
		case asks && sets:
			s.Violate("one row writes request and status")
		case sets && valueOf(status) != statusNames[org.Retry]:
			s.Violate("the status is set to %q", valueOf(status))
		case asks && valueOf(request) == "":
			removals++
		case asks:
			upserts++
		}
	}
	if removals > 0 && upserts > 0 {
		s.Violate("one call mixes removals and upserts")
	}
}

func (s *Server) rowsOf(kind string, r *http.Request, body []byte) ([]row, error) {
	switch kind {
	case "application/json":
		return jsonRows(body)
	case "text/csv":
		return s.csvRows(body)
	case "application/x-www-form-urlencoded":
		one := row{}
		for name, values := range formOf(r, body) {
			one[name] = &values[0]
		}
		return []row{one}, nil
	}
	return nil, fmt.Errorf("Content-Type %q is neither JSON nor CSV", kind)
}

func jsonRows(body []byte) ([]row, error) {
	var raw []map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&raw); err != nil {
		return nil, fmt.Errorf("the body is no JSON array of objects: %w", err)
	}
	var rows []row
	for _, r := range raw {
		one := row{}
		for name, v := range r {
			if v == nil {
				one[name] = nil
				continue
			}
			text := fmt.Sprint(v)
			one[name] = &text
		}
		rows = append(rows, one)
	}
	return rows, nil
}

// csvRows reads Vault's dialect: a backslash is doubled inside a value, and a carriage return is not allowed there.
func (s *Server) csvRows(body []byte) ([]row, error) {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("the body is no CSV: %w", err)
	}
	keep := s.switches().Blank == "keep"
	var rows []row
	for {
		rec, err := in.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the body is no CSV: %w", err)
		}
		one := row{}
		for k, cell := range rec {
			if cell == "" && keep {
				continue
			}
			if strings.Contains(cell, "\r") {
				return nil, fmt.Errorf("a value holds a carriage return")
			}
			text := strings.ReplaceAll(cell, `\\`, `\`)
			one[header[k]] = &text
		}
		rows = append(rows, one)
	}
}
