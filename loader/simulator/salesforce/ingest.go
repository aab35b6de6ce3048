package salesforce

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rosterload/loader/simulator/org"
)

// job is a Bulk API 2.0 ingest job.
type job struct {
	id, object, operation, external, lineEnding, delimiter, version string
	state, message                                                  string
	created, modified, due, ended                                   time.Time
	uploaded                                                        bool
	data                                                            []byte
	header                                                          []string
	rows, processed                                                 int
	failed                                                          map[int]string // row → sf__Error
	made                                                            map[int]bool
	ids                                                             []string // row → id, "" where it was none
	limit                                                           int      // rows that are processed before the job fails, -1: all
	failure                                                         string
	aborted                                                         bool // by somebody else, in the middle
	removals, upserts                                               bool // what it asks for
}

func (j *job) isOver() bool {
	return j.state == "JobComplete" || j.state == "Failed" || j.state == "Aborted"
}

// jobDelay is how long a job is queued and busy; an org without delays is asked for by --delay 0.
func (s *Server) jobDelay() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.jobDelayLocked()
}

func (s *Server) jobDelayLocked() time.Duration {
	if delay, err := time.ParseDuration(s.faults.Switches.JobDelay); err == nil {
		return delay
	}
	if s.options.Delay == 0 {
		return 0
	}
	return 300 * time.Millisecond
}

