package front_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rosterload/loader/simulator"
	"rosterload/loader/simulator/front"
)

// faults is all that this org knows of trouble besides calls.
type faults struct {
	Mood string `yaml:"mood"`
}

// echo is an org that answers with what it was sent.
type echo struct {
	*front.Front[faults]
	routes  front.Routes
	ended   int
	mood    string
	applied atomic.Int32
}

func newEcho(t *testing.T, o simulator.Options) (*echo, string) {
	t.Helper()
	e := &echo{}
	e.Front = front.New[faults](o, e, func(path string) bool { return path == "/token" })
	e.routes.NotFound = func(w http.ResponseWriter, _ *http.Request) { e.Refuse(w, 404, "NOT_FOUND", "no") }
	e.routes.WrongMethod = func(w http.ResponseWriter, _ *http.Request, allowed string) { e.Refuse(w, 405, "WRONG_VERB", allowed) }
	e.routes.Handle("GET /rows", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		_, _ = io.WriteString(w, "Id,Name\n1,Ann\n2,Bob\n3,Cid\n")
	})
	e.routes.Handle("GET /json", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"totalSize":3,"done":true,"records":[{"Id":1},{"Id":2},{"Id":3}]}`)
	})
	e.routes.Handle("POST /rows/{id}", func(w http.ResponseWriter, r *http.Request) {
		e.applied.Add(1)
		_, _ = io.WriteString(w, r.PathValue("id")+" "+string(front.Body(r)))
	})
	e.routes.Handle("POST /token", func(w http.ResponseWriter, _ *http.Request) { e.Hide("secret-4711") })
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return e, server.URL
}

func (e *echo) Route(w http.ResponseWriter, r *http.Request) { e.routes.ServeHTTP(w, r) }
func (e *echo) EndSessions()                                 { e.ended++ }
func (e *echo) Enforce(f *faults)                            { e.mood = f.Mood }
func (e *echo) Refuse(w http.ResponseWriter, status int, code, message string) {
	http.Error(w, code+" "+message, status)
}

func (e *echo) Save(w io.Writer) error {
	if e.mood == "broken" {
		return errors.New("broken")
	}
	_, err := io.WriteString(w, "Username\n"+e.mood+"\n")
	return err
}

// heard is an answer, or what became of it.
type heard struct {
	status int
	header http.Header
	body   string
	err    error
}

func ask(t *testing.T, method, url, body string) (h heard) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return heard{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	return heard{resp.StatusCode, resp.Header, string(data), err}
}

func TestWhatCallsCanDoToAnAnswer(t *testing.T) {
	const rows = "Id,Name\n1,Ann\n2,Bob\n3,Cid\n"
	for faults, is := range map[string]func(csv, list heard) bool{
		"{status: 503, retry_after: 2}": func(c, _ heard) bool {
			return c.status == 503 && c.header.Get("Retry-After") == "2" && strings.HasPrefix(c.body, "UNKNOWN_EXCEPTION")
		},
		"{status: 429, retry_after: 'soon, maybe'}": func(c, _ heard) bool { return c.header.Get("Retry-After") == "soon, maybe" },
		"{status: 403, code: LIMIT, message: enough}": func(c, _ heard) bool {
			return c.status == 403 && strings.TrimSpace(c.body) == "LIMIT enough"
		},
		"{status: 307, location: 'http://elsewhere.example/rows'}": func(c, _ heard) bool {
			return c.status == 307 && c.header.Get("Location") == "http://elsewhere.example/rows"
		},
		"{body: ''}":              func(c, _ heard) bool { return c.err == nil && c.status == 200 && c.body == "" },
		"{status: 204, body: ''}": func(c, _ heard) bool { return c.err == nil && c.status == 204 && c.body == "" },
		"{body: '<html>', headers: {Content-Type: text/html}}": func(c, _ heard) bool {
			return c.status == 200 && c.body == "<html>" && c.header.Get("Content-Type") == "text/html"
		},
		"{body: '{}'}": func(_, l heard) bool { return l.body == "{}" },
		"{cut_rows: 1}": func(c, l heard) bool {
			return c.err == nil && c.body == "Id,Name\n1,Ann\n" && l.err == nil && l.body == `{"totalSize":3,"done":true,"records":[{"Id":1}]}`
		},
		"{cut_rows: 1, drop: true}": func(c, _ heard) bool { return c.err != nil && c.body == "Id,Name\n1,Ann\n" },
		"{cut_bytes: 9}": func(c, _ heard) bool {
			return c.err == nil && c.body == "Id,Name\n1" && c.header.Get("Content-Length") == "9"
		},
		"{cut_bytes: 9, stall: 1ms}": func(c, _ heard) bool { return c.err != nil && c.body == "Id,Name\n1" },
		"{without: Id}": func(c, l heard) bool {
			return c.body == "\"Name\"\n\"Ann\"\n\"Bob\"\n\"Cid\"\n" && l.body == `{"done":true,"records":[{},{},{}],"totalSize":3}`
		},
		"{replace: [{find: '\"done\":true', with: '\"done\":false'}, {find: '(\\d),', with: '9$1,', times: 2}]}": func(c, l heard) bool {
			return strings.Contains(l.body, `"done":false`) && c.body == "Id,Name\n91,Ann\n92,Bob\n3,Cid\n"
		},
		"{double_rows: true}": func(c, l heard) bool {
			return c.body == "Id,Name\n1,Ann\n1,Ann\n2,Bob\n2,Bob\n3,Cid\n3,Cid\n" && strings.Count(l.body, `{"Id":2}`) == 2
		},
		"{drip: 1us}": func(c, _ heard) bool { return c.err == nil && c.body == rows },
		"{late: 1us}": func(c, _ heard) bool { return c.err == nil && c.body == rows },
		"{headers: {Sforce-Locator: x, Content-Type: ''}}": func(c, _ heard) bool {
			return c.body == rows && c.header.Get("Sforce-Locator") == "x" && c.header.Get("Content-Type") != "text/csv"
		},
		"{stall: 1ms}":             func(c, _ heard) bool { return c.err != nil && c.status == 200 && c.body == "[{" },
		"{drop: true}":             func(c, _ heard) bool { return c.err != nil && c.status == 0 },
		"{end_session: true}":      func(c, _ heard) bool { return c.status == 401 && strings.Contains(c.body, "INVALID_SESSION_ID") },
		"{calls: [2]}":             func(c, l heard) bool { return c.status == 200 && l.status == 500 },
		"{every: 2}":               func(c, l heard) bool { return c.status == 200 && l.status == 500 },
		"{rate: 0.0000001}":        func(c, l heard) bool { return c.status == 200 && l.status == 200 },
		"{status: 206, drip: 1us}": func(c, _ heard) bool { return c.status == 206 && c.body == rows },
	} {
		e, address := newEcho(t, simulator.Options{})
		if err := e.SetFaults([]byte("calls: [" + strings.Replace(faults, "{", "{on: 'GET *', ", 1) + "]")); err != nil {
			t.Fatalf("%s: %v", faults, err)
		}
		if csv, list := ask(t, "GET", address+"/rows", ""), ask(t, "GET", address+"/json", ""); !is(csv, list) {
			t.Errorf("%s:\n%d %q %v %v\n%d %q %v", faults, csv.status, csv.body, csv.header, csv.err, list.status, list.body, list.err)
		}
	}
}

func TestALateAnswerComesLater(t *testing.T) {
	e, address := newEcho(t, simulator.Options{})
	if err := e.SetFaults([]byte("calls: [{on: 'POST *', late: 20ms}]")); err != nil {
		t.Fatal(err)
	}
	h := ask(t, "POST", address+"/rows/7", "hello")
	if a := e.Requests()[0]; h.body != "7 hello" || a.Answered.Sub(a.At) < 20*time.Millisecond {
		t.Errorf("%q after %s", h.body, a.Answered.Sub(a.At))
	}
}

func TestEndlessRowsEndWhenTheirReaderGoes(t *testing.T) {
	e, address := newEcho(t, simulator.Options{})
	if err := e.SetFaults([]byte("calls: [{on: '*', endless: true}]")); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(address + "/rows")
	if err != nil {
		t.Fatal(err)
	}
	some := make([]byte, 1<<20)
	if _, err := io.ReadFull(resp.Body, some); err != nil {
		t.Error(err)
	}
	_ = resp.Body.Close() // closing the server waits for the handler, which must have ended
	if !bytes.HasPrefix(some, []byte("Id,Name\n1,Ann\n2,Bob\n3,Cid\n1,Ann\n")) || bytes.Count(some, []byte("Id,Name")) != 1 {
		t.Errorf("%.60s", some)
	}
}

func TestARefusedRequestIsNotCarriedOutAndOneAfterIs(t *testing.T) {
	for faults, want := range map[string]int{
		"{on: 'POST *', status: 503}": 0, "{on: 'POST *', status: 204, body: ''}": 0, "{on: 'POST *', drop: true}": 0,
		"{on: 'POST *', after: true, status: 503}": 1, "{on: 'POST *', after: true, drop: true}": 1, "{on: 'POST *', cut_bytes: 1}": 1,
	} {
		e, address := newEcho(t, simulator.Options{})
		if err := e.SetFaults([]byte("calls: [" + faults + "]")); err != nil {
			t.Fatal(err)
		}
		if ask(t, "POST", address+"/rows/7", "x"); int(e.applied.Load()) != want {
			t.Errorf("%s: applied %d times", faults, e.applied.Load())
		}
	}
}

func TestPathsAreCleanedAndWhatFitsNoPatternIsSaidInTheOrgsWords(t *testing.T) {
	_, address := newEcho(t, simulator.Options{})
	if h := ask(t, "POST", address+"//rows//7/", "hello"); h.body != "7 hello" {
		t.Errorf("%+v", h)
	}
	if h := ask(t, "DELETE", address+"/rows", ""); h.status != 405 || h.header.Get("Allow") != "GET, HEAD" || strings.TrimSpace(h.body) != "WRONG_VERB GET, HEAD" {
		t.Errorf("%+v", h)
	}
	if h := ask(t, "GET", address+"/nothing", ""); h.status != 404 || strings.TrimSpace(h.body) != "NOT_FOUND no" {
		t.Errorf("%+v", h)
	}
}

func TestNoTokenIsKeptOfWhatWasAsked(t *testing.T) {
	var log strings.Builder
	e, address := newEcho(t, simulator.Options{Log: &log})
	ask(t, "POST", address+"/token", "client_secret=secret-4711")
	ask(t, "POST", address+"/rows/secret-4711?a=secret-4711&Access_Token=unknown-0815&b=c", "body of secret-4711")
	e.Violate("the token secret-4711 is seen")
	h := ask(t, "GET", address+"/_sim/requests", "")
	for _, text := range []string{h.body, log.String(), strings.Join(e.Violations(), "")} {
		if strings.Contains(text, "4711") || strings.Contains(text, "0815") || text == "" {
			t.Error(text)
		}
	}
	var all []front.Asked
	if err := json.Unmarshal([]byte(h.body), &all); err != nil || len(all) != 2 || all[0].Body != "" || all[1].Body != "body of ***" || all[1].Query != "a=***&Access_Token=***&b=c" || all[1].Status != 200 {
		t.Errorf("%+v %v", all, err)
	}
}

// A body is sent when the org begins to read it; another request is asked and answered meanwhile.
func TestARequestLastsFromItsHeadToItsAnswer(t *testing.T) {
	seconds := atomic.Int64{}
	e, address := newEcho(t, simulator.Options{Now: func() time.Time { return time.Unix(seconds.Add(1), 0) }})
	body := readerFunc(func([]byte) (int, error) { return 0, cmp.Or(ask(t, "GET", address+"/json", "").err, io.EOF) })
	r, err := http.NewRequest("POST", address+"/rows/1", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Expect", "100-continue")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	all := e.Requests()
	if len(all) != 2 || all[1].Method != "POST" {
		t.Fatalf("%+v", all)
	}
	for i, want := range [][2]int64{{2, 3}, {1, 4}} {
		if got := [2]int64{all[i].At.Unix(), all[i].Answered.Unix()}; got != want {
			t.Errorf("%s lasted from %d to %d, want %d", all[i].Method, got[0], got[1], want)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestFaultsAreReadShownAndPutInForce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "faults.yaml")
	if err := os.WriteFile(file, []byte("mood: grim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e, address := newEcho(t, simulator.Options{FaultsFile: file})
	if err := e.ReadFaults(); err != nil || e.mood != "grim" || e.Faults().Mood != "grim" {
		t.Errorf("%v %q", err, e.mood)
	}
	if h := ask(t, "GET", address+"/_sim/faults", ""); h.body != "mood: grim\n" {
		t.Errorf("%q", h.body)
	}
	for _, bad := range []string{"mood: [x]", "moood: x", "calls: [{on: x, statsu: 1}]", "calls: [{on: x, replace: [{find: '('}]}]", "calls: [{on: x, drip: soon}]", "calls: [{on: x, late: 9}]", "calls: [{on: x, stall: 9}]"} {
		if h := ask(t, "PUT", address+"/_sim/faults", bad); h.status != 400 || e.mood != "grim" {
			t.Errorf("%s: %d %s", bad, h.status, h.body)
		}
	}
	if h := ask(t, "PUT", address+"/_sim/faults", "mood: mild"); h.status != 204 || e.mood != "mild" {
		t.Errorf("%d %q", h.status, e.mood)
	}
	if h := ask(t, "POST", address+"/_sim/faults", ""); h.status != 405 {
		t.Errorf("%d", h.status)
	}
	missing, _ := newEcho(t, simulator.Options{FaultsFile: file + "x"})
	if err := missing.ReadFaults(); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestAnOrgIsKeptWholeOrNotAtAll(t *testing.T) {
	file := filepath.Join(t.TempDir(), "org.csv")
	e, _ := newEcho(t, simulator.Options{Save: file})
	for _, mood := range []string{"first", "broken"} {
		err := e.SetFaults([]byte("mood: " + mood))
		if failed := e.Close() != nil; err != nil || failed != (mood == "broken") {
			t.Errorf("%s: %v, failed %v", mood, err, failed)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "Username\nfirst\n" {
		t.Errorf("%q %v", text, err)
	}
}

func TestMembersKeepTheirOrder(t *testing.T) {
	o := front.NewObject("z", 1, "a", []any{front.NewObject("y", nil, "b", "x")}).AddIf(false, "no", 1).AddIf(true, "m", true)
	if text, err := json.Marshal(o); err != nil || string(text) != `{"z":1,"a":[{"y":null,"b":"x"}],"m":true}` {
		t.Errorf("%s %v", text, err)
	}
	if o.Get("m") != true || o.Get("no") != nil {
		t.Errorf("%v %v", o.Get("m"), o.Get("no"))
	}
}

// FuzzFaults: no file makes a front panic, and what is refused changes nothing.
func FuzzFaults(f *testing.F) {
	f.Add([]byte("mood: x\ncalls: [{on: 'GET *', calls: [1], status: 503, replace: [{find: a, with: b}]}]"))
	f.Add([]byte("calls: [null, {}]"))
	f.Add([]byte("- a: &x [*x]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e := &echo{}
		e.Front = front.New[faults](simulator.Options{}, e, func(string) bool { return false })
		err := e.SetFaults(data)
		if err != nil && (e.mood != "" || e.Faults().Mood != "") {
			t.Errorf("%q is refused, and in force", data)
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest("GET", "/_sim/violations", nil))
		if w.Body.String() != "[]\n" {
			t.Errorf("%s", w.Body)
		}
	})
}
