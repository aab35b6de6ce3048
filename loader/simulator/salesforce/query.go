package salesforce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"

	"rosterload/loader/simulator/org"
)

// record is one answer of a query: values by column.
type record struct {
	kind   string
	id     string
	values []any
}

const pageSize = 2000

// cursor is the rest of a query that did not fit into one page.
type cursor struct {
	columns []string
	records []record
}

// run answers a statement.
func (s *Server) run(st *statement) ([]record, error) {
	switch strings.ToLower(st.object) {
	case "user":
		return s.runUsers(st)
	case "organization":
		return s.runFixed(st, "Organization", orgID, map[string]any{
			"id": orgID, "name": "Acme (pretend)", "issandbox": s.switches().Sandbox, "organizationtype": "Developer Edition", "instancename": "SIM1",
			"trialexpirationdate": nil, "namespaceprefix": nil,
		})
	case "userpermissionaccess":
		rights := map[string]any{"id": "000000000000000AAA"}
		for _, name := range []string{"permissionsapienabled", "permissionsmanageusers", "permissionsmanageinternalusers", "permissionsviewallusers", "permissionsviewsetup"} {
			rights[name] = true
		}
		for _, missing := range s.switches().MissingRights {
			rights[strings.ToLower(missing)] = false
		}
		return s.runFixed(st, "UserPermissionAccess", "000000000000000AAA", rights)
	case "profile":
		return s.runFixed(st, "Profile", "00e5f000001AbcdAAC", map[string]any{"id": "00e5f000001AbcdAAC", "name": "System Administrator"})
	}
	if t := s.table(st.object); t != nil {
		return s.runTable(t, st)
	}
	return nil, &soqlError{"INVALID_TYPE", fmt.Sprintf("sObject type '%s' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.", st.object)}
}

func (s *Server) runFixed(st *statement, object, id string, values map[string]any) ([]record, error) {
	get := func(name string) any { return values[strings.ToLower(name)] }
	r := record{kind: object, id: id}
	for _, c := range st.columns {
		if _, there := values[strings.ToLower(c)]; !there {
			return nil, unknown(st.text, c, object)
		}
		r.values = append(r.values, get(c))
	}
	if st.where != nil && !st.where(get) || st.limit == 0 {
		return nil, nil
	}
	return []record{r}, nil
}

// placesOf finds the users that a statement asks for.
func (s *Server) placesOf(st *statement) ([]int32, error) {
	if err := s.checkColumns(st); err != nil {
		return nil, err
	}
	read := s.reader()
	s.org.Lock()
	defer s.org.Unlock()
	s.org.Settle()
	asked := s.candidates(st)
	n := s.org.Count()
	if asked != nil {
		n = len(asked)
	}
	found := make([]int32, 0, n)
	for k := range n {
		i := k
		if asked != nil {
			i = asked[k]
		}
		if u := s.org.At(i); st.where == nil || st.where(func(name string) any { return read(u, name) }) {
			found = append(found, int32(i))
		}
	}
	if st.orderBy == nil {
		found = found[min(st.offset, len(found)):]
		if st.limit >= 0 && st.limit < len(found) {
			found = found[:st.limit]
		}
	}
	return found, nil
}

func (s *Server) runUsers(st *statement) ([]record, error) {
	places, err := s.placesOf(st)
	if err != nil {
		return nil, err
	}
	read := s.reader()
	s.org.Lock()
	defer s.org.Unlock()
	found := make([]record, 0, len(places))
	for _, i := range places {
		u := s.org.At(int(i))
		get := func(name string) any { return read(u, name) }
		r := record{kind: "User", id: u.ID, values: make([]any, 0, len(st.columns)+1)}
		for _, c := range st.columns {
			r.values = append(r.values, get(c))
		}
		for _, o := range st.orderBy {
			r.values = append(r.values, get(o.field))
		}
		found = append(found, r)
	}
	if st.orderBy == nil {
		return found, nil
	}
	return order(st, found), nil
}

// candidates finds, for a plain list of ids or usernames, whom it speaks of, so that a small query in a large org is quick. Nil: everybody.
func (s *Server) candidates(st *statement) []int {
	words, err := split(st.text)
	if err != nil {
		return nil
	}
	for i, w := range words {
		if !strings.EqualFold(w.text, "WHERE") || w.quote || i+2 >= len(words) {
			continue
		}
		name, operator := words[i+1].text, words[i+2].text
		if !strings.EqualFold(operator, "IN") && operator != "=" {
			return nil
		}
		find := s.org.ByID
		switch strings.ToLower(name) {
		case "id":
		case "username":
			find = s.org.ByUsername
		default:
			return nil
		}
		places := []int{}
		for _, v := range words[i+3:] {
			if at, ok := find(v.text); ok && v.quote {
				places = append(places, at)
			}
			if !v.quote && (strings.EqualFold(v.text, "OR") || strings.EqualFold(v.text, "NOT")) {
				return nil
			}
		}
		return places
	}
	return nil
}

func (s *Server) checkColumns(st *statement) error {
	named := slices.Clone(st.columns)
	for _, o := range st.orderBy {
		named = append(named, o.field)
	}
	for _, c := range named {
		if strings.EqualFold(c, tokenName) {
			s.Violate("the host token is selected: %s", st.text)
		}
		if c != "" && s.fieldNamed(c) == nil && !strings.HasPrefix(strings.ToLower(c), "profile.") {
			return unknown(st.text, c, "User")
		}
	}
	return nil
}

