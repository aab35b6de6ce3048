package salesforce

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/org"
)

// job is a Bulk API 2.0 ingest job.
type job struct {
	id, object, operation, external, lineEnding, delimiter, version string
	state, message                                                  string
	created, modified, due, ended                                   time.Time
	uploaded                                                        bool
	data                                                            string
	header                                                          []string
	rows, processed                                                 int
	failed                                                          map[int]string // row → sf__Error
	made                                                            map[int]bool
	ids                                                             []string // row → id, "" where it was none
	limit                                                           int      // rows that are processed before the job fails, -1: all
	failure                                                         string
	aborted                                                         bool // by another program, in the middle
	removals, upserts                                               bool // what it asks for
}

func (j *job) isOver() bool {
	return j.state == "JobComplete" || j.state == "Failed" || j.state == "Aborted"
}

// jobDelay is how long a job is queued and busy; an org without delays is asked for by --delay 0.
func (s *Server) jobDelay() time.Duration {
	if delay, err := time.ParseDuration(s.switches().JobDelay); err == nil {
		return delay
	}
	if s.options.Delay == 0 {
		return 0
	}
	return 300 * time.Millisecond
}

// serveJob finds a job, lets it come as far as the time allows, and hands it on with s.mu held.
func (s *Server) serveJob(serve func(w http.ResponseWriter, r *http.Request, j *job)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		id, _ := org.FullID(r.PathValue("id"))
		j := s.jobs[id]
		if j == nil || s.switches().Purged {
			notFound(w)
			return
		}
		s.advanceJob(j)
		serve(w, r, j)
	}
}

func (s *Server) showJob(w http.ResponseWriter, _ *http.Request, j *job) {
	reply(w, 200, s.jobInfo(j, true))
}

func (s *Server) deleteJob(w http.ResponseWriter, _ *http.Request, j *job) {
	if !j.isOver() && j.state != "UploadComplete" {
		refuse(w, 400, "API_ERROR", "Error encountered when deleting the job because the job is not terminated")
		return
	}
	delete(s.jobs, j.id)
	w.WriteHeader(http.StatusNoContent)
}

// asked is what a job is created with.
type asked struct {
	Object, Operation, ContentType, LineEnding, ColumnDelimiter string
	External                                                    string `json:"externalIdFieldName"`
}

