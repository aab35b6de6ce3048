package salesforce

import (
	"net/http"
	"slices"
	"strings"

	"rosterload/loader/simulator"
	"rosterload/loader/simulator/org"
)

// Other pretend orgs stand on this one: their users live here, with fields and objects of their own.

// Field is a further field of User, or of another object.
type Field struct {
	Name      string
	Kind      string // describe's type
	Length    int
	Editable  bool
	Securable bool // under field-level security
	Values    []string
	// Rule is an admin's validation rule: an error's code and message for a value that breaks it.
	Rule func(value string) (code, message string)
	// Written is called with each change, once it is stored. The org is locked meanwhile.
	Written func(userID, value string)
}

// Table is a further object that can be queried. Its rows hold values by column; a parent's field is a column with a
// dot.
type Table struct {
	Name   string
	Prefix string  // of its ids
	Fields []Field // what describe lists
	Names  string  // further columns that a query may name, with blanks between
	Rows   func() []map[string]any
	Closed bool // its records cannot be made or deleted by the caller
}

// NewWith makes a pretend org whose users have further fields, and that has further objects.
func NewWith(o simulator.Options, users []Field, tables []Table) (*Server, error) {
	s := empty(o)
	s.elsewhere = len(users) > 0
	s.more, s.extra = map[string]map[string]string{}, map[string]Field{}
	for _, f := range users {
		s.extra[strings.ToLower(f.Name)] = f
		values := map[string]string{}
		s.more[strings.ToLower(f.Name)] = values
		read := func(u *org.User) any { return textOrNull(values[u.ID]) }
		s.moreFields = append(s.moreFields, field{f.Name, f.Kind, f.Length, f.Editable, false, read})
	}
	s.tables = append(s.tables, tables...)
	return s, s.fill()
}

// Set gives a further field of a user a value, as an admin would.
func (s *Server) Set(userID, name, value string) {
	s.org.Lock()
	defer s.org.Unlock()
	s.more[strings.ToLower(name)][userID] = value
}

// Values are a further field's values, by user id.
func (s *Server) Values(name string) map[string]string {
	s.org.Lock()
	defer s.org.Unlock()
	all := map[string]string{}
	for id, v := range s.more[strings.ToLower(name)] {
		all[id] = v
	}
	return all
}

// Users are the ids of all users, by username.
func (s *Server) Users() map[string]string {
	s.org.Lock()
	defer s.org.Unlock()
	all := map[string]string{}
	for i := range s.org.Count() {
		all[s.org.At(i).Username] = s.org.At(i).ID
	}
	return all
}

func (s *Server) table(name string) *Table {
	for i := range s.tables {
		if strings.EqualFold(s.tables[i].Name, name) {
			return &s.tables[i]
		}
	}
	return nil
}

// knows tells whether a query may name a column.
func (t *Table) knows(column string) bool {
	return containsFold(strings.Fields(t.Names), column) || strings.EqualFold(column, "Id") ||
		slices.ContainsFunc(t.Fields, func(f Field) bool { return strings.EqualFold(f.Name, column) })
}

// runTable answers a statement from the rows of a further object.
func runTable(t *Table, st *statement) ([]record, error) {
	var found []record
	for _, row := range t.Rows() {
		values := map[string]any{}
		for name, v := range row {
			values[strings.ToLower(name)] = v
		}
		get := func(name string) any { return values[strings.ToLower(name)] }
		if st.where != nil && !st.where(get) {
			continue
		}
		id, _ := get("Id").(string)
		r := record{kind: t.Name, id: id}
		for _, c := range st.columns {
			r.values = append(r.values, get(c))
		}
		for _, o := range st.orderBy {
			r.values = append(r.values, get(o.field))
		}
		found = append(found, r)
	}
	return order(st, found), nil
}

// describeTable describes a further object.
func describeTable(w http.ResponseWriter, t *Table) {
	all := []any{}
	for _, f := range t.Fields {
		all = append(all, map[string]any{
			"name": f.Name, "label": f.Name, "type": f.Kind, "length": f.Length, "updateable": f.Editable, "nillable": true,
			"permissionable": f.Securable,
			"custom":         strings.HasSuffix(f.Name, "__c"), "restrictedPicklist": false, "picklistValues": []any{},
		})
	}
	reply(w, 200, map[string]any{
		"name": t.Name, "label": t.Name, "keyPrefix": t.Prefix, "queryable": true, "createable": !t.Closed,
		"deletable": !t.Closed, "fields": all,
	})
}

// AllUsers are all users as they stand, in the order of the file that filled the org.
func (s *Server) AllUsers() []org.User {
	s.org.Lock()
	defer s.org.Unlock()
	all := make([]org.User, s.org.Count())
	for i := range all {
		all[i] = *s.org.At(i)
	}
	return all
}

// Active tells which users are active, by id.
func (s *Server) Active() map[string]bool {
	s.org.Lock()
	defer s.org.Unlock()
	all := map[string]bool{}
	for i := range s.org.Count() {
		all[s.org.At(i).ID] = s.org.At(i).Active
	}
	return all
}
