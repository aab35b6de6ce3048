package vault

import (
	"net/http"
	"strings"

	"rosterload/loader/simulator/org"
)

// serveMetadata answers metadata/vobjects and what is below, as far as the caller may see it.
func (s *Server) serveMetadata(w http.ResponseWriter, path []string) {
	switch {
	case len(path) == 0:
		envelope(w, "SUCCESS", map[string]any{"objects": []any{s.objectInfo(false)}})
	case path[0] != "user__sys":
		fail(w, "INVALID_DATA", "The object ["+path[0]+"] does not exist")
	case len(path) == 1:
		envelope(w, "SUCCESS", map[string]any{"object": s.objectInfo(true)})
	case path[1] == "fields" && len(path) == 3:
		f := s.fieldNamed(path[2])
		if f == nil {
			fail(w, "INVALID_DATA", "The field ["+path[2]+"] does not exist")
			return
		}
		envelope(w, "SUCCESS", map[string]any{"field": s.fieldInfo(f)})
	default:
		fail(w, "MALFORMED_URL", "The URL is malformed")
	}
}

func (s *Server) objectInfo(whole bool) map[string]any {
	info := map[string]any{"name": "user__sys", "label": "User", "prefix": "V0A", "data_store": "standard", "status": []string{"active__v"}, "url": "/api/v26.2/metadata/vobjects/user__sys"}
	if whole {
		var all []any
		for i := range fields {
			if f := s.fieldNamed(fields[i].name); f != nil {
				all = append(all, s.fieldInfo(f))
			}
		}
		info["fields"] = all
	}
	return info
}

func (s *Server) fieldInfo(f *field) map[string]any {
	length := f.length
	if n := s.switches().RequestLength; f.name == requestName && n > 0 {
		length = n
	}
	info := map[string]any{
		"name": f.name, "label": strings.ReplaceAll(strings.TrimSuffix(strings.TrimSuffix(f.name, "__v"), "__sys"), "_", " "), "type": f.kind, "required": f.unique,
		"unique": f.unique, "editable": s.isEditable(f), "status": []string{"active__v"}, "encrypted": false,
	}
	if length > 0 {
		info["max_length"] = length
	}
	if f.picklist != "" {
		info["picklist"], info["multi_value"] = f.picklist, false
	}
	return info
}

func (s *Server) servePicklists(w http.ResponseWriter, path []string) {
	if len(path) == 0 {
		envelope(w, "SUCCESS", map[string]any{"picklists": []any{map[string]string{"name": statusName, "label": "Engage Group Provisioning Status"}}})
		return
	}
	if path[0] != statusName {
		fail(w, "INVALID_DATA", "The picklist ["+path[0]+"] does not exist")
		return
	}
	var values []any
	for status := org.Sent; status <= org.Retry; status++ {
		values = append(values, map[string]string{"name": statusNames[status], "label": strings.ReplaceAll(strings.TrimSuffix(statusNames[status], "__v"), "_", " ")})
	}
	envelope(w, "SUCCESS", map[string]any{"picklistValues": values})
}