func (s *Server) serveIngest(w http.ResponseWriter, r *http.Request, version string, rest []string, body []byte) {
	if len(rest) == 0 || rest[0] == "" {
		switch r.Method {
		case http.MethodPost:
			s.createJob(w, r, version, body)
		case http.MethodGet:
			s.listJobs(w, r, version)
		default:
			wrongMethod(w, r.Method, "GET,POST")
		}
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[rest[0]]
	if j == nil || s.switchesLocked().Purged {
		notFound(w)
		return
	}
	s.advanceJob(j)
	if len(rest) > 1 {
		s.serveJobPart(w, r, j, strings.ToLower(rest[1]), body)
		return
	}
	switch r.Method {
	case http.MethodGet:
		reply(w, 200, s.jobInfo(j, true))
	case http.MethodPatch:
		s.changeState(w, j, body)
	case http.MethodDelete:
		if !j.isOver() && j.state != "UploadComplete" {
			refuse(w, 400, "API_ERROR", "Error encountered when deleting the job because the job is not terminated")
			return
		}
		delete(s.jobs, j.id)
		w.WriteHeader(http.StatusNoContent)
	default:
		wrongMethod(w, r.Method, "GET,PATCH,DELETE,HEAD")
	}
}

func (s *Server) serveJobPart(w http.ResponseWriter, r *http.Request, j *job, part string, body []byte) {
	switch {
	case part == "batches" && r.Method == http.MethodPut:
		s.upload(w, j, body)
	case part == "successfulresults":
		s.results(w, j, "sf__Id,sf__Created", func(row int) ([]string, bool) {
			_, bad := j.failed[row]
			return []string{j.ids[row], strconv.FormatBool(j.made[row])}, !bad && row < j.processed
		})
	case part == "failedresults":
		s.results(w, j, "sf__Id,sf__Error", func(row int) ([]string, bool) {
			e, bad := j.failed[row]
			return []string{j.ids[row], e}, bad
		})
	case part == "unprocessedrecords":
		s.results(w, j, "", func(row int) ([]string, bool) { return nil, row >= j.processed && j.isOver() })
	default:
		notFound(w)
	}
}

func (s *Server) createJob(w http.ResponseWriter, r *http.Request, version string, body []byte) {
	var content []byte
	if kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "multipart/form-data" {
		if body, content, err = parts(body, params["boundary"]); err != nil {
			refuse(w, 400, "CLIENTINPUTERROR", err.Error())
			return
		}
	}
	var ask struct {
		Object, Operation, LineEnding, ColumnDelimiter string
		External                                       string `json:"externalIdFieldName"`
	}
	if err := json.Unmarshal(body, &ask); err != nil {
		refuse(w, 400, "JSON_PARSER_ERROR", err.Error())
		return
	}
	if code, text := s.refuseJob(ask.Object, ask.Operation, ask.External, ask.LineEnding, ask.ColumnDelimiter); code != "" {
		refuse(w, 400, code, text)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	j := &job{
		id: org.MakeID("750", s.serial), object: "User", operation: ask.Operation, external: ask.External, version: version, state: "Open",
		lineEnding: orElse(ask.LineEnding, "LF"), delimiter: orElse(ask.ColumnDelimiter, "COMMA"), created: s.now(), modified: s.now(),
		failed: map[int]string{}, made: map[int]bool{}, limit: -1,
	}
	s.jobs[j.id] = j
	s.order = append(s.order, j.id)
	if content != nil {
		s.take(j, content)
		s.close(j)
	}
	reply(w, 200, s.jobInfo(j, false))
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

var delimiters = map[string]byte{"BACKQUOTE": '`', "CARET": '^', "COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "TAB": '\t'}

func (s *Server) refuseJob(object, operation, external, lineEnding, delimiter string) (code, text string) {
	_, known := delimiters[orElse(delimiter, "COMMA")]
	switch {
	case object == "":
		return "INVALIDJOB", "InvalidJob : object is required"
	case !strings.EqualFold(object, "User"):
		return "INVALIDENTITY", "InvalidEntity : Unable to find object: " + object
	case operation != "update" && operation != "upsert" && operation != "insert" && operation != "delete" && operation != "hardDelete":
		return "INVALIDJOB", "InvalidJob : operation " + operation + " is not supported"
	case operation == "delete" || operation == "hardDelete":
		return "INVALIDJOB", "InvalidJob : User cannot be deleted"
	case !known || lineEnding != "" && lineEnding != "LF" && lineEnding != "CRLF":
		return "INVALIDJOB", "InvalidJob : a value is none of its list"
	case s.switches().NoAccess:
		return "INVALIDJOB", "InvalidJob : No create/update access for object:User"
	case operation == "upsert" && external == "":
		return "INVALIDJOB", "External ID was blank for User. An External ID must be specified for upsert."
	case operation == "upsert" && !strings.EqualFold(external, "Id") && !strings.EqualFold(external, "Username"):
		return "INVALIDJOB", "InvalidJob : Field name provided, " + external + " does not match an External ID, Salesforce Id, or indexed field for User"
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
func (s *Server) upload(w http.ResponseWriter, j *job, body []byte) {
	switch {
	case j.uploaded:
		s.Violate("a second PUT to job %s", j.id)
		refuse(w, 400, "CLIENTINPUTERROR", "Found multiple contents for job: <"+j.id+">, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job.")
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
	j.uploaded, j.data, j.modified = true, body, s.now()
	s.judgeData(j)
}

func (s *Server) close(j *job) {
	now := s.now()
	j.state, j.modified, j.due = "UploadComplete", now, now.Add(s.jobDelayLocked())
}

func (s *Server) changeState(w http.ResponseWriter, j *job, body []byte) {
	var ask struct{ State string }
	if err := json.Unmarshal(body, &ask); err != nil {
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

func (s *Server) listJobs(w http.ResponseWriter, r *http.Request, version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []any
	for _, id := range s.order {
		if j := s.jobs[id]; j != nil {
			s.advanceJob(j)
			info := s.jobInfo(j, false)
			info["jobType"] = "V2Ingest"
			all = append(all, info)
		}
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("queryLocator"))
	end := min(from+1000, len(all))
	page := map[string]any{"done": end == len(all), "records": append([]any{}, all[min(from, end):end]...), "nextRecordsUrl": nil}
	if end < len(all) {
		page["nextRecordsUrl"] = "/services/data/" + version + "/jobs/ingest?queryLocator=" + strconv.Itoa(end)
	}
	reply(w, 200, page)
}

func number(version string) json.Number {
	if version == "latest" {
		return json.Number(strconv.Itoa(newest) + ".0")
	}
	return json.Number(strings.TrimPrefix(version, "v"))
}

// jobInfo has all keys of "Get Job Info" when whole, and those of the answers to POST and PATCH otherwise.
func (s *Server) jobInfo(j *job, whole bool) map[string]any {
	info := map[string]any{
		"id": j.id, "operation": j.operation, "object": j.object, "createdById": s.admin, "createdDate": stamp(j.created), "systemModstamp": stamp(j.modified),
		"state": j.state, "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": number(j.version),
	}
	if j.operation == "upsert" {
		info["externalIdFieldName"] = j.external
	}
	if j.state == "Open" {
		info["contentUrl"] = "services/data/" + j.version + "/jobs/ingest/" + j.id + "/batches"
	}
	if whole || j.state == "Open" {
		info["lineEnding"], info["columnDelimiter"] = j.lineEnding, j.delimiter
	}
	if !whole {
		return info
	}
	info["jobType"], info["retries"], info["totalProcessingTime"], info["apiActiveProcessingTime"], info["apexProcessingTime"] = "V2Ingest", 0, 0, 0, 0
	if j.state != "Open" {
		processed, failed := j.processed, len(j.failed)
		if s.switchesLocked().StuckCounters {
			processed, failed = 0, 0
		}
		info["numberRecordsProcessed"], info["numberRecordsFailed"] = processed, failed
	}
	if j.message != "" {
		info["errorMessage"] = j.message
	}
	return info
}
