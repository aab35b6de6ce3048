package transport_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"rosterload/loader/transport"
)

// org is a server that answers each call by its number, from 1.
type org struct {
	*httptest.Server
	calls atomic.Int64
}

func newOrg(t *testing.T, answer func(n int64, w http.ResponseWriter, r *http.Request)) *org {
	o := &org{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(o.calls.Add(1), w, r) }))
	t.Cleanup(o.Close)
	return o
}

func client(t *testing.T, o transport.Options) *transport.Client {
	t.Helper()
	c, err := transport.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// text is the body of a call that succeeded.
func text(t *testing.T, c *transport.Client, r transport.Request) (string, error) {
	var body []byte
	err := c.Do(t.Context(), r, func(a *transport.Answer) (err error) {
		body, err = io.ReadAll(a.Body)
		return err
	})
	return string(body), err
}

// exitCode is what an error says of the end of the process, 0 when it does not.
func exitCode(err error) int {
	var known interface{ ExitCode() int }
	if !errors.As(err, &known) {
		return 0
	}
	return known.ExitCode()
}

func hangUp(w http.ResponseWriter) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = c.Close()
	}
}

func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

func TestWhatIsSentAgain(t *testing.T) {
	for name, c := range map[string]struct {
		trouble       func(http.ResponseWriter)
		reads, writes int64 // calls that a repeatable and another request make when only the first meets trouble
		writeMeans    error
	}{
		"too many requests: nothing was done": {trouble: status(429), reads: 2, writes: 2},
		"a proxy without the org":             {trouble: status(502), reads: 2, writes: 1, writeMeans: transport.ErrLost},
		"an org in maintenance":               {trouble: status(503), reads: 2, writes: 1, writeMeans: transport.ErrLost},
		"a proxy that waited in vain":         {trouble: status(504), reads: 2, writes: 1, writeMeans: transport.ErrLost},
		"an org that stumbled":                {trouble: status(500), reads: 2, writes: 1, writeMeans: transport.ErrLost},
		"a line that dropped":                 {trouble: hangUp, reads: 2, writes: 1, writeMeans: transport.ErrLost},
		"a plain no":                          {trouble: status(400), reads: 1, writes: 1, writeMeans: transport.ErrUnavailable},
		"an upload that is too large":         {trouble: status(413), reads: 1, writes: 1, writeMeans: transport.ErrUnavailable},
		"a permission that is missing":        {trouble: status(403), reads: 1, writes: 1, writeMeans: transport.ErrDenied},
		"a request that came too slowly":      {trouble: status(408), reads: 2, writes: 1, writeMeans: transport.ErrLost},
	} {
		for _, again := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, again %v", name, again), func(t *testing.T) {
				t.Parallel()
				o := newOrg(t, func(n int64, w http.ResponseWriter, _ *http.Request) {
					if n == 1 {
						c.trouble(w)
					}
				})
				_, err := text(t, client(t, transport.Options{}), transport.Request{Method: "PUT", URL: o.URL, Body: []byte("x"), Repeatable: again})
				want := c.writes
				if again {
					want = c.reads
				}
				if got := o.calls.Load(); got != want {
					t.Errorf("%d calls, want %d", got, want)
				}
				if want == 2 != (err == nil) {
					t.Errorf("it ended with %v", err)
				}
				if !again && c.writeMeans != nil && !errors.Is(err, c.writeMeans) {
					t.Errorf("%v does not mean %v", err, c.writeMeans)
				}
			})
		}
	}
}

func TestARefusedConnectionMeansThatNothingWasDone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	_ = l.Close()
	_, err = text(t, client(t, transport.Options{RetryFor: time.Millisecond}), transport.Request{Method: "PUT", URL: address})
	if !errors.Is(err, transport.ErrUnavailable) || errors.Is(err, transport.ErrLost) {
		t.Errorf("it ended with %v", err)
	}
}

func TestRetryAfterIsNeverSoonerThanOurPauseAndNeverBeyondPatience(t *testing.T) {
	for _, after := range []string{"0", "-5", "86400", "10000000000", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 2001 00:00:00 GMT", "soon"} {
		t.Run(after, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t, func(n int64, w http.ResponseWriter, _ *http.Request) {
				if n == 1 {
					w.Header().Set("Retry-After", after)
					w.WriteHeader(429)
				}
			})
			began := time.Now()
			_, err := text(t, client(t, transport.Options{RetryFor: 400 * time.Millisecond}), transport.Request{Method: "POST", URL: o.URL})
			if took := time.Since(began); err != nil || o.calls.Load() != 2 || took < 200*time.Millisecond || took > 5*time.Second {
				t.Errorf("%d calls in %s, %v", o.calls.Load(), took, err)
			}
		})
	}
}

func TestASealedFileGoesOutWholeWithItsLengthAndUncompressed(t *testing.T) {
	path, content := filepath.Join(t.TempDir(), "removals-0001.csv"), strings.Repeat("Id,x\n", 30_000)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	o := newOrg(t, func(n int64, w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		if r.ContentLength != int64(len(content)) || string(got) != content || r.Header.Get("Content-Encoding") != "" {
			t.Errorf("call %d: length %d, %d bytes, encoding %q", n, r.ContentLength, len(got), r.Header.Get("Content-Encoding"))
		}
		if n == 1 {
			w.WriteHeader(503)
		}
	})
	if _, err := text(t, client(t, transport.Options{}), transport.Request{Method: "PUT", URL: o.URL, File: path, Repeatable: true}); err != nil || o.calls.Load() != 2 {
		t.Errorf("%d calls, %v", o.calls.Load(), err)
	}
}

