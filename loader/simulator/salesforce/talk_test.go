package salesforce

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rosterload/loader/simulator"
)

// talk is a program by other people that talks to the org.
type talk struct {
	*testing.T
	org   *Server
	url   string
	token string
	clock time.Time
}

// converse starts an org of a few users whose clock stands still, and signs in.
func converse(t *testing.T, o simulator.Options, faults string) *talk {
	t.Helper()
	c := &talk{T: t, clock: time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC)}
	o.Now = func() time.Time { return c.clock }
	org, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := org.SetFaults([]byte(faults)); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	c.org, c.url = org, server.URL
	_, body := c.ask("POST", "/services/oauth2/token", "application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=me&client_secret=mine")
	var token struct {
		Token string `json:"access_token"`
	}
	_ = json.Unmarshal([]byte(body), &token)
	c.token = token.Token
	return c
}

// later lets time go by.
func (c *talk) later(d time.Duration) { c.clock = c.clock.Add(d) }

// ask sends a request and answers status and body.
func (c *talk) ask(method, path, kind, body string, headers ...string) (int, string) {
	c.Helper()
	resp := c.raw(method, path, kind, body, headers...)
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func (c *talk) raw(method, path, kind, body string, headers ...string) *http.Response {
	c.Helper()
	r, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		c.Fatalf("%s %s: %v", method, path, err)
	}
	return resp
}

// object asks and decodes a JSON object.
func (c *talk) object(method, path, kind, body string) map[string]any {
	c.Helper()
	_, text := c.ask(method, path, kind, body)
	var o map[string]any
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		c.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
	return o
}

// refused asks and answers status, code and message of an error in an array.
func (c *talk) refused(method, path, kind, body string) (int, string, string) {
	c.Helper()
	status, text := c.ask(method, path, kind, body)
	var all []struct{ ErrorCode, Message string }
	if err := json.Unmarshal([]byte(text), &all); err != nil || len(all) == 0 {
		c.Fatalf("%s %s: %d %s is no error", method, path, status, text)
	}
	return status, all[0].ErrorCode, all[0].Message
}

// query answers the records of a SOQL query.
func (c *talk) query(soql string) map[string]any {
	c.Helper()
	return c.object("GET", v+"/query?q="+url.QueryEscape(soql), "", "")
}

// user answers a field of a user.
func (c *talk) user(username, field string) any {
	c.Helper()
	records := c.query("SELECT " + field + " FROM User WHERE Username = '" + username + "'")["records"].([]any)
	if len(records) != 1 {
		c.Fatalf("%d users are called %s", len(records), username)
	}
	return records[0].(map[string]any)[field]
}

func (c *talk) id(username string) string { return c.user(username, "Id").(string) }

const (
	v       = "/services/data/v66.0"
	ingest  = v + "/jobs/ingest"
	jsonUTF = "application/json; charset=UTF-8"
	csvKind = "text/csv"
)

// load makes a job of some data and answers it when it has ended.
func (c *talk) load(create, data string) map[string]any {
	c.Helper()
	id := c.object("POST", ingest, jsonUTF, create)["id"].(string)
	if status, body := c.ask("PUT", ingest+"/"+id+"/batches", csvKind, data); status != 201 || body != "" {
		c.Fatalf("PUT: %d %s", status, body)
	}
	if state := c.object("PATCH", ingest+"/"+id, jsonUTF, `{"id":"`+id+`","state":"UploadComplete"}`)["state"]; state != "UploadComplete" {
		c.Fatalf("closed as %v", state)
	}
	c.later(time.Minute)
	return c.object("GET", ingest+"/"+id, "", "")
}

func (c *talk) results(job map[string]any, which string) string {
	c.Helper()
	_, text := c.ask("GET", ingest+"/"+job["id"].(string)+"/"+which, "", "")
	return text
}

const update = `{"object":"User","operation":"update"}`
