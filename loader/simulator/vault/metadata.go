package vault

import (
	"net/http"
	"strings"

	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

func (s *Server) serveObjects(w http.ResponseWriter, r *http.Request) {
	envelope(w, "SUCCESS", "objects", []any{objectInfo(r)})
}

// serveObject describes user__sys as far as the caller may see it.
func (s *Server) serveObject(w http.ResponseWriter, r *http.Request) {
	all := []any{}
	for i := range fields {
		if f := s.fieldNamed(fields[i].name); f != nil {
			all = append(all, s.fieldInfo(f))
		}
	}
	envelope(w, "SUCCESS", "object", objectInfo(r).Add("fields", all))
}

func (s *Server) serveField(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("field")
	f := s.fieldNamed(name)
	if f == nil {
		fail(w, "INVALID_DATA", "The field ["+name+"] does not exist")
		return
	}
	envelope(w, "SUCCESS", "field", s.fieldInfo(f))
}

func objectInfo(r *http.Request) *front.Object {
	return front.NewObject(
		"name", "user__sys", "label", "User", "prefix", "V0A", "data_store", "standard", "status",
		[]string{"active__v"},
		"url", "/api/"+r.PathValue("version")+"/metadata/vobjects/user__sys",
	)
}

// labelOf is a name as people read it.
func labelOf(name string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimSuffix(name, "__v"), "__sys"), "_", " ")
}

func (s *Server) fieldInfo(f *field) *front.Object {
	length := f.length
	if n := s.switches().RequestLength; f.name == requestName && n > 0 {
		length = n
	}
	return front.NewObject(
		"name", f.name, "label", labelOf(f.name), "type", f.kind, "required", f.unique, "unique", f.unique,
		"editable", s.isEditable(f),
		"status", []string{"active__v"}, "encrypted", false,
	).AddIf(length > 0, "max_length", length).AddIf(f.picklist != "", "picklist", f.picklist, "multi_value", false)
}

func servePicklists(w http.ResponseWriter, _ *http.Request) {
	envelope(w, "SUCCESS", "picklists", []any{front.NewObject("name", statusName, "label", labelOf(statusName))})
}

func servePicklist(w http.ResponseWriter, r *http.Request) {
	if name := r.PathValue("picklist"); name != statusName {
		fail(w, "INVALID_DATA", "The picklist ["+name+"] does not exist")
		return
	}
	var values []any
	for status := org.Sent; status <= org.Retry; status++ {
		values = append(values, front.NewObject("name", statusNames[status], "label", labelOf(statusNames[status])))
	}
	envelope(w, "SUCCESS", "picklistValues", values)
}
