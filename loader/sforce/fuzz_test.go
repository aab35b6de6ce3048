package sforce

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"rosterload/loader/transport"
)

// FuzzAnswer gives a body to every reader of an answer: none of them panics, and what they do not take is no answer.
func FuzzAnswer(f *testing.F) {
	for _, r := range requests {
		f.Add(r.ok)
	}
	for _, s := range []string{oneUser, job, complete, "null", "{}", "[]", `{"records":[{"Id":null}],"totalSize":1,"done":true}`, `{"records":`, strings.Repeat("[", 10_001), "\xff", `{"error":"invalid_grant"}`} {
		f.Add(s)
	}
	c, err := New(Options{URL: "http://127.0.0.1:1", Auth: Auth{AccessToken: secret("x")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		answer := func() *transport.Answer { return &transport.Answer{Status: 200, Body: strings.NewReader(body)} }
		_, _ = readPage(answer(), []string{"Id", "Profile.Name"})
		_, _ = readJobs(answer(), "User")
		_, _ = c.saved(answer(), []string{"0055f000001AbcdAAA", ""})
		_, _ = readDescription(answer())
		var info jobInfo
		var who Identity
		_, _ = document(answer().Body, &info), document(answer().Body, &who)
		_ = c.job(info)
		_, _ = info.named(), info.isThe("7505fEXAMPLE4C2AAM")
		refused := explained(&oauth2.RetrieveError{Response: &http.Response{StatusCode: 400, Status: "400"}, Body: []byte(body)})
		if !errors.Is(refused, transport.ErrDenied) && !errors.Is(refused, transport.ErrUnavailable) {
			t.Errorf("a refused sign-in: %v", refused)
		}
		_ = refusals([]byte(body))
		_ = ParseRowError(body)
	})
}

// FuzzHeaders reads the headers that orgs count with.
func FuzzHeaders(f *testing.F) {
	f.Add("api-usage=18/100000", "5", "MTAw")
	f.Add("api-usage=99999999999999999999/1", "-1", "null")
	f.Fuzz(func(t *testing.T, usage, rows, locator string) {
		c := &Client{options: Options{MinCallsLeft: 1}}
		c.remember(usage)
		_, _ = c.Day(), c.spared()
		_ = resultPages{counted: -1, seen: map[string]bool{}}.complete(1, rows, locator)
		_ = nextPage(locator, nil)
	})
}

func FuzzKey(f *testing.F) {
	f.Add("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n")
	f.Add("PuTTY-User-Key-File-3: ssh-rsa")
	f.Add("0\x82")
	f.Fuzz(func(t *testing.T, text string) {
		if key, err := rsaKey(text); (key == nil) == (err == nil) {
			t.Errorf("%q: %q, %v", text, key, err)
		}
	})
}
