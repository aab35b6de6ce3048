package transport_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"rosterload/loader/transport"
)

// page is an answer of a kind.
func page(kind, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, body)
	}
}

// blanks is a megabyte of blanks fifty times over, compressed.
func blanks(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	for range 50 {
		if _, err := z.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
			return
		}
	}
	_ = z.Close()
}

func TestWhatIsNoAnswerIsAskedForAgain(t *testing.T) {
	for name, lie := range map[string]func(http.ResponseWriter){
		"a web page":            page("text/html; charset=utf-8", "<html>Sign in</html>"),
		"another kind":          page("text/csv", "Id\n"),
		"half of an answer":     page("application/json", `{"a":`),
		"nothing":               page("application/json", ""),
		"a kind without a name": page(";;", "{}"),
		"another status":        func(w http.ResponseWriter) { w.WriteHeader(204) },
		"an answer that does not end": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(bytes.Repeat([]byte(" "), 2<<20))
		},
		"few bytes that become many": blanks,
		"half of its length": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"a":1}`)
		},
	} {
		for _, lies := range []int64{1, 9} {
			for _, repeatable := range []bool{true, false} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					o := newOrg(t, func(n int64, w http.ResponseWriter, _ *http.Request) {
						if n <= lies {
							lie(w)
							return
						}
						page("application/vnd.acme.v4+json", `{"a":1}`)(w)
					})
					r := transport.Request{Method: "PUT", URL: o.URL, Repeatable: repeatable, Kind: transport.JSON, Status: 200, Most: 1 << 20}
					got := map[string]int{}
					patience := 450 * time.Millisecond
					if lies == 1 {
						patience = time.Minute
					}
					err := client(t, transport.Options{RetryFor: patience}).Do(t.Context(), r, func(a *transport.Answer) error {
						if err := json.NewDecoder(a.Body).Decode(&got); err != nil {
							return transport.NoAnswer("no JSON: %w", err)
						}
						return nil
					})
					switch {
					case !repeatable:
						if !errors.Is(err, transport.ErrLost) || o.calls.Load() != 1 {
							t.Errorf("%d calls, %v", o.calls.Load(), err)
						}
					case lies == 1:
						if err != nil || got["a"] != 1 || o.calls.Load() != 2 {
							t.Errorf("%d calls, %v, %v", o.calls.Load(), got, err)
						}
					case !errors.Is(err, transport.ErrUnavailable):
						t.Errorf("%d calls, %v", o.calls.Load(), err)
					}
				})
			}
		}
	}
}

func TestAnAnswerThatOnlySaysThatItIsTextIsJudgedByItsContent(t *testing.T) {
	for _, kind := range []string{"text/plain; charset=utf-8", "application/octet-stream", "application/json", "application/vnd.acme+json"} {
		o := newOrg(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { page(kind, "{}")(w) })
		if got, err := text(t, client(t, transport.Options{}), transport.Request{Method: "GET", URL: o.URL, Repeatable: true, Kind: transport.JSON}); err != nil || got != "{}" {
			t.Errorf("%s: %q, %v", kind, got, err)
		}
	}
}

func TestARedirectInTheMiddleOfARunIsNoSettingThatIsWrong(t *testing.T) {
	for code, means := range map[int]error{301: transport.ErrDenied, 308: transport.ErrDenied, 302: transport.ErrUnavailable, 307: transport.ErrUnavailable} {
		o := newOrg(t, func(n int64, w http.ResponseWriter, r *http.Request) {
			if n > 1 {
				http.Redirect(w, r, "https://acme-new.my.salesforce.com/x", code)
			}
		})
		c, r := client(t, transport.Options{}), transport.Request{Method: "GET", URL: o.URL, Repeatable: true}
		if _, err := text(t, c, r); err != nil {
			t.Fatal(err)
		}
		if _, err := text(t, c, r); !errors.Is(err, means) || exitCode(err) != 0 || !strings.Contains(err.Error(), "acme-new.my.salesforce.com") || o.calls.Load() != 2 {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestAnErrorOfTheReaderEndsACallAsItIs(t *testing.T) {
	o := newOrg(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") })
	err := client(t, transport.Options{}).Do(t.Context(), transport.Request{Method: "GET", URL: o.URL, Repeatable: true}, func(*transport.Answer) error { return io.ErrShortWrite })
	if err != io.ErrShortWrite || o.calls.Load() != 1 {
		t.Errorf("%d calls, %v", o.calls.Load(), err)
	}
}

func TestAnOrgThatIsBusyHasDoneNothing(t *testing.T) {
	o := newOrg(t, func(int64, http.ResponseWriter, *http.Request) {})
	no := errors.New("RACE_CONDITION")
	err := client(t, transport.Options{RetryFor: 300 * time.Millisecond}).Do(t.Context(), transport.Request{Method: "POST", URL: o.URL}, func(*transport.Answer) error { return transport.Busy(no) })
	if err != no || o.calls.Load() != 2 {
		t.Errorf("%d calls, %v", o.calls.Load(), err)
	}
}

func TestWhatTheOrgSaysBackOfOurSecretsIsStruckOut(t *testing.T) {
	o := newOrg(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(400)
		said, _ := json.Marshal(map[string]string{"error": "\x1b[31m" + r.Header.Get("Authorization") + " and s3cret<&>"})
		_, _ = w.Write(said)
	})
	c := client(t, transport.Options{Secrets: []string{"s3cret<&>", ""}, Login: func(_ context.Context, _ *http.Client) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: "00D!token"}, nil
	}})
	_, err := text(t, c, transport.Request{Method: "GET", URL: o.URL, Repeatable: true})
	var e *transport.Error
	if !errors.As(err, &e) || strings.Contains(string(e.Body), "s3cret") || strings.Contains(string(e.Body), "00D!") {
		t.Fatalf("%v", err)
	}
	e.Said = "00D!token \x1b[31m\u202egnp.exe\n s3cret<&>"
	if got, want := e.Error(), `org unavailable: GET `+o.URL+`: 400 *** \u001b[31m\u202egnp.exe\n ***`; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestTheAdminIsToldOfTroubleThatLasts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := l.Addr().String()
	_ = l.Close()
	var log bytes.Buffer
	c := client(t, transport.Options{RetryFor: 4 * time.Second, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	t.Parallel()
	ctx := transport.WithTag(t.Context(), transport.Tag{Run: "20261123T021500Z-4f7c", Job: "removals", Batch: 3})
	_ = c.Do(ctx, transport.Request{Method: "GET", URL: "http://" + host + "/q?token=s", Repeatable: true}, nil)
	text := log.String()
	if n := strings.Count(text, "level=WARN"); n != 1 {
		t.Errorf("told %d times", n)
	}
	if !regexp.MustCompile(regexp.QuoteMeta(host) + ` refused the connection; trying again for [1-3]s"`).MatchString(text) {
		t.Errorf("it says\n%s", text)
	}
	for _, want := range []string{"method=GET path=/q status=0", "run=20261123T021500Z-4f7c job=removals batch=3"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestAProxyWhoseAddressCannotBeReadIsNotPassedOver(t *testing.T) {
	for value, ok := range map[string]bool{
		"": true, "proxy.acme.example:3128": true, "http://a:b%25c@proxy:3128": true, "socks5://127.0.0.1:1080/": true, "https://proxy": true,
		"http://loader:50%off@127.0.0.1:1": false, "http://loader:a b@127.0.0.1:1": false, "http://loader:a#b@127.0.0.1:1": false, "http://": false,
		"ftp://proxy:21": false, "http://proxy:port": false, "http://proxy:99999": false, "http://proxy/path": false,
	} {
		for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
			t.Setenv(name, value)
			_, err := transport.New(transport.Options{})
			t.Setenv(name, "")
			switch {
			case ok && err != nil:
				t.Errorf("%s=%s: %v", name, value, err)
			case !ok && (exitCode(err) != 2 || !strings.HasPrefix(err.Error(), name) || strings.Contains(err.Error(), "loader")):
				t.Errorf("%s=%s: %v", name, value, err)
			}
		}
	}
}
