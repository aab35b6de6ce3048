package sforce

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rosterload/loader/config"
	"rosterload/loader/transport"
)

// org answers requests as Salesforce's guides say, with what a test puts in. Keys are "GET /path", the version cut off.
type org struct {
	*httptest.Server
	t       *testing.T
	mu      sync.Mutex
	seen    []string // what was asked, sign-in aside
	answers map[string]http.HandlerFunc
}

func newOrg(t *testing.T, answers map[string]http.HandlerFunc) *org {
	o := &org{t: t, answers: answers}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

func (o *org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/services/data/v66.0")
	answer := o.answers[name]
	switch {
	case answer == nil && r.URL.Path == "/services/oauth2/token":
		answer = says(200, `{"access_token":"00D5f000000AbCd!AQ.x","token_type":"Bearer","issued_at":"1700000000000","instance_url":"https://elsewhere.example"}`)
	case answer == nil:
		answer = says(404, `[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]`)
	}
	if r.URL.Path != "/services/oauth2/token" {
		o.mu.Lock()
		o.seen = append(o.seen, name)
		o.mu.Unlock()
		if got := r.Header.Get("Authorization"); got != "Bearer 00D5f000000AbCd!AQ.x" {
			o.t.Errorf("%s came with %q", name, got)
		}
	}
	answer(w, r)
}

func (o *org) count(name string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, s := range o.seen {
		if s == name {
			n++
		}
	}
	return n
}

func (o *org) wire(change ...func(*Options)) *Client {
	options := Options{URL: o.URL, Auth: Auth{ClientID: config.NewSecret("3MVG9.id"), ClientSecret: config.NewSecret("shh")}}
	for _, c := range change {
		c(&options)
	}
	c, err := New(options)
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

// impatient is a client that does not ask for long.
func impatient(o *Options) { o.RetryFor = 450 * time.Millisecond }

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		switch {
		case strings.HasPrefix(body, "{"), strings.HasPrefix(body, "["):
			w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		case !strings.HasPrefix(body, "<"):
			w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// asks checks a request's body, and answers.
func asks(t *testing.T, body string, answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if got, _ := io.ReadAll(r.Body); string(got) != body {
			t.Errorf("%s %s carries\n%s\nwant\n%s", r.Method, r.URL.Path, got, body)
		}
		answer(w, r)
	}
}

func sealed(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "removals-0001.csv")
	if err := os.WriteFile(path, []byte("Id,Engage_Group_Request_vod__c\n0055f000001AbcdAAA,#N/A\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	job      = `{"id":"7505fEXAMPLE4C2AAM","operation":"update","object":"User","createdById":"0055fEXAMPLEtG4AAM","createdDate":"2022-01-02T21:33:43.000+0000","state":"Open","apiVersion":66.0}`
	oneUser  = `{"totalSize":1,"done":true,"records":[{"attributes":{"type":"User"},"Id":"0055f000001AbcdAAA"}]}`
	closed   = `{"id":"7505fEXAMPLE4C2AAM","operation":"update","object":"User","state":"UploadComplete"}`
	fiveRows = "\"Id\"\n\"1\"\n\"2\"\n\"3\"\n\"4\"\n\"5\"\n"
	complete = `{"id":"7505fEXAMPLE4C2AAM","state":"JobComplete","numberRecordsProcessed":5,"numberRecordsFailed":1}`
	theJob   = "/jobs/ingest/7505fEXAMPLE4C2AAM"
	query    = "/jobs/query/7505fEXAMPLE4C2AAM"
)

// request is a request of this wire, and an answer that it takes.
type request struct {
	name  string
	again bool
	send  func(c *Client, t *testing.T) error
	ok    string // what the org says
}

func (r request) status() int {
	if strings.HasPrefix(r.name, "PUT ") {
		return http.StatusCreated
	}
	return http.StatusOK
}

// requests is every request of this wire with the answer to "again?": may it be sent again when it is not known
// whether it arrived?
var requests = []request{
	{"GET /services/oauth2/userinfo", true, func(c *Client, t *testing.T) error { _, err := c.Whoami(t.Context()); return err }, identity},
	{"GET /services/data/", true, func(c *Client, t *testing.T) error { _, err := c.Versions(t.Context()); return err }, `[{"version":"66.0"}]`},
	{"GET /limits", true, func(c *Client, t *testing.T) error { _, err := c.DailyCalls(t.Context()); return err }, `{"DailyApiRequests":{"Max":5,"Remaining":4}}`},
	{"GET /sobjects/User/describe", true, func(c *Client, t *testing.T) error { _, err := c.Describe(t.Context(), "User"); return err }, `{"fields":[{"name":"Id"}]}`},
	{"GET /query", true, func(c *Client, t *testing.T) error {
		return c.Query(t.Context(), []string{"Id"}, "SELECT Id FROM User", func([]string) error { return nil })
	}, oneUser},
	{"PATCH /composite/sobjects", true, func(c *Client, t *testing.T) error { _, err := c.UpdateAll(t.Context(), "User", nil); return err }, `[]`},
	{"GET /jobs/ingest", true, func(c *Client, t *testing.T) error { _, err := c.Jobs(t.Context(), "User"); return err }, `{"done":true,"records":[]}`},
	{"POST /jobs/ingest", false, func(c *Client, t *testing.T) error { _, err := c.CreateUpdate(t.Context(), "User"); return err }, job},
	{"PUT " + theJob + "/batches", false, func(c *Client, t *testing.T) error {
		return c.Upload(t.Context(), "7505fEXAMPLE4C2AAM", sealed(t))
	}, ``},
	{"PATCH " + theJob, true, func(c *Client, t *testing.T) error { return c.Close(t.Context(), "7505fEXAMPLE4C2AAM") }, closed},
	{"GET " + theJob, true, func(c *Client, t *testing.T) error { _, err := c.Job(t.Context(), "7505fEXAMPLE4C2AAM"); return err }, complete},
	{"GET " + theJob + "/failedResults/", true, func(c *Client, t *testing.T) error {
		return c.Results(t.Context(), Job{ID: "7505fEXAMPLE4C2AAM"}, FailedRows, func(RowResult) error { return nil })
	}, ``},
	{"POST /composite/sobjects", false, func(c *Client, t *testing.T) error {
		_, err := c.InsertAll(t.Context(), "UserPackageLicense", []map[string]string{{"UserId": "x"}})
		return err
	}, `[{"id":"051000000000001AAA","success":true,"errors":[]}]`},
	{"DELETE /composite/sobjects", true, func(c *Client, t *testing.T) error {
		_, err := c.DeleteAll(t.Context(), []string{"051000000000001AAA"})
		return err
	}, `[{"id":"051000000000001AAA","success":true,"errors":[]}]`},
	{"POST /jobs/query", true, bulkQuery, `{"id":"7505fEXAMPLE4C2AAM"}`}, // a query job made twice changes nothing
	{"GET " + query, true, bulkQuery, complete},
	{"GET " + query + "/results", true, bulkQuery, fiveRows},
}

func bulkQuery(c *Client, t *testing.T) error {
	return c.BulkQuery(t.Context(), []string{"Id"}, "SELECT Id FROM User", func([]string) error { return nil })
}

func TestEveryRequestSaysWhetherItMayBeSentAgain(t *testing.T) {
	answers := map[string]http.HandlerFunc{"DELETE " + query: says(204, "")}
	for _, r := range requests {
		answers[r.name] = says(r.status(), r.ok)
	}
	for _, r := range requests {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			mine := map[string]http.HandlerFunc{}
			var troubled atomic.Bool
			for name, answer := range answers {
				mine[name] = answer
			}
			mine[r.name] = func(w http.ResponseWriter, q *http.Request) {
				if troubled.CompareAndSwap(false, true) {
					panic(http.ErrAbortHandler) // the line drops, and the caller cannot know
				}
				says(r.status(), r.ok)(w, q)
			}
			o := newOrg(t, mine)
			err := r.send(o.wire(), t)
			want := 1
			if r.again {
				want = 2
			}
			if got := o.count(r.name); got != want {
				t.Errorf("it was sent %d times, want %d", got, want)
			}
			if r.again != (err == nil) || !r.again && !errors.Is(err, transport.ErrLost) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

// made is a request in the code, on one line or on several.
var made = regexp.MustCompile(`\bcall\{\s*method:`)

func TestTheTableNamesEveryRequestOfTheCode(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, f := range files {
		if text, err := os.ReadFile(f); err == nil && !strings.HasSuffix(f, "_test.go") {
			calls += len(made.FindAll(text, -1))
		}
	}
	// Three stand in the code and not in the table: the next pages of a query and of the list of jobs, and the
	// deletion of a query job, whose end does not matter. COUNT() is a query.
	if want := len(requests) + 4; calls != want {
		t.Errorf("the code makes %d sorts of request, the table and its exceptions name %d", calls, want)
	}
}

func TestWhatTheOrgsNoMeansForARun(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		means  error
		says   string
	}{
		"the day's calls are used up":   {403, `[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]`, transport.ErrUnavailable, "403 REQUEST_LIMIT_EXCEEDED TotalRequests Limit exceeded."},
		"API Enabled is missing":        {403, `[{"errorCode":"API_DISABLED_FOR_ORG","message":"The REST API is not enabled for this Organization."}]`, transport.ErrDenied, "API_DISABLED_FOR_ORG"},
		"no edit right on the object":   {400, `[{"errorCode":"INVALIDJOB","message":"InvalidJob : No create/update access for object:User"}]`, transport.ErrDenied, "No create/update access"},
		"a field that we may not see":   {400, `[{"message":"\nSELECT X\n^\nNo such column 'X'","errorCode":"INVALID_FIELD"}]`, transport.ErrDenied, "No such column 'X'"},
		"an object instead of an array": {400, `{"errorCode":"API_ERROR","message":"odd"}`, transport.ErrUnavailable, "400 API_ERROR odd"},
		"a page for people":             {404, `<html>gone fishing</html>`, transport.ErrUnavailable, "404 Not Found"},
		"a version that was retired":    {410, `[{"errorCode":"UNSUPPORTED_API_VERSION","message":"gone"}]`, transport.ErrSetup, "api_version v66.0 is not served"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newOrg(t, map[string]http.HandlerFunc{"GET /limits": says(c.status, c.body)}).wire().DailyCalls(t.Context())
			if !errors.Is(err, c.means) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheDayIsNotEatenUp(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /limits": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Sforce-Limit-Info", "api-usage=99001/100000; api-bursts=1/750")
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"DailyApiRequests":{"Max":100000,"Remaining":999}}`)
	}})
	c := o.wire(func(o *Options) { o.MinCallsLeft = 1000 })
	if c.Day() != nil || c.Served() {
		t.Errorf("before any answer the day is %v", c.Day())
	}
	day, err := c.DailyCalls(t.Context())
	if err != nil || day != (APILimit{100000, 999}) || c.Day() == nil || *c.Day() != day || !c.Served() {
		t.Errorf("%v, %v, %v", day, err, c.Day())
	}
	if _, err := c.DailyCalls(t.Context()); !errors.Is(err, transport.ErrUnavailable) || !strings.Contains(err.Error(), "min_api_calls_left is 1000") || o.count("GET /limits") != 1 {
		t.Errorf("%v", err)
	}
}

func TestADayThatIsOverspentIsNotEatenUpFurther(t *testing.T) {
	for reserve, want := range map[int]error{0: nil, 1000: transport.ErrUnavailable} {
		o := newOrg(t, map[string]http.HandlerFunc{"GET /limits": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Sforce-Limit-Info", "per-app-api-usage=17/250(appName=x); api-usage=100005/100000")
			says(200, `{"DailyApiRequests":{"Max":100000,"Remaining":0}}`)(w, r)
		}})
		c := o.wire(func(o *Options) { o.MinCallsLeft = reserve })
		if _, err := c.DailyCalls(t.Context()); err != nil || c.Day() == nil || *c.Day() != (APILimit{100000, -5}) {
			t.Fatalf("%v, %v", err, c.Day())
		}
		if _, err := c.DailyCalls(t.Context()); !errors.Is(err, want) || err != nil && !strings.Contains(err.Error(), "-5 API calls are left") {
			t.Errorf("with a reserve of %d: %v", reserve, err)
		}
	}
}

func TestAVersionIsSpelledAsTheOrgSpellsIt(t *testing.T) {
	for given, want := range map[string]string{"": "v66.0", "v60.0": "v60.0", "60": "v60.0", "60.0": "v60.0", "v7": "", "latest": "", "66.1": ""} {
		c, err := New(Options{URL: "https://acme.my.salesforce.com", Version: given, Auth: Auth{AccessToken: config.NewSecret("x")}})
		if (err == nil) != (want != "") || err == nil && c.Version() != want {
			t.Errorf("%q: %v", given, err)
		}
	}
}

func TestVersionsAndFields(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{
		"GET /services/data/": says(200, `[{"label":"x","version":"65.0"},{"label":"y","version":"66.0"}]`),
		"GET /sobjects/User/describe": says(200, `{"name":"User","fields":[{"name":"Id","type":"id","length":18,"updateable":false,"nillable":false},
			{"name":"Engage_Group_Request_vod__c","type":"string","length":80,"updateable":true,"nillable":true,"restrictedPicklist":false,"picklistValues":[]}]}`),
	})
	if versions, err := o.wire().Versions(t.Context()); err != nil || !slices.Equal(versions, []string{"65.0", "66.0"}) {
		t.Errorf("%v, %v", versions, err)
	}
	if _, err := o.wire(impatient).ObjectRights(t.Context(), "User"); !errors.Is(err, transport.ErrUnavailable) {
		t.Errorf("rights that the org does not name: %v", err)
	}
	o.answers["GET /sobjects/UserPackageLicense/describe"] = says(200, `{"fields":[],"createable":true,"deletable":false}`)
	if may, err := o.wire().ObjectRights(t.Context(), "UserPackageLicense"); err != nil || may != (Rights{Createable: true}) {
		t.Errorf("%+v, %v", may, err)
	}
	fields, err := o.wire().Describe(t.Context(), "User")
	if f := fields["Engage_Group_Request_vod__c"]; err != nil || len(fields) != 2 || f.Length != 80 || !f.Updateable || !f.Nillable {
		t.Errorf("%v, %v", fields, err)
	}
}

func TestASessionThatUserinfoNoLongerKnowsIsRenewed(t *testing.T) {
	n := 0
	o := newOrg(t, map[string]http.HandlerFunc{"GET /services/oauth2/userinfo": func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			says(403, "Bad_OAuth_Token")(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"user_id":"0055f000001AbcdAAA","organization_id":"00D5f000000AbCdEAK","preferred_username":"loader@acme.example","active":true}`)
	}})
	if who, err := o.wire().Whoami(t.Context()); err != nil || who.Username != "loader@acme.example" || !*who.Active {
		t.Errorf("%+v, %v", who, err)
	}
}
