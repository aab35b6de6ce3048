package groove

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"rosterload/loader/simulator/salesforce"
)

// tables are the package and its seats as queries see them.
func (s *Server) tables() []salesforce.Table {
	return []salesforce.Table{
		{Name: "PackageLicense", Prefix: "050", Rows: s.packages, Closed: true},
		{Name: "UserPackageLicense", Prefix: "051", Rows: s.seatRows},
	}
}

// packages is called from inside a request, which holds s.mu.
func (s *Server) packages() []map[string]any {
	if s.faults.Switches.NoPackage {
		return nil
	}
	status := s.faults.Switches.PackageStatus
	if status == "" {
		status = "Active"
	}
	return []map[string]any{{"Id": packageID, "NamespacePrefix": namespace, "AllowedLicenses": s.allowed(), "UsedLicenses": len(s.seats), "Status": status, "ExpirationDate": nil}}
}

func (s *Server) seatRows() []map[string]any {
	names := map[string]string{}
	for name, id := range s.org.Users() {
		names[id] = name
	}
	active := s.org.Active()
	var rows []map[string]any
	for _, user := range slices.Sorted(maps.Keys(s.seats)) {
		rows = append(rows, map[string]any{
			"Id": s.seats[user], "UserId": user, "PackageLicenseId": packageID, "PackageLicense.NamespacePrefix": namespace,
			"User.Username": names[user], "User.IsActive": active[user],
		})
	}
	return rows
}

type saved map[string]any

func well(id string) saved { return saved{"id": id, "success": true, "errors": []any{}} }

func refused(code, message string) saved {
	return saved{"success": false, "errors": []any{map[string]any{"statusCode": code, "message": message, "fields": []string{}}}}
}

// insert gives seats, each for itself.
func (s *Server) insert(w http.ResponseWriter, body []byte) {
	var ask struct {
		Records []struct {
			Attributes       struct{ Type string }
			PackageLicenseID string `json:"PackageLicenseId"`
			UserID           string `json:"UserId"`
		} `json:"records"`
	}
	if err := json.Unmarshal(body, &ask); err != nil || len(ask.Records) > 200 {
		s.Refuse(w, http.StatusBadRequest, "JSON_PARSER_ERROR", "the body holds no list of at most 200 records")
		return
	}
	active, answers := s.org.Active(), []saved{}
	full := s.faults.Switches.FullCode
	if full == "" {
		full = "LICENSE_LIMIT_EXCEEDED"
	}
	for _, r := range ask.Records {
		_, known := active[r.UserID]
		switch {
		case s.faults.Switches.NoSeatRight:
			answers = append(answers, refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"))
		case r.Attributes.Type != "UserPackageLicense" || r.PackageLicenseID != packageID:
			answers = append(answers, refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"))
		case !known:
			answers = append(answers, refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"))
		case !active[r.UserID]:
			s.Violate("a seat is asked for inactive user %s", r.UserID)
			answers = append(answers, refused("INACTIVE_OWNER_OR_USER", "the user is inactive"))
		case s.seats[r.UserID] != "":
			answers = append(answers, refused("DUPLICATE_VALUE", "the user has a license already"))
		case s.free() <= 0:
			s.Violate("more seats are asked for than there are")
			answers = append(answers, refused(full, "License Limit Exceeded"))
		default:
			answers = append(answers, well(s.give(r.UserID)))
		}
	}
	reply(w, answers)
}

// remove takes seats by the ids of their rows.
func (s *Server) remove(w http.ResponseWriter, ids []string) {
	answers := []saved{}
	for _, id := range ids {
		user := ""
		for u, row := range s.seats {
			if row == id {
				user = u
			}
		}
		switch {
		case s.faults.Switches.NoSeatRight:
			answers = append(answers, refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"))
		case user == "":
			answers = append(answers, refused("ENTITY_IS_DELETED", "entity is deleted"))
		default:
			delete(s.seats, user)
			answers = append(answers, well(id))
		}
	}
	reply(w, answers)
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_ = json.NewEncoder(w).Encode(v)
}

// Seats are the usernames that hold one.
func (s *Server) Seats() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	var names []string
	for name, id := range s.org.Users() {
		if s.seats[id] != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
