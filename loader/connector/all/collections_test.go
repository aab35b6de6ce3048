package all_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rosterload/loader"
	"rosterload/loader/connector"
	"rosterload/loader/connector/salesforce"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/simulator"
	pretend "rosterload/loader/simulator/salesforce"
)

// The org is away from the second of three calls on: what became of its rows is not known, and those behind it were never handed over.
func TestRowsBehindACallThatFailedWereNotHandedOver(t *testing.T) {
	org, err := pretend.New(simulator.Options{Count: 450, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int32
	var away atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/composite/sobjects") && calls.Add(1) == 2 {
			away.Store(true)
		}
		if away.Load() {
			panic(http.ErrAbortHandler)
		}
		org.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	folder, roster := t.TempDir(), "Username,Group\n"
	for n := range 450 {
		roster += fmt.Sprintf("user%07d@acme.example,Beta\n", n+1)
	}
	path := filepath.Join(folder, "roster.csv")
	if err := os.WriteFile(path, []byte(roster), 0o600); err != nil {
		t.Fatal(err)
	}
	o := loader.Options{
		Home: filepath.Join(folder, "home"), Connector: salesforce.Connector, Name: "org",
		Open: func(context.Context, map[string]string) (connector.Target, error) {
			s := salesforceSettings(server.URL)
			s.API.V = "collections"
			return opened(t, salesforce.Connector, connector.Opening{Settings: s}), nil
		},
		Flags: run.Flags{MaxRemovals: "100%", Wait: 10 * time.Second, Poll: run.Poll{Job: time.Millisecond, Status: time.Millisecond}},
	}
	s, err := loader.Load(context.Background(), o, path)
	if loader.ExitCode(err) != run.ExitUnavailable || s == nil {
		t.Fatalf("exit %d: %v", loader.ExitCode(err), err)
	}
	for r, err := range results.Read(s.Files.Results) {
		want, attempts := "Pending", 1
		if r.Row > 400 {
			want, attempts = "Not attempted", 0
		}
		if err != nil || r.Result != want || r.Attempts != attempts {
			t.Fatalf("row %d: %s after %d attempts, not %s: %v", r.Row, r.Result, r.Attempts, want, err)
		}
	}
	away.Store(false)
	if s, err = loader.Carry(context.Background(), o, s.Run); err != nil || s.Results["Updated"] != 450 {
		t.Errorf("%v: %s", err, s.Line())
	}
}
