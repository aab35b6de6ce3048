package salesforce

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/simulator/org"
)

// serveCollections updates up to 200 records, each for itself unless allOrNone is said.
func (s *Server) serveCollections(w http.ResponseWriter, r *http.Request, body []byte) {
	if r.Method != http.MethodPatch {
		wrongMethod(w, r.Method, "PATCH")
		return
	}
	var ask struct {
		AllOrNone bool                         `json:"allOrNone"`
		Records   []map[string]json.RawMessage `json:"records"`
	}
	if err := json.Unmarshal(body, &ask); err != nil {
		refuse(w, 400, "JSON_PARSER_ERROR", err.Error())
		return
	}
	if len(ask.Records) > 200 {
		refuse(w, 400, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records into this call")
		return
	}
	s.judgeCollection(ask.Records)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.Lock()
	defer s.org.Unlock()
	s.org.Settle()
	answers := make([]map[string]any, len(ask.Records))
	bad := false
	for i, rec := range ask.Records {
		answers[i] = s.saveRecord(rec, ask.AllOrNone)
		bad = bad || answers[i]["success"] == false
	}
	if ask.AllOrNone && bad {
		for i, a := range answers {
			if a["success"] == true {
				answers[i] = refused("ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back because not all records were valid and the request was using AllOrNone header", nil)
			}
		}
	} else if ask.AllOrNone {
		for i, rec := range ask.Records {
			answers[i] = s.saveRecord(rec, false)
		}
	}
	reply(w, 200, answers)
}

// saveRecord writes one record; a dry run only looks for the user.
func (s *Server) saveRecord(rec map[string]json.RawMessage, dry bool) map[string]any {
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
	return map[string]any{"id": u.ID, "success": true, "errors": []any{}}
}

// cellsOf are a record's fields in the order of their names; what says which record it is, is none.
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

func refused(code, message string, names []string) map[string]any {
	if names == nil {
		names = []string{}
	}
	return map[string]any{"success": false, "errors": []any{map[string]any{"statusCode": code, "message": message, "fields": names}}}
}

// serveObjects answers sobjects and what is below.
func (s *Server) serveObjects(w http.ResponseWriter, r *http.Request, version string, rest []string, body []byte) {
	base := "/services/data/" + version + "/sobjects/User"
	switch {
	case len(rest) == 0 || rest[0] == "":
		reply(w, 200, map[string]any{"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": []any{s.objectInfo(base)}})
	case s.table(rest[0]) != nil:
		s.serveTable(w, s.table(rest[0]), rest[1:])
	case !strings.EqualFold(rest[0], "User"):
		notFound(w)
	case len(rest) == 1:
		reply(w, 200, map[string]any{"objectDescribe": s.objectInfo(base), "recentItems": []any{}})
	case strings.EqualFold(rest[1], "describe"):
		s.serveDescribe(w, base)
	case strings.EqualFold(rest[1], "listviews"):
		s.serveListViews(w, r, version, rest[2:])
	case len(rest) > 2 && !strings.EqualFold(rest[1], "Id"):
		s.serveByKey(w, r, base, rest[1], rest[2], body)
	default:
		s.serveRecord(w, r, base, rest[len(rest)-1], body)
	}
}

// serveByKey reads or changes the user that a field other than the id names. Nobody is ever made.
func (s *Server) serveByKey(w http.ResponseWriter, r *http.Request, base, field, value string, body []byte) {
	if !strings.EqualFold(field, "Username") {
		refuse(w, 400, "INVALID_FIELD", "Provided external ID field does not exist or is not accessible: "+field)
		return
	}
	s.org.Lock()
	place, known := s.org.ByUsername(value)
	id := ""
	if known {
		id = s.org.At(place).ID
	}
	s.org.Unlock()
	switch {
	case known:
		s.serveRecord(w, r, base, id, body)
	case r.Method == http.MethodPatch:
		s.Violate("PATCH by %s: it could create a user", field)
		refuse(w, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName, Email, Alias, TimeZoneSidKey, LocaleSidKey, EmailEncodingKey, ProfileId, LanguageLocaleKey]")
	default:
		notFound(w)
	}
}

// serveSeveral reads several users by id.
func (s *Server) serveSeveral(w http.ResponseWriter, r *http.Request, version string, body []byte) {
	ask := struct{ IDs, Fields []string }{strings.Split(r.URL.Query().Get("ids"), ","), strings.Split(r.URL.Query().Get("fields"), ",")}
	if r.Method == http.MethodPost && json.Unmarshal(body, &ask) != nil {
		refuse(w, 400, "JSON_PARSER_ERROR", "the body holds no ids and fields")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.Lock()
	defer s.org.Unlock()
	s.org.Settle()
	records := []any{}
	for _, id := range ask.IDs {
		place, why := s.findID(strings.TrimSpace(id))
		if why != "" {
			records = append(records, nil)
			continue
		}
		records = append(records, s.recordOf(place, "/services/data/"+version+"/sobjects/User", ask.Fields))
	}
	reply(w, 200, records)
}

// recordOf is a user as JSON; no fields are all.
func (s *Server) recordOf(place int, base string, wanted []string) map[string]any {
	u := s.org.At(place)
	rec := map[string]any{"attributes": map[string]string{"type": "User", "url": base + "/" + u.ID}}
	every := s.allFields()
	for i := range every {
		f := &every[i]
		if f.name != tokenName && (len(wanted) == 0 || wanted[0] == "" || containsFold(wanted, f.name)) {
			rec[f.name] = f.read(u)
		}
	}
	return rec
}

func (s *Server) objectInfo(base string) map[string]any {
	return map[string]any{
		"name": "User", "label": "User", "labelPlural": "Users", "keyPrefix": "005", "custom": false, "createable": true, "updateable": true, "deletable": false,
		"queryable": true, "retrieveable": true, "searchable": true, "triggerable": true, "undeletable": false, "mergeable": false, "layoutable": false, "replicateable": true,
		"activateable": false, "customSetting": false, "deprecatedAndHidden": false, "feedEnabled": true, "hasSubtypes": false, "isSubtype": false,
		"urls": map[string]string{"sobject": base, "describe": base + "/describe", "rowTemplate": base + "/{ID}"},
	}
}

func (s *Server) serveDescribe(w http.ResponseWriter, base string) {
	d := s.objectInfo(base)
	var all []any
	every := s.allFields()
	for i := range every {
		f := &every[i]
		if s.fieldNamed(f.name) == nil {
			continue // a field that the caller may not read is not there
		}
		all = append(all, s.describe(f))
	}
	d["fields"], d["recordTypeInfos"], d["childRelationships"] = all, []any{}, []any{}
	reply(w, 200, d)
}

func (s *Server) describe(f *field) map[string]any {
	values := []any{}
	if f.name == statusName {
		for status := org.Sent; status <= org.Retry; status++ {
			values = append(values, map[string]any{"active": true, "defaultValue": false, "label": label(statusNames[status]), "validFor": nil, "value": statusNames[status]})
		}
	}
	for _, v := range s.extra[strings.ToLower(f.name)].Values {
		values = append(values, map[string]any{"active": true, "defaultValue": false, "label": v, "validFor": nil, "value": v})
	}
	length := f.length
	if n := s.switches().RequestLength; f.name == requestName && n > 0 {
		length = n
	}
	editable := s.isEditable(f)
	return map[string]any{
		"name": f.name, "label": label(f.name), "type": f.kind, "length": length, "byteLength": 3 * length, "soapType": "xsd:string", "createable": editable, "updateable": editable,
		"nillable": !f.required, "custom": strings.HasSuffix(f.name, "__c"), "unique": f.name == "Username", "externalId": false, "caseSensitive": false,
		"idLookup": f.name == "Id" || f.name == "Username" || f.name == "Email", "nameField": f.name == "Name", "filterable": true, "sortable": true, "groupable": true,
		"aggregatable": true, "autoNumber": false, "calculated": false, "calculatedFormula": nil, "cascadeDelete": false, "compoundFieldName": nil, "controllerName": nil,
		"defaultValue": nil, "defaultedOnCreate": false, "dependentPicklist": false, "deprecatedAndHidden": false, "digits": 0, "displayLocationInDecimal": false,
		"encrypted": false, "extraTypeInfo": nil, "filteredLookupInfo": nil, "formulaTreatNullNumberAsZero": false, "highScaleNumber": false, "htmlFormatted": false,
		"inlineHelpText": nil, "mask": nil, "maskType": nil, "namePointing": false, "permissionable": strings.HasSuffix(f.name, "__c"), "picklistValues": values,
		"polymorphicForeignKey": false, "precision": 0, "queryByDistance": false, "referenceTargetField": nil, "referenceTo": []any{}, "relationshipName": nil,
		"relationshipOrder": nil, "restrictedDelete": false, "restrictedPicklist": f.name == statusName, "scale": 0, "searchPrefilterable": false,
		"writeRequiresMasterRead": false, "aiPredictionField": false,
	}
}

// serveRecord reads or changes one user.
func (s *Server) serveRecord(w http.ResponseWriter, r *http.Request, base, id string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.Lock()
	defer s.org.Unlock()
	s.org.Settle()
	place, e := s.findID(id)
	if e != "" {
		notFound(w)
		return
	}
	switch r.Method {
	case http.MethodPatch:
		var rec map[string]json.RawMessage
		if err := json.Unmarshal(body, &rec); err != nil {
			refuse(w, 400, "JSON_PARSER_ERROR", err.Error())
			return
		}
		cells := cellsOf(rec)
		for _, c := range cells {
			s.judgeField("PATCH "+id, c.name)
		}
		if code, message, name := s.save(place, cells, false); code != "" {
			reply(w, 400, []any{map[string]any{"message": message, "errorCode": code, "fields": []string{name}}})
			return
		}
		w.WriteHeader(http.StatusNoContent)
	case http.MethodGet:
		reply(w, 200, s.recordOf(place, base, strings.Split(r.URL.Query().Get("fields"), ",")))
	default:
		wrongMethod(w, r.Method, "GET,PATCH,HEAD")
	}
}

func containsFold(list []string, name string) bool {
	for _, n := range list {
		if strings.EqualFold(strings.TrimSpace(n), name) {
			return true
		}
	}
	return false
}

const (
	oldest = 31
	newest = 67
)

func (s *Server) serveVersions(w http.ResponseWriter) {
	list := []map[string]string{}
	for v := oldest; v <= newest; v++ {
		n := strconv.Itoa(v) + ".0"
		list = append(list, map[string]string{"label": seasonOf(v), "url": "/services/data/v" + n, "version": n})
	}
	reply(w, 200, list)
}

// seasonOf counts back from Summer '26, version 67: three releases a year.
func seasonOf(v int) string {
	k := (v - 67) + 3*26 + 1 // Spring is 0, Summer 1, Winter (of the next year) 2
	return fmt.Sprintf("%s '%02d", []string{"Spring", "Summer", "Winter"}[k%3], (k/3+k%3/2)%100)
}

func (s *Server) serveResources(w http.ResponseWriter, version string) {
	base := "/services/data/" + version
	reply(w, 200, map[string]string{
		"sobjects": base + "/sobjects", "query": base + "/query", "queryAll": base + "/queryAll", "limits": base + "/limits",
		"composite": base + "/composite", "jobs": base + "/jobs", "identity": "/id/" + orgID + "/" + s.admin,
	})
}

func (s *Server) dailyCalls() int {
	if n := s.switches().DailyCalls; n > 0 {
		return n
	}
	return 100_000
}

func (s *Server) serveLimits(w http.ResponseWriter) {
	used := s.Calls()
	limit := func(most, left int) map[string]int { return map[string]int{"Max": most, "Remaining": max(0, left)} }
	most := s.dailyCalls()
	reply(w, 200, map[string]any{
		"DailyApiRequests": limit(most, most-used), "DailyBulkApiBatches": limit(15000, 15000), "DailyBulkV2QueryJobs": limit(10000, 10000),
		"DailyBulkV2QueryFileStorageMB": limit(976562, 976562), "DailyAsyncApexExecutions": limit(250000, 250000), "DataStorageMB": limit(1024, 1000),
		"FileStorageMB": limit(1024, 1000), "ConcurrentAsyncGetReportInstances": limit(200, 200), "HourlyTimeBasedWorkflow": limit(1000, 1000),
	})
}
