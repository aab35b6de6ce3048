package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// served runs a strict pretend org, lets a client talk to it, and ends it with SIGTERM.
func served(t *testing.T, talk func(address string)) int {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(context.Canceled)
	said, end := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- rosterload(ctx, []string{"rosterload", "simulate", "salesforce", "--count", "2", "--strict", "--listen", "127.0.0.1:0"}, &voice{out: io.Discard, err: end})
		_ = end.Close()
	}()
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if address := regexp.MustCompile(`http://127.0.0.1:\d+`).FindString(lines.Text()); address != "" {
			talk(address)
			cancel(stopped{syscall.SIGTERM})
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	return <-code
}

func TestAStrictPretendOrgEndsWithOneAfterABrokenPromiseWhateverEndsIt(t *testing.T) {
	if code := served(t, func(string) {}); code != 143 {
		t.Errorf("no promise was broken: exit %d", code)
	}
	code := served(t, func(address string) {
		sign, err := http.PostForm(address+"/services/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"a"}, "client_secret": {"b"}})
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(sign.Body)
		_ = sign.Body.Close()
		token := regexp.MustCompile(`"access_token" *: *"([^"]+)"`).FindStringSubmatch(string(text))
		if token == nil {
			t.Fatalf("no token in %s", text)
		}
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPatch, address+"/services/data/v66.0/sobjects/User/0055f0000000002AAA", strings.NewReader(`{"LastName": "Changed"}`))
		r.Header.Set("Authorization", "Bearer "+token[1])
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
	})
	if code != 1 {
		t.Errorf("a field other than the request was written: exit %d", code)
	}
}
