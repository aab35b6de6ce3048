package salesforce

import (
	"net/http"
	"strconv"

	"rosterload/loader/simulator/front"
)

const (
	viewID  = "00B5f000001ActvEAC"
	viewRun = "SELECT Name, Username, Email, Id, CreatedDate, LastModifiedDate, SystemModstamp FROM User " +
		"WHERE IsActive = true ORDER BY Name"
	viewQuery = viewRun + " ASC NULLS FIRST, Id ASC NULLS FIRST"
)

var viewColumns = []string{"Name", "Username", "Email", "Id", "CreatedDate", "LastModifiedDate", "SystemModstamp"}

// viewBase is the address of the one list view that this org has: its active users.
func viewBase(r *http.Request) string {
	return "/services/data/" + r.PathValue("version") + "/sobjects/User/listviews/" + viewID
}

// hasView answers what is asked of a list view that is not there.
func hasView(w http.ResponseWriter, r *http.Request) bool {
	if r.PathValue("object") == "User" && sameID(r.PathValue("view"), viewID) {
		return true
	}
	notFound(w)
	return false
}

func (s *Server) serveListViews(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("object") != "User" {
		notFound(w)
		return
	}
	base := viewBase(r)
	reply(w, 200, front.NewObject("done", true, "listviews", []any{front.NewObject(
		"describeUrl", base+"/describe", "developerName", "ActiveUsers", "id", viewID, "label", "Active Users",
		"resultsUrl", base+"/results",
		"soqlCompatible", true, "url", base,
	)}, "nextRecordsUrl", nil, "size", 1, "sobjectType", "User"))
}

func (s *Server) serveListView(w http.ResponseWriter, r *http.Request) {
	if hasView(w, r) {
		reply(w, 200, front.NewObject("developerName", "ActiveUsers", "id", viewID, "label", "Active Users"))
	}
}

func (s *Server) serveListViewDescribe(w http.ResponseWriter, r *http.Request) {
	if !hasView(w, r) {
		return
	}
	reply(w, 200, front.NewObject(
		"columns", viewHeads(), "id", viewID,
		"orderBy", []any{front.NewObject("fieldNameOrPath", "Name", "nullsPosition", "first", "sortDirection",
			"ascending")},
		"query", viewQuery, "relatedEntityId", nil, "scope", "everything", "scopeEntityId", nil, "sobjectType", "User",
		"whereCondition", front.NewObject("field", "IsActive", "operator", "equals", "values", []string{"true"}),
	))
}

func viewHeads() []any {
	var heads []any
	for i, c := range viewColumns {
		heads = append(heads, front.NewObject(
			"ascendingLabel", "Z-A", "descendingLabel", "A-Z", "fieldNameOrPath", c, "hidden", i > 2, "label", c,
			"searchable", true, "selectListItem", c,
			"sortDirection", nil, "sortIndex", nil, "sortable", true, "type", "string",
		))
	}
	return heads
}

func (s *Server) serveListViewResults(w http.ResponseWriter, r *http.Request) {
	if !hasView(w, r) {
		return
	}
	st, err := parse(viewRun)
	if err != nil {
		refuseQuery(w, err)
		return
	}
	if st.limit, err = strconv.Atoi(r.URL.Query().Get("limit")); err != nil || st.limit < 1 || st.limit > 2000 {
		st.limit = 25
	}
	if st.offset, err = strconv.Atoi(r.URL.Query().Get("offset")); err != nil || st.offset < 0 {
		st.offset = 0
	}
	found, err := s.run(st)
	if err != nil {
		refuseQuery(w, err)
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
			cells = append(cells, front.NewObject("fieldNameOrPath", c, "value", value))
		}
		rows = append(rows, front.NewObject("columns", cells))
	}
	reply(w, 200, front.NewObject(
		"columns", viewHeads(), "developerName", "ActiveUsers", "done", true, "id", viewID[:15], "label",
		"Active Users",
		"records", rows, "size", len(rows),
	))
}
