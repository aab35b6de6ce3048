package vault

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rosterload/loader/simulator"
)

// conversation is a program by other people that talks to the Vault.
type conversation struct {
	*testing.T
	org     *Server
	url     string
	session string
}

func converse(t *testing.T, o simulator.Options, faults string) *conversation {
	t.Helper()
	org, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := org.SetFaults([]byte(faults)); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	c := &conversation{T: t, org: org, url: server.URL}
	answer := c.ask("POST", "/api/v24.3/auth", "application/x-www-form-urlencoded", url.Values{"username": {"admin@acme.example"}, "password": {"any"}, "vaultDNS": {""}}.Encode())
	c.session, _ = answer["sessionId"].(string)
	return c
}

// ask sends a request with the raw session and answers the envelope.
func (c *conversation) ask(method, path, kind, body string, headers ...string) map[string]any {
	c.Helper()
	var answer map[string]any
	text := c.text(method, path, kind, body, headers...)
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		c.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
	return answer
}

func (c *conversation) text(method, path, kind, body string, headers ...string) string {
	c.Helper()
	r, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	if c.session != "" {
		r.Header.Set("Authorization", c.session)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		c.Fatalf("%s %s: status %d, and Vault answers 200 to everything", method, path, resp.StatusCode)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	return string(data)
}

func (c *conversation) rows(answer map[string]any) []map[string]any {
	c.Helper()
	list, _ := answer["data"].([]any)
	var rows []map[string]any
	for _, r := range list {
		rows = append(rows, r.(map[string]any))
	}
	return rows
}

// errorOf is the type of an answer's first error.
func errorOf(answer map[string]any) string {
	list, _ := answer["errors"].([]any)
	if len(list) == 0 {
		return ""
	}
	return list[0].(map[string]any)["type"].(string)
}

const jsonUTF8 = "application/json; charset=utf-8"
