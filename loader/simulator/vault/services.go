package vault

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// loadJob is a job of Vault Loader: its tasks run strictly one after the other.
type loadJob struct {
	tasks   []loadTask
	began   time.Time
	asked   time.Time // for its status
	isAsked bool
}

type loadTask struct {
	ObjectType string `json:"object_type"`
	Object     string `json:"object"`
	Action     string `json:"action"`
	File       string `json:"file"`
	IDParam    string `json:"idparam"`
	well, bad  [][]string
}

var logHeader = []string{"responseStatus", "id", "name__v", "external_id__v", "errors", "rowId", "event", "id_param__value"}

// statusPause is how long a job's status may not be asked for again (Vault API reference, Errors).
const statusPause = 10 * time.Second

// serveServices answers file staging, Vault Loader and jobs.
func (s *Server) serveServices(w http.ResponseWriter, r *http.Request, path []string, body []byte) {
	is := strings.Join(path, "/")
	switch {
	case strings.HasPrefix(is, "file_staging/items"):
		s.stage(w, r, body)
	case is == "loader/load" && r.Method == http.MethodPost:
		s.load(w, body)
	case len(path) == 5 && path[0] == "loader" && path[2] == "tasks":
		s.loadLog(w, path[1], path[3], path[4])
	case len(path) == 2 && path[0] == "jobs":
		s.jobStatus(w, path[1])
	default:
		fail(w, "MALFORMED_URL", "The URL is malformed")
	}
}

// stage keeps an uploaded file, or makes a folder.
func (s *Server) stage(w http.ResponseWriter, r *http.Request, body []byte) {
	form := formOf(r, body)
	kind, path := form.Get("kind"), strings.TrimPrefix(form.Get("path"), "/")
	if kind == "" || path == "" {
		fail(w, "PARAMETER_REQUIRED", "Missing required parameter [kind] or [path]")
		return
	}
	content := form.Get("file")
	s.staged[path] = []byte(content)
	name := path[strings.LastIndexByte(path, '/')+1:]
	envelope(w, "SUCCESS", map[string]any{"data": map[string]any{"kind": kind, "path": "/" + path, "name": name, "size": len(content)}})
}

func (s *Server) load(w http.ResponseWriter, body []byte) {
	job := &loadJob{began: s.now()}
	if err := json.Unmarshal(body, &job.tasks); err != nil || len(job.tasks) == 0 || len(job.tasks) > 10 {
		fail(w, "INVALID_DATA", "The body is no array of one to ten tasks")
		return
	}
	answers := []map[string]any{}
	for i := range job.tasks {
		s.runTask(&job.tasks[i])
		answers = append(answers, map[string]any{"task_id": strconv.Itoa(i + 1), "object_type": job.tasks[i].ObjectType, "object": job.tasks[i].Object, "action": job.tasks[i].Action, "file": job.tasks[i].File})
	}
	id := 90000 + len(s.loads)
	s.loads[strconv.Itoa(id)] = job
	envelope(w, "SUCCESS", map[string]any{"url": fmt.Sprintf("/api/v26.2/services/jobs/%d", id), "job_id": strconv.Itoa(id), "tasks": answers})
}

// runTask updates records from a staged file.
func (s *Server) runTask(t *loadTask) {
	if t.ObjectType != "vobjects__v" || t.Object != "user__sys" || t.Action != "update" {
		t.bad = append(t.bad, []string{"FAILURE", "", "", "", "OPERATION_NOT_ALLOWED|only updates of user__sys are possible here", "1", "", ""})
		return
	}
	rows, err := s.csvRows(s.staged[strings.TrimPrefix(t.File, "/")])
	if err != nil {
		t.bad = append(t.bad, []string{"FAILURE", "", "", "", "INVALID_DATA|" + err.Error(), "1", "", ""})
		return
	}
	s.judge(rows)
	key := t.IDParam
	if key == "" {
		key = "id"
	}
	for n, one := range rows {
		line := []string{"", valueOf(one[key]), "", "", "", strconv.Itoa(n + 1), "", valueOf(one[t.IDParam])}
		i, known := s.locate(one, key)
		answer := refused(nil, "INVALID_DATA", "The resource ["+valueOf(one[key])+"] does not exist")
		if known {
			answer = s.save(i, one)
		}
		line[0] = answer["responseStatus"].(string)
		if errs, isList := answer["errors"].([]trouble); isList {
			line[4] = errs[0].Type + "|" + errs[0].Message
			t.bad = append(t.bad, line)
			continue
		}
		t.well = append(t.well, line)
	}
}

