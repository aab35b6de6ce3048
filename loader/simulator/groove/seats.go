package groove

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
	"rosterload/loader/simulator/salesforce"
)

// tables are the package and its seats as queries see them.
func (s *Server) tables() []salesforce.Table {
	return []salesforce.Table{
		{
			Name: "PackageLicense", Prefix: "050",
			Names: "NamespacePrefix AllowedLicenses UsedLicenses Status ExpirationDate", Rows: s.packages,
			Closed: true,
		},
		{
			Name: "UserPackageLicense", Prefix: "051", Rows: s.seatRows,
			Names: "UserId PackageLicenseId PackageLicense.NamespacePrefix User.Username User.IsActive",
		},
	}
}

// packages is called from inside a request, which holds s.mu.
func (s *Server) packages() []map[string]any {
	if s.switches().NoPackage {
		return nil
	}
	status := s.switches().PackageStatus
	if status == "" {
		status = "Active"
	}
	return []map[string]any{{
		"Id": packageID, "NamespacePrefix": namespace, "AllowedLicenses": s.allowed(), "UsedLicenses": len(s.seats),
		"Status": status, "ExpirationDate": nil,
	}}
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
			"Id": s.seats[user], "UserId": user, "PackageLicenseId": packageID,
			"PackageLicense.NamespacePrefix": namespace,
			"User.Username":                  names[user], "User.IsActive": active[user],
		})
	}
	return rows
}

func well(id string) *front.Object {
	return front.NewObject("id", id, "success", true, "errors", []any{})
}

func refused(code, message string) *front.Object {
	return front.NewObject("success", false, "errors",
		[]any{front.NewObject("statusCode", code, "message", message, "fields", []string{})})
}

// seat is a row of UserPackageLicense as a caller asks for it.
type seat struct {
	Attributes       struct{ Type string }
	PackageLicenseID string `json:"PackageLicenseId"`
	UserID           string `json:"UserId"`
}

// insert gives seats, each for itself.
func (s *Server) insert(w http.ResponseWriter, r *http.Request) {
	if !s.org.Admit(w, r) {
		return
	}
	var ask struct {
		Records []seat `json:"records"`
	}
	if err := json.Unmarshal(front.Body(r), &ask); err != nil || len(ask.Records) > 200 {
		s.Refuse(w, http.StatusBadRequest, "JSON_PARSER_ERROR", "the body holds no list of at most 200 records")
		return
	}
	active, answers := s.org.Active(), []any{}
	for _, asked := range ask.Records {
		answers = append(answers, s.insertOne(asked, active))
	}
	reply(w, answers)
}

func (s *Server) insertOne(asked seat, active map[string]bool) *front.Object {
	of, _ := org.FullID(asked.PackageLicenseID)
	user, _ := org.FullID(asked.UserID)
	_, known := active[user]
	switch {
	case s.switches().NoSeatRight:
		return refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
	case asked.Attributes.Type != "UserPackageLicense" || of != packageID || !known:
		return refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
	case !active[user]:
		s.Violate("a seat is asked for inactive user %s", user)
		return refused("INACTIVE_OWNER_OR_USER", "the user is inactive")
	case s.seats[user] != "":
		return refused("DUPLICATE_VALUE", "the user has a license already")
	case s.free() <= 0:
		s.Violate("more seats are asked for than there are")
		return refused(cmp.Or(s.switches().FullCode, "LICENSE_LIMIT_EXCEEDED"), "License Limit Exceeded")
	}
	s.line.Add(org.Upserts, s.now(), s.now())
	return well(s.give(user))
}

// remove takes seats by the ids of their rows.
func (s *Server) remove(w http.ResponseWriter, r *http.Request) {
	if !s.org.Admit(w, r) {
		return
	}
	answers := []any{}
	for _, id := range strings.Split(r.URL.Query().Get("ids"), ",") {
		answers = append(answers, s.removeOne(id))
	}
	reply(w, answers)
}

func (s *Server) removeOne(id string) *front.Object {
	full, isID := org.FullID(id)
	if s.switches().NoSeatRight {
		return refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
	}
	for user, row := range s.seats {
		if isID && row == full {
			delete(s.seats, user)
			s.line.Add(org.Removals, s.now(), s.now())
			return well(row)
		}
	}
	return refused("ENTITY_IS_DELETED", "entity is deleted")
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