func TestAnAnswerThatStallsIsGivenUpAfterASilenceWhateverItsStatus(t *testing.T) {
	for _, code := range []int{200, 302, 400, 503} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			done := make(chan struct{})
			o := newOrg(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(code)
				_, _ = io.WriteString(w, "Id,")
				w.(http.Flusher).Flush()
				<-done
			})
			defer close(done)
			began := time.Now()
			_, err := text(t, client(t, transport.Options{Silence: 30 * time.Millisecond, RetryFor: 300 * time.Millisecond}), transport.Request{Method: "GET", URL: o.URL, Repeatable: true})
			if err == nil || time.Since(began) > 5*time.Second || code == 200 && (!errors.Is(err, transport.ErrUnavailable) || !strings.Contains(err.Error(), "stalled")) {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
		})
	}
}

func TestAnOrgThatStopsReadingAnUploadIsGivenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		c, err := l.Accept() // and never reads
		if err == nil {
			<-t.Context().Done()
			_ = c.Close()
		}
	}()
	_, err = text(t, client(t, transport.Options{Silence: 50 * time.Millisecond}), transport.Request{Method: "PUT", URL: "http://" + l.Addr().String(), Body: make([]byte, 16<<20)})
	if !errors.Is(err, transport.ErrLost) {
		t.Errorf("it ended with %v", err)
	}
}

func TestNoWriteFollowsARedirectAndNoTokenLeavesTheHost(t *testing.T) {
	stranger := newOrg(t, func(_ int64, _ http.ResponseWriter, r *http.Request) {
		t.Errorf("the stranger got %s with %q", r.Method, r.Header.Get("Authorization"))
	})
	o := newOrg(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, stranger.URL, http.StatusFound)
		case "/near":
			http.Redirect(w, r, "/here", http.StatusFound)
		}
	})
	c := client(t, transport.Options{Login: func(context.Context, *http.Client) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: "secret"}, nil
	}})
	for _, r := range []transport.Request{{Method: "GET", URL: o.URL + "/away", Repeatable: true}, {Method: "POST", URL: o.URL + "/near"}, {Method: "PUT", URL: o.URL + "/away"}} {
		var e *transport.Error
		if _, err := text(t, c, r); !errors.As(err, &e) || e.Status != http.StatusFound {
			t.Errorf("%s %s ended with %v", r.Method, r.URL, err)
		} else if exitCode(err) != 2 || !strings.Contains(err.Error(), "points to "+map[bool]string{true: stranger.URL, false: o.URL + "/here"}[strings.HasSuffix(r.URL, "/away")]) {
			t.Errorf("%s %s does not say where it points: %v", r.Method, r.URL, err)
		}
	}
	if _, err := text(t, c, transport.Request{Method: "GET", URL: o.URL + "/near", Repeatable: true}); err != nil {
		t.Errorf("a read on the same host: %v", err)
	}
}

func TestAnErrorNamesTheCallAndShowsNoSecret(t *testing.T) {
	o := newOrg(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "req-7")
		w.WriteHeader(400)
		_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
	})
	address := strings.Replace(o.URL, "http://", "http://me:secret@", 1) + "/q?token=secret"
	_, err := text(t, client(t, transport.Options{}), transport.Request{Method: "GET", URL: address, Header: http.Header{"X-Key": {"secret"}}})
	var e *transport.Error
	if !errors.As(err, &e) || e.Status != 400 || e.ID != "req-7" || len(e.Body) != 64<<10 {
		t.Fatalf("%v", err)
	}
	if got, want := err.Error(), "org unavailable: GET "+o.URL+"/q: 400 Bad Request (request req-7)"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}

func TestASignalEndsACallWithItsOwnWord(t *testing.T) {
	reason := errors.New("stopped by signal")
	ctx, cancel := context.WithCancelCause(t.Context())
	o := newOrg(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
		cancel(reason)
		w.WriteHeader(503)
	})
	if err := client(t, transport.Options{}).Do(ctx, transport.Request{Method: "GET", URL: o.URL, Repeatable: true}, nil); !errors.Is(err, reason) {
		t.Errorf("it ended with %v", err)
	}
}

func TestPlainHTTPIsForLoopbackOnly(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://acme.my.salesforce.com": true, "http://localhost:8080": true, "http://127.0.0.1:1": true, "http://[::1]:1": true,
		"http://acme.my.salesforce.com": false, "ftp://acme": false, "acme": false, "": false, "http://localhost.evil.example": false,
	} {
		if err := transport.Plain(address, false); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
	if err := transport.Plain("http://acme.example", true); err != nil {
		t.Errorf("insecure: %v", err)
	}
}

func TestFurtherAuthoritiesAreTrusted(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	call := transport.Request{Method: "GET", URL: server.URL, Repeatable: true}
	if _, err := text(t, client(t, transport.Options{CAFile: path}), call); err != nil {
		t.Errorf("with ca_file: %v", err)
	}
	began := time.Now()
	if _, err := text(t, client(t, transport.Options{}), call); exitCode(err) != 2 || !strings.Contains(err.Error(), "ca_file") || !strings.Contains(err.Error(), "Acme Co") || time.Since(began) > time.Second {
		t.Errorf("without ca_file, after %s: %v", time.Since(began), err)
	}
	plain := newOrg(t, func(int64, http.ResponseWriter, *http.Request) {})
	call.URL = strings.Replace(plain.URL, "http:", "https:", 1)
	if _, err := text(t, client(t, transport.Options{}), call); exitCode(err) != 2 || !strings.Contains(err.Error(), "https") {
		t.Errorf("an org that speaks no https: %v", err)
	}
	if _, err := transport.New(transport.Options{CAFile: filepath.Join(t.TempDir(), "none.pem")}); err == nil {
		t.Error("a ca_file that is not there was taken")
	}
}
