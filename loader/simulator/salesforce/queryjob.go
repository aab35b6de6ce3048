package salesforce

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

// queryJob is a Bulk API 2.0 query.
type queryJob struct {
	id, operation, version string
	lineEnding, delimiter  string
	statement              *statement
	created, due           time.Time
	records                []record
	places                 []int32 // of users: their values are read when they are asked for
	ran, aborted           bool
	failure                string
}

// serveQueryJob finds a query job, lets it run when its time has come, and hands it on with s.mu held.
func (s *Server) serveQueryJob(serve func(w http.ResponseWriter, r *http.Request, q *queryJob)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		id, _ := org.FullID(r.PathValue("id"))
		q := s.queries[id]
		if q == nil {
			notFound(w)
			return
		}
		s.advance(q)
		serve(w, r, q)
	}
}

func (s *Server) showQuery(w http.ResponseWriter, _ *http.Request, q *queryJob) {
	reply(w, 200, s.queryInfo(q, true))
}

func (s *Server) deleteQuery(w http.ResponseWriter, _ *http.Request, q *queryJob) {
	if !q.isOver() {
		refuse(w, 400, "API_ERROR", "Error encountered when deleting the job because the job is not terminated")
		return
	}
	delete(s.queries, q.id)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) abortQuery(w http.ResponseWriter, r *http.Request, q *queryJob) {
	var ask struct{ State string }
	if err := json.Unmarshal(front.Body(r), &ask); err != nil {
		refuse(w, 400, "JSON_PARSER_ERROR", err.Error())
		return
	}
	switch {
	case ask.State != "Aborted":
		refuse(w, 400, "INVALIDJOB", "InvalidJob : state "+ask.State+" cannot be set")
	case q.isOver():
		refuse(w, 400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
	default:
		q.aborted = true
		reply(w, 200, s.queryInfo(q, false))
	}
}

func (s *Server) queryPages(w http.ResponseWriter, r *http.Request, q *queryJob) {
	page := front.NewObject("resultUrl", "/services/data/"+r.PathValue("version")+"/jobs/query/"+q.id+"/results")
	reply(w, 200, front.NewObject("resultPages", []any{page}, "nextRecordsUrl", nil, "done", true))
}

func (s *Server) createQuery(w http.ResponseWriter, r *http.Request) {
	var ask struct{ Operation, Query, ContentType, LineEnding, ColumnDelimiter string }
	if err := json.Unmarshal(front.Body(r), &ask); err != nil {
		refuse(w, 400, "JSON_PARSER_ERROR", err.Error())
		return
	}
	code, text := refuseForm(ask.ContentType, ask.LineEnding, ask.ColumnDelimiter)
	if ask.Operation != "query" && ask.Operation != "queryAll" {
		code, text = "INVALIDJOB", "InvalidJob : operation "+ask.Operation+" is not supported"
	}
	if code != "" {
		refuse(w, 400, code, text)
		return
	}
	st, err := parse(ask.Query)
	if err == nil && (st.count || st.counted != "" || st.offset > 0) {
		err = &soqlError{"API_ERROR", "Aggregate Relationships and OFFSET are not supported in Bulk Query"}
	}
	if err == nil {
		err = s.check(st)
	}
	if err != nil {
		refuseQuery(w, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	q := &queryJob{
		id: org.MakeID("750", s.serial), operation: ask.Operation, version: r.PathValue("version"), statement: st,
		created:    s.now(),
		lineEnding: orElse(ask.LineEnding, "LF"), delimiter: orElse(ask.ColumnDelimiter, "COMMA"),
	}
	q.due = q.created.Add(s.jobDelay())
	s.queries[q.id] = q
	reply(w, 200, s.queryInfo(q, false))
}

func (s *Server) listQueries(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []any{}
	for _, id := range slices.Sorted(maps.Keys(s.queries)) {
		if ofType(r, "V2Query") {
			s.advance(s.queries[id])
			all = append(all, s.queryInfo(s.queries[id], false).Add("jobType", "V2Query"))
		}
	}
	replyList(w, r, all)
}

// advance runs the query once its time has come.
func (s *Server) advance(q *queryJob) {
	if q.ran || q.aborted || s.now().Before(q.due) {
		return
	}
	var err error
	if strings.EqualFold(q.statement.object, "User") && q.statement.orderBy == nil {
		q.places = s.placesOf(q.statement)
	} else {
		q.records, err = s.run(q.statement)
	}
	if err != nil {
		q.failure = err.Error()
	}
	q.ran = true
}

func (q *queryJob) count() int { return len(q.records) + len(q.places) }

func (q *queryJob) isOver() bool { return q.ran || q.aborted }

func (s *Server) stateOf(q *queryJob) string {
	switch {
	case q.aborted:
		return "Aborted"
	case q.failure != "":
		return "Failed"
	case q.ran:
		return "JobComplete"
	case s.now().Sub(q.created) > s.jobDelay()/2:
		return "InProgress"
	}
	return "UploadComplete"
}

// queryInfo has what a job's own address tells when whole, and the keys of the other answers otherwise.
func (s *Server) queryInfo(q *queryJob, whole bool) *front.Object {
	info := front.NewObject(
		"id", q.id, "operation", q.operation, "object", q.statement.object, "createdById", s.admin,
		"createdDate", stamp(q.created),
		"systemModstamp", stamp(s.now()), "state", s.stateOf(q), "concurrencyMode", "Parallel", "contentType", "CSV",
		"apiVersion", number(q.version),
	)
	info.AddIf(whole, "jobType", "V2Query").Add("lineEnding", q.lineEnding, "columnDelimiter", q.delimiter)
	if !whole {
		return info
	}
	info.Add("numberRecordsProcessed", q.count(), "retries", 0, "totalProcessingTime", 10, "isPkChunkingSupported",
		true)
	return info.AddIf(q.failure != "", "errorMessage", q.failure)
}

// largestPage is how many rows a page has when the caller does not say.
const largestPage = 100_000

// queryResults pages by locator. Every value is quoted, and the header stands on each page.
func (s *Server) queryResults(w http.ResponseWriter, r *http.Request, q *queryJob) {
	switch {
	case r.PathValue("version") != q.version:
		refuse(w, 409, "API_ERROR", "The API version of the job is "+q.version)
		return
	case !q.ran:
		refuse(w, 400, "INVALIDJOBSTATE", "The job is not complete")
		return
	}
	asked := r.URL.Query()
	from, err := strconv.Atoi(asked.Get("locator"))
	if err != nil && asked.Get("locator") != "" || from < 0 || from > q.count() {
		refuse(w, 400, "INVALID_QUERY_LOCATOR", "invalid query locator")
		return
	}
	size, err := strconv.Atoi(asked.Get("maxRecords"))
	if err != nil || size <= 0 {
		size = largestPage
	}
	end, next := min(from+size, q.count()), "null"
	if end < q.count() {
		next = strconv.Itoa(end)
	}
	w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
	w.Header().Set("Sforce-Locator", next)
	w.Header().Set("Sforce-NumberOfRecords", strconv.Itoa(end-from))
	w.WriteHeader(200)
	s.writePage(w, q, from, end)
}

func (s *Server) writePage(w http.ResponseWriter, q *queryJob, from, end int) {
	out := bufio.NewWriterSize(w, 1<<16)
	defer func() { _ = out.Flush() }()
	delimiter, ending, columns := delimiters[q.delimiter], lineEndings[q.lineEnding], q.statement.columns
	var line []byte
	add := func(column int, text string) {
		if column == 0 {
			line = line[:0]
		} else {
			line = append(line, delimiter)
		}
		line = appendQuoted(line, text)
		if column == len(columns)-1 {
			_, _ = out.Write(append(line, ending...))
		}
	}
	for i, c := range columns {
		add(i, properName(c))
	}
	s.eachValue(q, from, end, func(column int, value any) { add(column, text(value)) })
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
