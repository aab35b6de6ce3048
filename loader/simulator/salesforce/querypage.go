package salesforce

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

const pageSize = 2000

// cursor is a query whose answer does not fit into one page.
type cursor struct {
	columns []string
	records []record
}

func (s *Server) serveQuery(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.RequestURI()) > 16384 {
		refuse(w, 414, "URI_TOO_LONG", "The URI is too long")
		return
	}
	st, err := parse(r.URL.Query().Get("q"))
	if err == nil {
		err = s.check(st)
	}
	if err != nil {
		refuseQuery(w, err)
		return
	}
	if r.URL.Query().Get("columns") == "true" {
		serveColumns(w, st)
		return
	}
	found, err := s.run(st)
	switch {
	case err != nil:
		refuseQuery(w, err)
	case st.count:
		reply(w, 200, front.NewObject("totalSize", len(found), "done", true, "records", []any{}))
	case st.counted != "":
		reply(w, 200, front.NewObject("totalSize", 1, "done", true, "records", []any{
			front.NewObject("attributes", front.NewObject("type", "AggregateResult"), st.counted, len(found)),
		}))
	default:
		s.replyPage(w, r, &cursor{st.columns, found}, "", 0)
	}
}

func refuseQuery(w http.ResponseWriter, err error) {
	var e *soqlError
	if !errors.As(err, &e) {
		e = &soqlError{"UNKNOWN_EXCEPTION", err.Error()}
	}
	refuseData(w, 400, e.code, e.message, nil)
}

// replyPage writes one page, and where the next is found.
func (s *Server) replyPage(w http.ResponseWriter, r *http.Request, c *cursor, locator string, from int) {
	version := r.PathValue("version")
	size := pageSize
	if n := s.switches().PageSize; n > 0 {
		size = min(size, n)
	}
	end := min(from+size, len(c.records))
	page := front.NewObject("totalSize", len(c.records), "done", end == len(c.records))
	if end < len(c.records) {
		if locator == "" {
			locator = s.keepCursor(c)
		}
		page.Add("nextRecordsUrl", fmt.Sprintf("/services/data/%s/query/%s-%d", version, locator, end))
	}
	rows := make([]json.RawMessage, 0, end-from)
	for _, rec := range c.records[from:end] {
		rows = append(rows, rec.json(version, c.columns))
	}
	reply(w, 200, page.Add("records", rows))
}

func (s *Server) keepCursor(c *cursor) (locator string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	locator = org.MakeID("01g", s.serial)
	s.cursors[locator] = c
	return locator
}

func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	locator, at, _ := strings.Cut(r.PathValue("locator"), "-")
	from, err := strconv.Atoi(at)
	s.mu.Lock()
	c := s.cursors[locator]
	s.mu.Unlock()
	if c == nil || err != nil || from < 0 || from > len(c.records) {
		refuseData(w, 400, "INVALID_QUERY_LOCATOR", "invalid query locator", nil)
		return
	}
	s.replyPage(w, r, c, locator, from)
}

// json spells a record: its attributes first, then the columns as they were asked for. A parent's columns stand
// together in an object of its own.
func (r record) json(version string, columns []string) json.RawMessage {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"attributes":{"type":%q,"url":"/services/data/%s/sobjects/%s/%s"}`, r.kind, version, r.kind, r.id)
	r.members(&b, version, columns, "")
	b.WriteByte('}')
	return b.Bytes()
}

// members writes the columns that begin with a parent's name and a dot, without it.
func (r record) members(b *bytes.Buffer, version string, columns []string, parent string) {
	written := map[string]bool{}
	for i, c := range columns {
		if len(c) < len(parent) || !strings.EqualFold(c[:len(parent)], parent) {
			continue
		}
		name, _, isParent := strings.Cut(c[len(parent):], ".")
		if !isParent {
			value, _ := json.Marshal(r.values[i])
			fmt.Fprintf(b, ",%q:%s", properName(name), value)
			continue
		}
		if !written[name] {
			written[name] = true
			fmt.Fprintf(b, `,%q:{"attributes":{"type":%q,"url":"/services/data/%s/sobjects/%s/%s"}`, name, name,
				version, name, profileID)
			r.members(b, version, columns, parent+name+".")
			b.WriteByte('}')
		}
	}
}

func properName(name string) string {
	for _, f := range fields {
		if strings.EqualFold(f.name, name) {
			return f.name
		}
	}
	return name
}

// serveColumns answers columns=true: what the columns of a query are.
func serveColumns(w http.ResponseWriter, st *statement) {
	metadata := []any{}
	for _, c := range st.columns {
		metadata = append(metadata, front.NewObject(
			"aggregate", false, "apexType", "String", "booleanType", strings.EqualFold(c, "IsActive"),
			"columnName", properName(c),
			"custom", strings.HasSuffix(c, "__c"), "displayName", properName(c), "foreignKeyName", nil, "insertable",
			true,
			"joinColumns", []any{},
			"numberType", false, "textType", true, "updatable", true,
		))
	}
	reply(w, 200, front.NewObject("columnMetadata", metadata, "entityName", st.object, "groupBy", false, "idSelected",
		true, "keyPrefix", "005"))
}