func order(st *statement, found []record) []record {
	sort.SliceStable(found, func(i, j int) bool {
		for k, o := range st.orderBy {
			if c := o.compare(found[i].values[len(st.columns)+k], found[j].values[len(st.columns)+k]); c != 0 {
				return c < 0
			}
		}
		return false
	})
	found = found[min(st.offset, len(found)):]
	if st.limit >= 0 && st.limit < len(found) {
		found = found[:st.limit]
	}
	return found
}

// compare is which of two values comes first.
func (o ordering) compare(a, b any) int {
	if (a == nil) != (b == nil) {
		if (a == nil) != o.nullsLast {
			return -1
		}
		return 1
	}
	c := strings.Compare(comparable1(a), comparable1(b))
	if o.desc {
		return -c
	}
	return c
}

func (s *Server) serveQuery(w http.ResponseWriter, r *http.Request, version string, rest []string) {
	if len(rest) > 0 && rest[0] != "" {
		s.servePage(w, version, rest[0])
		return
	}
	if len(r.URL.RequestURI()) > 16384 {
		refuse(w, 414, "URI_TOO_LONG", "The URI is too long")
		return
	}
	st, err := parse(r.URL.Query().Get("q"))
	if err != nil {
		s.refuseQuery(w, err)
		return
	}
	if r.URL.Query().Get("columns") == "true" {
		serveColumns(w, st)
		return
	}
	found, err := s.run(st)
	switch {
	case err != nil:
		s.refuseQuery(w, err)
	case st.count:
		reply(w, 200, map[string]any{"totalSize": len(found), "done": true, "records": []any{}})
	case st.counted != "":
		reply(w, 200, map[string]any{"totalSize": 1, "done": true, "records": []any{
			map[string]any{"attributes": map[string]string{"type": "AggregateResult"}, st.counted: len(found)},
		}})
	default:
		s.reply(w, version, &cursor{st.columns, found}, len(found), "", 0)
	}
}

func (s *Server) refuseQuery(w http.ResponseWriter, err error) {
	e := err.(*soqlError)
	reply(w, 400, []map[string]string{{"message": e.message, "errorCode": e.code}})
}

// reply writes one page, and where the next is found.
func (s *Server) reply(w http.ResponseWriter, version string, c *cursor, total int, locator string, from int) {
	end := min(from+pageSize, len(c.records))
	page := map[string]any{"totalSize": total, "done": end == len(c.records)}
	if end < len(c.records) {
		s.mu.Lock()
		if locator == "" {
			s.serial++
			locator = org.MakeID("01g", s.serial)
			s.cursors[locator] = c
		}
		s.mu.Unlock()
		page["nextRecordsUrl"] = fmt.Sprintf("/services/data/%s/query/%s-%d", version, locator, end)
	}
	rows := make([]json.RawMessage, 0, end-from)
	for _, r := range c.records[from:end] {
		rows = append(rows, r.json(version, c.columns))
	}
	page["records"] = rows
	reply(w, 200, page)
}

func (s *Server) servePage(w http.ResponseWriter, version, name string) {
	locator, at, _ := strings.Cut(name, "-")
	from, err := strconv.Atoi(at)
	s.mu.Lock()
	c := s.cursors[locator]
	s.mu.Unlock()
	if c == nil || err != nil || from < 0 || from > len(c.records) {
		refuse(w, 400, "INVALID_QUERY_LOCATOR", "invalid query locator")
		return
	}
	s.reply(w, version, c, len(c.records), locator, from)
}

// json spells a record with its attributes first; a parent's field stands in an object of its own.
func (r record) json(version string, columns []string) json.RawMessage {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"attributes":{"type":%q,"url":"/services/data/%s/sobjects/%s/%s"}`, r.kind, version, r.kind, r.id)
	parents := map[string]any{}
	for i, c := range columns {
		if path := strings.Split(c, "."); len(path) > 1 {
			at := parents
			for _, parent := range path[:len(path)-1] {
				if at[parent] == nil {
					at[parent] = map[string]any{"attributes": map[string]string{"type": parent, "url": "/services/data/" + version + "/sobjects/" + parent + "/00e5f000001AbcdAAC"}}
				}
				at = at[parent].(map[string]any)
			}
			at[path[len(path)-1]] = r.values[i]
			continue
		}
		value, _ := json.Marshal(r.values[i])
		fmt.Fprintf(&b, ",%q:%s", properName(c), value)
	}
	for name, parent := range parents {
		value, _ := json.Marshal(parent)
		fmt.Fprintf(&b, ",%q:%s", name, value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

func properName(name string) string {
	for _, f := range fields {
		if strings.EqualFold(f.name, name) {
			return f.name
		}
	}
	return name
}

// serveColumns answers `columns=true`: what the columns of a query are.
func serveColumns(w http.ResponseWriter, st *statement) {
	metadata := []map[string]any{}
	for _, c := range st.columns {
		metadata = append(metadata, map[string]any{
			"aggregate": false, "apexType": "String", "booleanType": strings.EqualFold(c, "IsActive"), "columnName": properName(c), "custom": strings.HasSuffix(c, "__c"),
			"displayName": properName(c), "foreignKeyName": nil, "insertable": true, "joinColumns": []any{}, "numberType": false, "textType": true, "updatable": true,
		})
	}
	reply(w, 200, map[string]any{"columnMetadata": metadata, "entityName": st.object, "groupBy": false, "idSelected": true, "keyPrefix": "005"})
}
