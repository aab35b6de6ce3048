package vault

import (
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"

	"rosterload/loader/simulator/front"
)

const largestPage = 1000

// cursor is an answer of which pages are asked for.
type cursor struct {
	columns  []string
	places   []int
	pageSize int
}

func (s *Server) serveQuery(w http.ResponseWriter, r *http.Request) {
	text := r.URL.Query().Get("q")
	if r.Method == http.MethodPost && text == "" {
		text = formOf(r).Get("q")
	}
	switch {
	case text == "":
		fail(w, "PARAMETER_REQUIRED", "Missing required parameter [q]")
		return
	case len([]rune(text)) > 50_000:
		fail(w, "INVALID_DATA", "The query is longer than 50,000 characters")
		return
	}
	st, used, err := parse(text, !s.switches().NoCaseFolding)
	if err != nil {
		fail(w, "INCORRECT_QUERY_SYNTAX_ERROR", err.Error())
		return
	}
	if !strings.EqualFold(st.object, "user__sys") {
		fail(w, "INVALID_DATA", "The object ["+st.object+"] does not exist")
		return
	}
	if st.orderBy != "" {
		used = append(used, st.orderBy)
	}
	for _, name := range slices.Concat(st.columns, used) {
		if strings.EqualFold(name, tokenName) {
			s.Violate("the host token is selected: %s", text)
		}
		if s.fieldNamed(name) == nil {
			fail(w, "ATTRIBUTE_NOT_SUPPORTED", "The attribute ["+name+"] does not exist")
			return
		}
	}
	s.answer(w, r, st)
}

// answer finds the records of a statement and writes their first page.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, st *statement) {
	c := &cursor{columns: st.columns, pageSize: largestPage}
	if st.pageSize > 0 && st.pageSize < largestPage {
		c.pageSize = st.pageSize
	}
	if n := s.switches().PageSize; n > 0 && n < c.pageSize {
		c.pageSize = n
	}
	for i := range s.org.Count() {
		get := func(name string) (string, bool) { return s.text(name, i) }
		if st.where == nil || st.where(get) {
			c.places = append(c.places, i)
		}
	}
	if st.orderBy != "" {
		sort.SliceStable(c.places, func(i, j int) bool {
			a, _ := s.text(st.orderBy, c.places[i])
			b, _ := s.text(st.orderBy, c.places[j])
			if st.desc {
				a, b = b, a
			}
			return a < b
		})
	}
	c.places = c.places[min(st.offset, len(c.places)):]
	if st.maxRows >= 0 && st.maxRows < len(c.places) {
		c.places = c.places[:st.maxRows]
	}
	s.mu.Lock()
	id := fmt.Sprintf("%08d-0000-4000-8000-000000000000", len(s.cursors)+1)
	s.cursors[id] = c
	s.mu.Unlock()
	s.reply(w, r, id, c, 0)
}

// read is a field's value, nil for one that a switch has hidden meanwhile.
func (s *Server) read(name string, place int) any {
	if f := s.fieldNamed(name); f != nil {
		return f.read(s, place)
	}
	return nil
}

// text is a field as VQL compares it.
func (s *Server) text(name string, place int) (string, bool) {
	switch v := s.read(name, place).(type) {
	case string:
		return v, true
	case []string:
		return v[0], true
	}
	return "", false
}

func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("page")
	s.mu.Lock()
	c := s.cursors[id]
	s.mu.Unlock()
	from, err := strconv.Atoi(r.URL.Query().Get("pageoffset"))
	if c == nil || err != nil || from < 0 {
		fail(w, "INVALID_DATA", "The page does not exist")
		return
	}
	s.reply(w, r, id, c, from)
}

func (s *Server) reply(w http.ResponseWriter, r *http.Request, id string, c *cursor, from int) {
	end := min(from+c.pageSize, len(c.places))
	data := []any{}
	for _, place := range c.places[min(from, end):end] {
		row := front.NewObject()
		for _, name := range c.columns {
			row.Add(name, s.read(name, place))
		}
		data = append(data, row)
	}
	details := front.NewObject("pagesize", c.pageSize, "pageoffset", from, "size", len(data), "total", len(c.places))
	at := func(offset int) string {
		return fmt.Sprintf("/api/%s/query/%s?pagesize=%d&pageoffset=%d", r.PathValue("version"), id, c.pageSize, offset)
	}
	if end < len(c.places) {
		details.Add("next_page", at(end))
	}
	if from > 0 {
		details.Add("previous_page", at(max(0, from-c.pageSize)))
	}
	envelope(w, "SUCCESS", "responseDetails", details, "data", data)
}
