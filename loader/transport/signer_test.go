package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/oauth2"

	"rosterload/loader/transport"
)

func TestOneSignInForAllWorkers(t *testing.T) {
	var logins, served atomic.Int64
	path := filepath.Join(t.TempDir(), "sealed.csv")
	if err := os.WriteFile(path, []byte("Id,x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := newOrg(t, func(n int64, w http.ResponseWriter, r *http.Request) {
		valid := "Bearer 1"
		if n > 50 { // the session dies in the middle
			valid = "Bearer 2"
		}
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != valid {
			w.WriteHeader(401)
			return
		}
		if string(body) != "Id,x\n" {
			t.Errorf("the body is %q", body)
		}
		served.Add(1)
	})
	c := client(t, transport.Options{Login: func(context.Context, *http.Client) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: fmt.Sprint(logins.Add(1))}, nil
	}})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				if _, err := text(t, c, transport.Request{Method: "PUT", URL: o.URL, File: path}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if logins.Load() != 2 || served.Load() != 200 {
		t.Errorf("%d logins, %d served", logins.Load(), served.Load())
	}
}

func TestASessionThatEndsAgainIsSignedInAgainFiveTimes(t *testing.T) {
	for name, c := range map[string]struct {
		ends  int64 // how many sessions end on their first call
		means error
	}{
		"the fifth holds":   {ends: 5},
		"none of six holds": {ends: 6, means: transport.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var logins atomic.Int64
			o := newOrg(t, func(n int64, w http.ResponseWriter, _ *http.Request) {
				if n <= c.ends {
					w.WriteHeader(401)
				}
			})
			wire := client(t, transport.Options{Login: func(context.Context, *http.Client) (*oauth2.Token, error) {
				return &oauth2.Token{AccessToken: fmt.Sprint("session", logins.Add(1))}, nil
			}}).WithoutPauses()
			_, err := text(t, wire, transport.Request{Method: "POST", URL: o.URL})
			if !errors.Is(err, c.means) || errors.Is(err, transport.ErrDenied) || logins.Load() != 6 || o.calls.Load() != 6 {
				t.Errorf("%d logins, %d calls, %v", logins.Load(), o.calls.Load(), err)
			}
		})
	}
}

func TestASignInThatIsRefusedIsNotTriedAgain(t *testing.T) {
	var logins atomic.Int64
	o := newOrg(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) })
	c := client(t, transport.Options{Login: func(context.Context, *http.Client) (*oauth2.Token, error) {
		if logins.Add(1) > 1 {
			return nil, fmt.Errorf("wrong secret: %w", transport.ErrDenied)
		}
		return &oauth2.Token{AccessToken: "1"}, nil
	}})
	for range 2 { // a second worker does not send the refused secret once more
		_, err := text(t, c, transport.Request{Method: "GET", URL: o.URL, Repeatable: true})
		if !errors.Is(err, transport.ErrDenied) || !strings.HasPrefix(err.Error(), "sign-in: ") || logins.Load() != 2 {
			t.Errorf("%d logins, %v", logins.Load(), err)
		}
	}
}

func TestASignInThatMeetsTroubleIsRepeated(t *testing.T) {
	o := newOrg(t, func(n int64, w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/token" && n == 1:
			w.WriteHeader(503)
		case r.URL.Path == "/token" && n == 2:
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>back soon</html>")
		case r.URL.Path == "/token":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"x"}`)
		}
	})
	c := client(t, transport.Options{Login: func(ctx context.Context, plain *http.Client) (*oauth2.Token, error) {
		r, err := http.NewRequestWithContext(ctx, "POST", o.URL+"/token", strings.NewReader("grant"))
		if err != nil {
			return nil, err
		}
		resp, err := plain.Do(r)
		if err != nil {
			return nil, err
		}
		defer func() { _ = resp.Body.Close() }()
		return &oauth2.Token{AccessToken: resp.Status}, nil
	}})
	// The request itself may not be repeated; the sign-in before it may.
	if _, err := text(t, c, transport.Request{Method: "POST", URL: o.URL + "/jobs"}); err != nil || o.calls.Load() != 4 {
		t.Errorf("%d calls, %v", o.calls.Load(), err)
	}
}