func (s *Server) createJob(w http.ResponseWriter, r *http.Request) {
	body := front.Body(r)
	var content []byte
	if kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil &&
		kind == "multipart/form-data" {
		if body, content, err = parts(body, params["boundary"]); err != nil {
			refuse(w, 400, "CLIENTINPUTERROR", err.Error())
			return
		}
	}
	var ask asked
	if err := json.Unmarshal(body, &ask); err != nil {
		refuse(w, 400, "JSON_PARSER_ERROR", err.Error())
		return
	}
	code, text := s.refuseJob(ask)
	if code == "" {
		code, text = refuseForm(ask.ContentType, ask.LineEnding, ask.ColumnDelimiter)
	}
	if code != "" {
		refuse(w, 400, code, text)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.newJob(ask, r.PathValue("version"))
	if content != nil {
		s.take(j, content)
		s.close(j)
	}
	reply(w, 200, s.jobInfo(j, false))
}

func (s *Server) newJob(ask asked, version string) *job {
	s.serial++
	j := &job{
		id: org.MakeID("750", s.serial), object: "User", operation: ask.Operation, external: ask.External,
		version:    version,
		state:      "Open",
		lineEnding: orElse(ask.LineEnding, "LF"), delimiter: orElse(ask.ColumnDelimiter, "COMMA"), created: s.now(),
		modified: s.now(),
		failed:   map[int]string{}, made: map[int]bool{}, limit: -1,
	}
	s.jobs[j.id] = j
	s.order = append(s.order, j.id)
	return j
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

var (
	delimiters = map[string]byte{
		"BACKQUOTE": '`', "CARET": '^', "COMMA": ',', "PIPE": '|', "SEMICOLON": ';',
		"TAB": '\t',
	}
	lineEndings = map[string]string{"LF": "\n", "CRLF": "\r\n"}
)

// refuseForm says why data cannot have a form. Each of its words is one of a list, in capitals; a word left out is
// the first of its list.
func refuseForm(contentType, lineEnding, delimiter string) (code, text string) {
	_, isDelimiter := delimiters[orElse(delimiter, "COMMA")]
	_, isEnding := lineEndings[orElse(lineEnding, "LF")]
	switch {
	case contentType != "" && contentType != "CSV":
		return "INVALIDJOB", "InvalidJob : contentType " + contentType + " is not supported"
	case !isEnding:
		return "INVALIDJOB", "InvalidJob : lineEnding " + lineEnding + " is not supported"
	case !isDelimiter:
		return "INVALIDJOB", "InvalidJob : columnDelimiter " + delimiter + " is not supported"
	}
	return "", ""
}

func (s *Server) refuseJob(ask asked) (code, text string) {
	switch {
	case ask.Object == "":
		return "INVALIDJOB", "InvalidJob : object is required"
	case !strings.EqualFold(ask.Object, "User"):
		return "INVALIDENTITY", "InvalidEntity : Unable to find object: " + ask.Object
	case !slices.Contains([]string{"insert", "delete", "hardDelete", "update", "upsert"}, ask.Operation):
		return "INVALIDJOB", "InvalidJob : operation " + ask.Operation + " is not supported"
	case ask.Operation == "delete" || ask.Operation == "hardDelete":
		return "INVALIDJOB", "InvalidJob : User cannot be deleted"
	case s.switches().NoAccess:
		return "INVALIDJOB", "InvalidJob : No create/update access for object:User"
	case ask.Operation == "upsert" && ask.External == "":
		return "INVALIDJOB", "External ID was blank for User. An External ID must be specified for upsert."
	case ask.Operation == "upsert" && !strings.EqualFold(ask.External, "Id") &&
		!strings.EqualFold(ask.External, "Username"):
		return "INVALIDJOB", "InvalidJob : Field name provided, " + ask.External +
			" does not match an External ID, Salesforce Id, or indexed field for User"
	}
	return "", ""
}

// parts takes a multipart body apart: the job, and its data.
func parts(body []byte, boundary string) (ask, content []byte, err error) {
	in := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		p, err := in.NextPart()
		if err == io.EOF {
			return ask, content, nil
		}
		if err != nil {
			return nil, nil, err
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return nil, nil, err
		}
		if p.FormName() == "content" {
			content = data
		} else {
			ask = data
		}
	}
}

// upload takes the data, once. Nothing is read yet: what is wrong with them is said later, by the job.
func (s *Server) upload(w http.ResponseWriter, r *http.Request, j *job) {
	body := front.Body(r)
	switch {
	case j.uploaded:
		s.Violate("a second PUT to job %s", j.id)
		refuse(w, 400, "CLIENTINPUTERROR", "Found multiple contents for job: <"+j.id+
			">, please 'Close' / 'Abort' / 'Delete' the current Job "+
			"then create a new Job and make sure you only do 'PUT' once on a given Job.")
	case j.state != "Open":
		refuse(w, 400, "INVALIDJOBSTATE", "Job is not open")
	case len(body) > 150<<20:
		refuse(w, 413, "REQUEST_TOO_LARGE", "the data are larger than 150 MB")
	default:
		s.take(j, body)
		w.WriteHeader(http.StatusCreated)
	}
}

func (s *Server) take(j *job, body []byte) {
	j.uploaded, j.data, j.modified = true, string(body), s.now()
	s.judgeData(j)
}

func (s *Server) close(j *job) {
	now := s.now()
	j.state, j.modified, j.due = "UploadComplete", now, now.Add(s.jobDelay())
}

func (s *Server) changeState(w http.ResponseWriter, r *http.Request, j *job) {
	var ask struct{ State string }
	if err := json.Unmarshal(front.Body(r), &ask); err != nil {
		refuse(w, 400, "JSON_PARSER_ERROR", err.Error())
		return
	}
	verb := map[string]string{"UploadComplete": "Closing", "Aborted": "Aborting"}[ask.State]
	switch {
	case verb == "":
		refuse(w, 400, "INVALIDJOB", "InvalidJob : state "+ask.State+" cannot be set")
		return
	case j.isOver() || ask.State == "UploadComplete" && j.state != "Open":
		refuse(w, 400, "INVALIDJOBSTATE", verb+" already Completed Job not allowed")
		return
	case ask.State == "Aborted":
		j.state, j.ended, j.modified = "Aborted", s.now(), s.now()
	default:
		s.close(j)
	}
	reply(w, 200, s.jobInfo(j, false))
}

// listJobs lists the jobs of every program, those of one kind when jobType says so.
func (s *Server) listJobs(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []any{}
	for _, id := range s.order {
		if j := s.jobs[id]; j != nil && ofType(r, "V2Ingest") {
			s.advanceJob(j)
			all = append(all, s.jobInfo(j, false).Add("jobType", "V2Ingest"))
		}
	}
	replyList(w, r, all)
}

// ofType tells whether a list of jobs is to hold those of a kind.
func ofType(r *http.Request, kind string) bool {
	asked := r.URL.Query().Get("jobType")
	return asked == "" || asked == kind
}

// replyList writes a page of a list of jobs.
func replyList(w http.ResponseWriter, r *http.Request, all []any) {
	from, err := strconv.Atoi(r.URL.Query().Get("queryLocator"))
	if err != nil || from < 0 {
		from = 0
	}
	from = min(from, len(all))
	end := min(from+1000, len(all))
	var next any
	if end < len(all) {
		next = r.URL.Path + "?queryLocator=" + strconv.Itoa(end)
	}
	reply(w, 200, front.NewObject("done", end == len(all), "records", all[from:end], "nextRecordsUrl", next))
}

func number(version string) json.Number {
	if version == "latest" {
		return json.Number(strconv.Itoa(newest) + ".0")
	}
	return json.Number(strings.TrimPrefix(version, "v"))
}

// jobInfo has all keys of "Get Job Info" when whole, and those of the answers to POST and PATCH otherwise.
func (s *Server) jobInfo(j *job, whole bool) *front.Object {
	open := j.state == "Open"
	info := front.NewObject(
		"id", j.id, "operation", j.operation, "object", j.object, "createdById", s.admin, "createdDate",
		stamp(j.created),
		"systemModstamp", stamp(j.modified),
		"state", j.state,
	)
	info.AddIf(j.operation == "upsert", "externalIdFieldName", j.external)
	info.Add("concurrencyMode", "Parallel", "contentType", "CSV", "apiVersion", number(j.version))
	info.AddIf(whole, "jobType", "V2Ingest")
	info.AddIf(open, "contentUrl", "services/data/"+j.version+"/jobs/ingest/"+j.id+"/batches")
	info.AddIf(whole || open, "lineEnding", j.lineEnding, "columnDelimiter", j.delimiter)
	if !whole {
		return info
	}
	processed, failed := j.processed, len(j.failed)
	if s.switches().StuckCounters {
		processed, failed = 0, 0
	}
	info.AddIf(!open, "numberRecordsProcessed", processed, "numberRecordsFailed", failed)
	info.Add("retries", 0, "totalProcessingTime", 0, "apiActiveProcessingTime", 0, "apexProcessingTime", 0)
	return info.AddIf(j.message != "", "errorMessage", j.message)
}
