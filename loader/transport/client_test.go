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
func text(resp *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
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
		"a plain no":                          {trouble: status(400), reads: 1, writes: 1},
	} {
		for _, again := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, again %v", name, again), func(t *testing.T) {
				t.Parallel()
				o := newOrg(t, func(n int64, w http.ResponseWriter, _ *http.Request) {
					if n == 1 {
						c.trouble(w)
					}
				})
				resp, err := client(t, transport.Options{}).Do(t.Context(), transport.Request{Method: "PUT", URL: o.URL, Body: []byte("x"), Again: again})
				want := c.writes
				if again {
					want = c.reads
				}
				if got := o.calls.Load(); got != want {
					t.Errorf("%d calls, want %d", got, want)
				}
				if _, err = text(resp, err); want == 2 != (err == nil) {
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
	_, err = client(t, transport.Options{RetryFor: time.Millisecond}).Do(t.Context(), transport.Request{Method: "PUT", URL: address})
	if !errors.Is(err, transport.ErrUnavailable) || errors.Is(err, transport.ErrLost) {
		t.Errorf("it ended with %v", err)
	}
}

func TestRetryAfterIsHonouredOnlyWithinThePatienceOfACall(t *testing.T) {
	o := newOrg(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "86400")
		w.WriteHeader(429)
	})
	_, err := client(t, transport.Options{}).Do(t.Context(), transport.Request{Method: "GET", URL: o.URL, Again: true})
	if !errors.Is(err, transport.ErrUnavailable) || o.calls.Load() != 1 {
		t.Errorf("%d calls, %v", o.calls.Load(), err)
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
	if _, err := text(client(t, transport.Options{}).Do(t.Context(), transport.Request{Method: "PUT", URL: o.URL, File: path, Again: true})); err != nil || o.calls.Load() != 2 {
		t.Errorf("%d calls, %v", o.calls.Load(), err)
	}
}

func TestAServerThatStallsIsGivenUpAfterASilence(t *testing.T) {
	done := make(chan struct{})
	o := newOrg(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "Id,")
		w.(http.Flusher).Flush()
		<-done
	})
	defer close(done)
	got, err := text(client(t, transport.Options{Silence: 30 * time.Millisecond}).Do(t.Context(), transport.Request{Method: "GET", URL: o.URL, Again: true}))
	if got != "Id," || !errors.Is(err, transport.ErrUnavailable) || !strings.Contains(err.Error(), "stalled") {
		t.Errorf("%q, %v", got, err)
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
	_, err = client(t, transport.Options{Silence: 50 * time.Millisecond}).Do(t.Context(), transport.Request{Method: "PUT", URL: "http://" + l.Addr().String(), Body: make([]byte, 16<<20)})
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
	for _, r := range []transport.Request{{Method: "GET", URL: o.URL + "/away", Again: true}, {Method: "POST", URL: o.URL + "/near"}, {Method: "PUT", URL: o.URL + "/away"}} {
		var e *transport.Error
		if _, err := text(c.Do(t.Context(), r)); !errors.As(err, &e) || e.Status != http.StatusFound {
			t.Errorf("%s %s ended with %v", r.Method, r.URL, err)
		}
	}
	if _, err := text(c.Do(t.Context(), transport.Request{Method: "GET", URL: o.URL + "/near", Again: true})); err != nil {
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
	_, err := client(t, transport.Options{}).Do(t.Context(), transport.Request{Method: "GET", URL: address, Header: http.Header{"X-Key": {"secret"}}})
	var e *transport.Error
	if !errors.As(err, &e) || e.Status != 400 || e.ID != "req-7" || len(e.Body) != 64<<10 || e.Temporary() {
		t.Fatalf("%v", err)
	}
	if got, want := err.Error(), "GET "+o.URL+"/q: 400 Bad Request (request req-7)"; got != want {
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
	if _, err := client(t, transport.Options{}).Do(ctx, transport.Request{Method: "GET", URL: o.URL, Again: true}); !errors.Is(err, reason) {
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
	call := transport.Request{Method: "GET", URL: server.URL, Again: true}
	if _, err := text(client(t, transport.Options{CAFile: path}).Do(t.Context(), call)); err != nil {
		t.Errorf("with ca_file: %v", err)
	}
	if _, err := text(client(t, transport.Options{}).Do(t.Context(), call)); err == nil {
		t.Error("a certificate that nobody vouches for was taken")
	}
	if _, err := transport.New(transport.Options{CAFile: filepath.Join(t.TempDir(), "none.pem")}); err == nil {
		t.Error("a ca_file that is not there was taken")
	}
}