func (s *Server) loadLog(w http.ResponseWriter, id, task, which string) {
	job := s.loads[id]
	n, err := strconv.Atoi(task)
	if job == nil || err != nil || n < 1 || n > len(job.tasks) {
		fail(w, "INVALID_DATA", "The job does not exist")
		return
	}
	rows := job.tasks[n-1].well
	if which == "failurelog" {
		rows = job.tasks[n-1].bad
	}
	var text bytes.Buffer
	out := csv.NewWriter(&text)
	_ = out.Write(logHeader)
	_ = out.WriteAll(rows)
	w.Header().Set("Content-Type", "text/csv;charset=UTF-8")
	_, _ = w.Write(text.Bytes())
}

func (s *Server) jobStatus(w http.ResponseWriter, id string) {
	job := s.loads[id]
	if job == nil {
		fail(w, "INVALID_DATA", "The job does not exist")
		return
	}
	if job.isAsked && s.now().Sub(job.asked) < statusPause {
		fail(w, "API_LIMIT_EXCEEDED", "A job's status may be asked for once in ten seconds")
		return
	}
	job.asked, job.isAsked = s.now(), true
	status := "SUCCESS"
	for _, t := range job.tasks {
		if len(t.bad) > 0 {
			status = "ERRORS_ENCOUNTERED"
		}
	}
	number, _ := strconv.Atoi(id)
	stamp := job.began.UTC().Format("2006-01-02T15:04:05.000Z")
	envelope(w, "SUCCESS", map[string]any{"data": map[string]any{
		"id": number, "status": status, "method": "POST", "links": []any{}, "created_by": 61500, "created_date": stamp, "run_start_date": stamp, "run_end_date": stamp,
	}})
}

// serveLogin answers what programs ask of the vendor's common host, where they can be pointed elsewhere.
func (s *Server) serveLogin(w http.ResponseWriter, r *http.Request, clean string) {
	if clean == "/auth/discovery" {
		envelope(w, "SUCCESS", map[string]any{"data": map[string]any{"auth_type": "password", "auth_profiles": []any{}}})
		return
	}
	form := url.Values{"username": {adminName}, "password": {"by oauth"}}
	if s.options.Password != "" {
		form.Set("password", s.options.Password)
	}
	if s.options.Username != "" {
		form.Set("username", s.options.Username)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.serveAuth(w, r, []byte(form.Encode()))
}

// csvAnswer is what a caller gets who wants CSV for his rows; errors of the whole call stay JSON.
func csvAnswer(w http.ResponseWriter, data []map[string]any) {
	var text bytes.Buffer
	out := csv.NewWriter(&text)
	_ = out.Write([]string{"responseStatus", "id", "errors", "rowId"})
	for n, a := range data {
		id, why := "", ""
		if named, isMap := a["data"].(map[string]any); isMap {
			id = named["id"].(string)
		}
		if errs, isList := a["errors"].([]trouble); isList {
			why = errs[0].Type + "|" + errs[0].Message
		}
		_ = out.Write([]string{a["responseStatus"].(string), id, why, strconv.Itoa(n + 1)})
	}
	out.Flush()
	w.Header().Set("Content-Type", "text/csv;charset=UTF-8")
	_, _ = w.Write(text.Bytes())
}
