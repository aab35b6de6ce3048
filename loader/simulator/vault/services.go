package vault

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rosterload/loader/simulator/front"
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

var logHeader = []string{
	"responseStatus", "id", "name__v", "external_id__v", "errors", "rowId", "event",
	"id_param__value",
}

// statusPause is how long a job's status may not be asked for again (Vault API reference, Errors).
const statusPause = 10 * time.Second

// stage keeps an uploaded file, or makes a folder.
func (s *Server) stage(w http.ResponseWriter, r *http.Request) {
	form := formOf(r)
	kind, path := form.Get("kind"), strings.TrimPrefix(form.Get("path"), "/")
	if kind == "" || path == "" {
		fail(w, "PARAMETER_REQUIRED", "Missing required parameter [kind] or [path]")
		return
	}
	content := form.Get("file")
	s.staged[path] = []byte(content)
	name := path[strings.LastIndexByte(path, '/')+1:]
	envelope(w, "SUCCESS", "data", front.NewObject("kind", kind, "path", "/"+path, "name", name, "size", len(content)))
}

func (s *Server) load(w http.ResponseWriter, r *http.Request) {
	job := &loadJob{began: s.now()}
	if err := json.Unmarshal(front.Body(r), &job.tasks); err != nil || len(job.tasks) == 0 || len(job.tasks) > 10 {
		fail(w, "INVALID_DATA", "The body is no array of one to ten tasks")
		return
	}
	answers := []any{}
	for i := range job.tasks {
		t := &job.tasks[i]
		s.runTask(r, t)
		answers = append(answers, front.NewObject("task_id", strconv.Itoa(i+1), "object_type", t.ObjectType, "object",
			t.Object, "action", t.Action, "file", t.File))
	}
	id := strconv.Itoa(90000 + len(s.loads))
	s.loads[id] = job
	envelope(w, "SUCCESS", "url", "/api/"+r.PathValue("version")+"/services/jobs/"+id, "job_id", id, "tasks", answers)
}

// runTask updates records from a staged file.
func (s *Server) runTask(r *http.Request, t *loadTask) {
	if t.ObjectType != "vobjects__v" || t.Object != "user__sys" || t.Action != "update" {
		t.bad = append(t.bad, []string{
			"FAILURE", "", "", "",
			"OPERATION_NOT_ALLOWED|only updates of user__sys are possible here", "1", "", "",
		})
		return
	}
	rows, err := s.csvRows(s.staged[strings.TrimPrefix(t.File, "/")])
	if err != nil {
		t.bad = append(t.bad, []string{"FAILURE", "", "", "", "INVALID_DATA|" + err.Error(), "1", "", ""})
		return
	}
	s.judge(rows)
	key := keyOf(t.IDParam)
	for n, a := range s.writeAll(r, rows, key) {
		line := []string{
			a.status, valueOf(rows[n][key]), "", "", "", strconv.Itoa(n + 1), "",
			valueOf(rows[n][t.IDParam]),
		}
		if a.trouble != nil {
			line[4] = a.trouble.Type + "|" + a.trouble.Message
			t.bad = append(t.bad, line)
			continue
		}
		t.well = append(t.well, line)
	}
}

func (s *Server) loadLog(w http.ResponseWriter, r *http.Request) {
	job, which := s.loads[r.PathValue("job")], r.PathValue("log")
	n, err := strconv.Atoi(r.PathValue("task"))
	if job == nil || err != nil || n < 1 || n > len(job.tasks) {
		fail(w, "INVALID_DATA", "The job does not exist")
		return
	}
	rows := job.tasks[n-1].well
	switch which {
	case "successlog":
	case "failurelog":
		rows = job.tasks[n-1].bad
	default:
		fail(w, "MALFORMED_URL", "The URL is malformed")
		return
	}
	var text bytes.Buffer
	out := csv.NewWriter(&text)
	_ = out.Write(logHeader)
	_ = out.WriteAll(rows)
	w.Header().Set("Content-Type", "text/csv;charset=UTF-8")
	_, _ = w.Write(text.Bytes())
}

func (s *Server) jobStatus(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("job")
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
	user, _ := strconv.Atoi(adminID)
	envelope(w, "SUCCESS", "data", front.NewObject(
		"id", number, "status", status, "method", "POST", "links", []any{}, "created_by", user, "created_date", stamp,
		"run_start_date", stamp,
		"run_end_date", stamp,
	))
}
