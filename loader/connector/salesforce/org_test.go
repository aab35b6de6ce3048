package salesforce

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/connector/targettest"
	"rosterload/transform"
)

// org answers requests as Salesforce's guides say, with what a test puts in. Keys are "GET /path", the version cut off.
type org struct {
	*httptest.Server
	t       *testing.T
	mu      sync.Mutex
	seen    []string
	bodies  []string
	answers map[string]http.HandlerFunc
}

// calm is an org in which nothing is wrong.
func calm() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /services/oauth2/userinfo": says(`{"user_id":"005000000000ME1AAA","organization_id":"00D5f000000AbCdEAK","preferred_username":"loader@acme.example","user_type":"STANDARD","active":true}`),
		"GET /services/data/":           says(`[{"version":"65.0"},{"version":"66.0"},{"version":"67.0"}]`),
		"GET /limits":                   says(`{"DailyApiRequests":{"Max":100000,"Remaining":99000}}`),
		"GET /sobjects/User/describe":   says(described(nil)),
		"GET /jobs/ingest":              says(`{"done":true,"records":[]}`),
		"POST /jobs/ingest":             says(`{"id":"750000000000001AAA","state":"Open"}`),
		"GET /query": func(w http.ResponseWriter, r *http.Request) {
			switch q := r.URL.Query().Get("q"); {
			case strings.Contains(q, "COUNT()"):
				write(w, `{"totalSize":213,"done":true,"records":[]}`)
			case strings.Contains(q, "FROM Organization"):
				write(w, found(`{"Id":"00D5f000000AbCdEAK","Name":"Acme","IsSandbox":true}`))
			case strings.Contains(q, "FROM UserPermissionAccess"):
				write(w, found(`{"PermissionsApiEnabled":true,"PermissionsManageInternalUsers":true,"PermissionsViewAllUsers":true}`))
			}
		},
	}
}

// described is User as describe shows it, with some fields changed; an empty change takes the field away.
func described(changed map[string]string) string {
	fields := map[string]string{"Id": `"updateable":false`}
	for _, name := range []string{requestField, statusField, groupField, hostIDField, hostToken} {
		fields[name] = `"length":80,"updateable":true,"nillable":true`
	}
	for name, text := range changed {
		if fields[name] = text; text == "" {
			delete(fields, name)
		}
	}
	var all []string
	for name, text := range fields {
		all = append(all, fmt.Sprintf(`{"name":%q,"type":"string",%s}`, name, text))
	}
	return `{"name":"User","fields":[` + strings.Join(all, ",") + `]}`
}

func newOrg(t *testing.T, changed map[string]http.HandlerFunc) *org {
	o := &org{t: t, answers: calm()}
	for name, answer := range changed {
		o.answers[name] = answer
	}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

func (o *org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/services/data/v66.0")
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	if strings.Contains(r.URL.RawQuery+string(body), "Host_Token") {
		o.t.Errorf("%s asks for the host token", name)
	}
	o.mu.Lock()
	o.seen, o.bodies = append(o.seen, name), append(o.bodies, string(body))
	answer := o.answers[name]
	o.mu.Unlock()
	if answer == nil {
		answer = fails(404, "NOT_FOUND", "The requested resource does not exist")
	}
	answer(w, r)
}

// saw is what was asked, reads of the org's own state aside.
func (o *org) saw(prefix string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []string
	for i, name := range o.seen {
		if strings.HasPrefix(name, prefix) {
			all = append(all, strings.TrimSpace(name+" "+o.bodies[i]))
		}
	}
	return all
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { write(w, body) }
}

// write answers with the content type of the body.
func write(w http.ResponseWriter, body string) {
	kind := "text/csv; charset=UTF-8"
	if strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") {
		kind = "application/json;charset=UTF-8"
	}
	w.Header().Set("Content-Type", kind)
	_, _ = io.WriteString(w, body)
}

// found is the answer of a query.
func found(records ...string) string {
	return fmt.Sprintf(`{"totalSize":%d,"done":true,"records":[%s]}`, len(records), strings.Join(records, ","))
}

// created is the answer to an upload.
func created(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }

// obeyed answers a word to a job as an org does that takes it.
func obeyed(w http.ResponseWriter, r *http.Request) {
	var word struct{ State string }
	_ = json.NewDecoder(r.Body).Decode(&word)
	write(w, fmt.Sprintf(`{"id":%q,"state":%q}`, path.Base(r.URL.Path), word.State))
}

// stands is how the job stands: its state, and further members.
func stands(state string, more ...string) http.HandlerFunc {
	if state == "JobComplete" && len(more) == 0 {
		more = []string{`"numberRecordsProcessed":0,"numberRecordsFailed":0`}
	}
	return says(fmt.Sprintf(`{"id":"750000000000001AAA","state":%q%s}`, state, strings.Join(append([]string{""}, more...), ",")))
}

func fails(status int, code, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `[{"errorCode":%q,"message":%q}]`, code, message)
	}
}

func hangsUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// settled decodes settings as cmd does.
func settled(t *testing.T, text string) (*Settings, error) {
	s, err := targettest.Settings(t, &Connector, text)
	settings, _ := s.(*Settings)
	return settings, err
}

func (o *org) target(settings string) *Target {
	if !strings.Contains(settings, "retry_for") {
		settings += "    retry_for: 450ms\n" // what is no answer is asked for once more, and no third time
	}
	opened, err := targettest.Open(o.t, &Connector, "    url: "+o.URL+"\n    auth: {access_token: 00D!x}\n"+settings, nil, "")
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := opened.Org(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
	return opened.(*Target)
}

// sealed is a batch on disk.
func sealed(t *testing.T, job transform.Job, limits transform.Limits, rows ...string) transform.Batch {
	return targettest.Batch(t, job, limits, limits.Headings[0]+","+limits.Headings[1], rows...)
}

// answers keeps outcomes, a line each, in the order of ids.
type answers struct {
	lines []string
	calls int
}

func (a *answers) each(all ...connector.Outcome) error {
	a.calls++
	for _, o := range all {
		line := targettest.Line(o.User, string(o.State), o.Code, o.Reason, o.Fields, o.Next)
		if o.Transient {
			line += " again"
		}
		a.lines = append(a.lines, line)
	}
	slices.Sort(a.lines)
	return nil
}

func none(connector.Receipt) error { return nil }
