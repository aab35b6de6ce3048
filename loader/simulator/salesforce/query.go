package salesforce

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// record is one answer of a query: values by column.
type record struct {
	kind   string
	id     string
	values []any
}

// run answers a statement whose columns were checked.
func (s *Server) run(st *statement) ([]record, error) {
	if err := s.check(st); err != nil {
		return nil, err
	}
	if strings.EqualFold(st.object, "User") {
		return s.runUsers(st), nil
	}
	if t := s.table(st.object); t != nil {
		return runTable(t, st)
	}
	return runFixed(s.fixed(st.object), st), nil
}

// fixed is the one record of an object that has just one: its name as the org spells it, its id and its values by
// column in lower case.
type fixed struct {
	name, id string
	values   map[string]any
}

// fixed is nil for an object that this org does not have.
func (s *Server) fixed(object string) *fixed {
	switch strings.ToLower(object) {
	case "organization":
		return &fixed{"Organization", s.id, map[string]any{
			"id": s.id, "name": "Acme (pretend)", "issandbox": s.switches().Sandbox,
			"organizationtype":    "Developer Edition",
			"instancename":        "SIM1",
			"trialexpirationdate": nil, "namespaceprefix": nil,
		}}
	case "userpermissionaccess":
		const id = "000000000000000AAA"
		rights := map[string]any{"id": id}
		for _, name := range []string{"apienabled", "manageusers", "manageinternalusers", "viewallusers", "viewsetup"} {
			rights["permissions"+name] = true
		}
		for _, missing := range s.switches().MissingRights {
			rights[strings.ToLower(missing)] = false
		}
		return &fixed{"UserPermissionAccess", id, rights}
	case "profile":
		return &fixed{"Profile", profileID, map[string]any{"id": profileID, "name": profileName}}
	}
	return nil
}

const (
	profileID   = "00e5f000001AbcdAAC"
	profileName = "System Administrator"
)

func runFixed(f *fixed, st *statement) []record {
	get := func(name string) any { return f.values[strings.ToLower(name)] }
	if st.where != nil && !st.where(get) || st.limit == 0 || st.offset > 0 {
		return nil
	}
	r := record{kind: f.name, id: f.id}
	for _, c := range st.columns {
		r.values = append(r.values, get(c))
	}
	return []record{r}
}

// check refuses a statement about an object that is not there, or one that names an unknown column anywhere.
func (s *Server) check(st *statement) error {
	knows, name := s.columnsOf(st.object)
	if knows == nil {
		return &soqlError{"INVALID_TYPE", fmt.Sprintf("sObject type '%s' is not supported. If you are attempting "+
			"to use a custom object, be sure to append "+
			"the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.", st.object)}
	}
	if st.all && len(st.columns) == 0 {
		for _, f := range s.allFields() {
			if f.name != tokenName && name == "User" && knows(f.name) {
				st.columns = append(st.columns, f.name)
			}
		}
	}
	named := slices.Concat(st.columns, st.used)
	for _, o := range st.orderBy {
		named = append(named, o.field)
	}
	for _, c := range named {
		if strings.EqualFold(c, tokenName) {
			s.Violate("the host token is selected: %s", st.text)
		}
		if !knows(c) {
			return unknown(st.text, c, name)
		}
	}
	return nil
}

// columnsOf tells which columns an object has, and how its name is spelled.
func (s *Server) columnsOf(object string) (knows func(column string) bool, name string) {
	if strings.EqualFold(object, "User") {
		return func(c string) bool { return s.fieldNamed(c) != nil || containsFold(parentColumns, c) }, "User"
	}
	if t := s.table(object); t != nil {
		return t.knows, t.Name
	}
	if f := s.fixed(object); f != nil {
		return func(c string) bool { _, there := f.values[strings.ToLower(c)]; return there }, f.name
	}
	return nil, ""
}

// parentColumns are those of a user's profile.
var parentColumns = []string{"Profile.Id", "Profile.Name"}

// placesOf finds the users that a statement asks for.
func (s *Server) placesOf(st *statement) []int32 {
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
	return found
}

func (s *Server) runUsers(st *statement) []record {
	places := s.placesOf(st)
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
		return found
	}
	return order(st, found)
}

// candidates finds the users of a plain list of ids or usernames, so that a small query in a large org is quick. Nil:
// all users.
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
	c := strings.Compare(folded(a), folded(b))
	if o.desc {
		return -c
	}
	return c
}
