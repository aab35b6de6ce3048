package salesforce

import (
	"net/http"
	"strconv"
)

const (
	viewID    = "00B5f000001ActvEAC"
	viewQuery = "SELECT Name, Username, Email, Id, CreatedDate, LastModifiedDate, SystemModstamp FROM User WHERE IsActive = true ORDER BY Name ASC NULLS FIRST, Id ASC NULLS FIRST"
	viewRun   = "SELECT Name, Username, Email, Id, CreatedDate, LastModifiedDate, SystemModstamp FROM User WHERE IsActive = true ORDER BY Name"
)

var viewColumns = []string{"Name", "Username", "Email", "Id", "CreatedDate", "LastModifiedDate", "SystemModstamp"}

// serveListViews answers the one list view that this org has: its active users.
func (s *Server) serveListViews(w http.ResponseWriter, r *http.Request, version string, rest []string) {
	base := "/services/data/" + version + "/sobjects/User/listviews/" + viewID
	switch {
	case len(rest) == 0 || rest[0] == "":
		reply(w, 200, map[string]any{"done": true, "nextRecordsUrl": nil, "size": 1, "sobjectType": "User", "listviews": []any{map[string]any{
			"describeUrl": base + "/describe", "developerName": "ActiveUsers", "id": viewID, "label": "Active Users", "resultsUrl": base + "/results", "soqlCompatible": true, "url": base,
		}}})
	case rest[0] != viewID && rest[0] != viewID[:15]:
		notFound(w)
	case len(rest) > 1 && rest[1] == "describe":
		reply(w, 200, map[string]any{
			"columns": viewHeads(), "id": viewID, "query": viewQuery, "relatedEntityId": nil, "scope": "everything", "scopeEntityId": nil, "sobjectType": "User",
			"orderBy":        []any{map[string]string{"fieldNameOrPath": "Name", "nullsPosition": "first", "sortDirection": "ascending"}},
			"whereCondition": map[string]any{"field": "IsActive", "operator": "equals", "values": []string{"true"}},
		})
	case len(rest) > 1 && rest[1] == "results":
		s.viewResults(w, r)
	default:
		reply(w, 200, map[string]any{"id": viewID, "developerName": "ActiveUsers", "label": "Active Users"})
	}
}

func viewHeads() []any {
	var heads []any
	for i, c := range viewColumns {
		heads = append(heads, map[string]any{
			"ascendingLabel": "Z-A", "descendingLabel": "A-Z", "fieldNameOrPath": c, "hidden": i > 2, "label": c, "searchable": true, "selectListItem": c,
			"sortDirection": nil, "sortIndex": nil, "sortable": true, "type": "string",
		})
	}
	return heads
}

func (s *Server) viewResults(w http.ResponseWriter, r *http.Request) {
	st, err := parse(viewRun)
	if err != nil {
		s.refuseQuery(w, err)
		return
	}
	if st.limit, err = strconv.Atoi(r.URL.Query().Get("limit")); err != nil || st.limit < 1 || st.limit > 2000 {
		st.limit = 25
	}
	st.offset, _ = strconv.Atoi(r.URL.Query().Get("offset"))
	found, err := s.run(st)
	if err != nil {
		s.refuseQuery(w, err)
		return
	}
	rows := []any{}
	for _, rec := range found {
		cells := []any{}
		for i, c := range viewColumns {
			value := rec.values[i]
			if i > 3 {
				value = "Sun Jan 02 21:33:43 GMT 2022"
			}
			cells = append(cells, map[string]any{"fieldNameOrPath": c, "value": value})
		}
		rows = append(rows, map[string]any{"columns": cells})
	}
	reply(w, 200, map[string]any{"columns": viewHeads(), "developerName": "ActiveUsers", "done": true, "id": viewID[:15], "label": "Active Users", "records": rows, "size": len(rows)})
}
