package salesforce

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rosterload/loader/simulator/org"
)

// queryJob is a Bulk API 2.0 query.
type queryJob struct {
	id, operation, version string
	statement              *statement
	created, due           time.Time
	records                []record
	places                 []int32 // of users: their values are read when they are asked for
	ran, aborted           bool
	failure                string
}

func (s *Server) serveQueryJobs(w http.ResponseWriter, r *http.Request, version string, rest []string, body []byte) {
	if len(rest) == 0 || rest[0] == "" {
		if r.Method == http.MethodPost {
			s.createQuery(w, version, body)
			return
		}
		s.listQueries(w, version)
		return
	}
	s.mu.Lock()
	q := s.queries[rest[0]]
	s.mu.Unlock()
	switch {
	case q == nil:
		notFound(w)
	case len(rest) > 1 && strings.EqualFold(rest[1], "results"):
		s.queryResults(w, r, q, version)
	case len(rest) > 1 && strings.EqualFold(rest[1], "resultPages"):
		reply(w, 200, map[string]any{"done": true, "nextRecordsUrl": nil, "resultPages": []map[string]string{{"resultUrl": "/services/data/" + version + "/jobs/query/" + q.id + "/results"}}})
	case r.Method == http.MethodDelete:
		s.mu.Lock()
		delete(s.queries, q.id)
		s.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPatch:
		q.aborted = true
		reply(w, 200, s.queryInfo(q, true))
	default:
		s.advance(q)
		reply(w, 200, s.queryInfo(q, true))
	}
}

func (s *Server) createQuery(w http.ResponseWriter, version string, body []byte) {
	var ask struct{ Operation, Query string }
	if err := json.Unmarshal(body, &ask); err != nil {
		refuse(w, 400, "JSON_PARSER_ERROR", err.Error())
		return
	}
	if ask.Operation != "query" && ask.Operation != "queryAll" {
		refuse(w, 400, "INVALIDJOB", "InvalidJob : operation "+ask.Operation+" is not supported")
		return
	}
	st, err := parse(ask.Query)
	if err == nil && (st.count || st.counted != "" || st.offset > 0) {
		err = &soqlError{"API_ERROR", "Aggregate Relationships and OFFSET are not supported in Bulk Query"}
	}
	if err == nil && strings.EqualFold(st.object, "User") {
		err = s.checkColumns(st)
	}
	if err != nil {
		e := err.(*soqlError)
		refuse(w, 400, e.code, e.message)
		return
	}
	s.mu.Lock()
	s.serial++
	q := &queryJob{id: org.MakeID("750", s.serial), operation: ask.Operation, version: version, statement: st, created: s.now()}
	q.due = q.created.Add(s.jobDelayLocked())
	s.queries[q.id] = q
	s.mu.Unlock()
	reply(w, 200, s.queryInfo(q, false))
}

func (s *Server) listQueries(w http.ResponseWriter, version string) {
	s.mu.Lock()
	var mine []*queryJob
	for _, q := range s.queries {
		if q.version == version {
			mine = append(mine, q)
		}
	}
	s.mu.Unlock()
	all := []any{}
	for _, q := range mine {
		all = append(all, s.queryInfo(q, true))
	}
	reply(w, 200, map[string]any{"done": true, "records": all, "nextRecordsUrl": nil})
}

// advance runs the query once its time has come.
func (s *Server) advance(q *queryJob) {
	if q.ran || q.aborted || s.now().Before(q.due) {
		return
	}
	var err error
	if strings.EqualFold(q.statement.object, "User") && q.statement.orderBy == nil {
		q.places, err = s.placesOf(q.statement)
	} else {
		q.records, err = s.run(q.statement)
	}
	if err != nil {
		q.failure = err.Error()
	}
	q.ran = true
}

func (q *queryJob) count() int { return len(q.records) + len(q.places) }

func (s *Server) queryInfo(q *queryJob, whole bool) map[string]any {
	state := "UploadComplete"
	switch {
	case q.aborted:
		state = "Aborted"
	case q.failure != "":
		state = "Failed"
	case q.ran:
		state = "JobComplete"
	case s.now().Sub(q.created) > s.jobDelay()/2:
		state = "InProgress"
	}
	info := map[string]any{
		"id": q.id, "operation": q.operation, "object": q.statement.object, "createdById": s.admin, "createdDate": stamp(q.created),
		"systemModstamp": stamp(s.now()), "state": state, "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": number(q.version),
		"lineEnding": "LF", "columnDelimiter": "COMMA",
	}
	if whole {
		info["jobType"], info["retries"], info["totalProcessingTime"], info["isPkChunkingSupported"] = "V2Query", 0, 10, true
		info["numberRecordsProcessed"] = q.count()
		if q.failure != "" {
			info["errorMessage"] = q.failure
		}
	}
	return info
}

// queryResults pages by locator. Every value is quoted, and the header stands on each page.
func (s *Server) queryResults(w http.ResponseWriter, r *http.Request, q *queryJob, version string) {
	if version != q.version {
		refuse(w, 409, "API_ERROR", "The API version of the job is "+q.version)
		return
	}
	if !q.ran {
		refuse(w, 400, "INVALIDJOBSTATE", "The job is not complete")
		return
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("locator"))
	size, err := strconv.Atoi(r.URL.Query().Get("maxRecords"))
	if err != nil || size <= 0 {
		size = 100_000
	}
	from = min(from, q.count())
	end := min(from+size, q.count())
	next := "null"
	if end < q.count() {
		next = strconv.Itoa(end)
	}
	w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
	w.Header().Set("Sforce-Locator", next)
	w.Header().Set("Sforce-NumberOfRecords", strconv.Itoa(max(0, end-from)))
	w.WriteHeader(200)
	out := bufio.NewWriterSize(w, 1<<16)
	var line []byte
	for i, c := range q.statement.columns {
		if i > 0 {
			line = append(line, ',')
		}
		line = appendQuoted(line, properName(c))
	}
	_, _ = out.Write(append(line, '\n'))
	s.eachValue(q, from, end, func(column int, value any) {
		if column == 0 {
			line = line[:0]
		} else {
			line = append(line, ',')
		}
		line = appendQuoted(line, text(value))
		if column == len(q.statement.columns)-1 {
			_, _ = out.Write(append(line, '\n'))
		}
	})
	_ = out.Flush()
}

// eachValue hands over the values of some of a query's records, in order.
func (s *Server) eachValue(q *queryJob, from, end int, each func(column int, value any)) {
	if q.places == nil {
		for _, rec := range q.records[from:end] {
			for i := range q.statement.columns {
				each(i, rec.values[i])
			}
		}
		return
	}
	read := s.reader()
	s.org.Lock()
	defer s.org.Unlock()
	for _, place := range q.places[from:end] {
		u := s.org.At(int(place))
		for i, c := range q.statement.columns {
			each(i, read(u, c))
		}
	}
}

func text(v any) string {
	switch t := v.(type) {
	case nil:
		return ""
	case string:
		return t
	}
	return fmt.Sprint(v)
}

func appendQuoted(line []byte, s string) []byte {
	line = append(line, '"')
	for i := range len(s) {
		if s[i] == '"' {
			line = append(line, '"')
		}
		line = append(line, s[i])
	}
	return append(line, '"')
}
