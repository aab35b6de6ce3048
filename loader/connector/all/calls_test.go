package all_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rosterload/loader"
	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/connector/salesforce"
	"rosterload/loader/connector/vault"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/simulator"
	pretend "rosterload/loader/simulator/salesforce"
	pretendvault "rosterload/loader/simulator/vault"
)

// rounds stands before an org and answers no call of a round before all of them have come. Of two calls in one round
// neither waits for the other's answer: as many rounds as there are, so many calls go one behind the other at most.
type rounds struct {
	http.Handler
	t    *testing.T
	name func(r *http.Request) string

	mu    sync.Mutex
	calls int
	left  [][]string // the round under way, of which these calls have not come, and those behind it
	whole chan struct{}
}

// newRounds takes a line for each round.
func newRounds(t *testing.T, org http.Handler, name func(r *http.Request) string, text string) *rounds {
	g := &rounds{Handler: org, t: t, name: name, whole: make(chan struct{})}
	for line := range strings.Lines(text) {
		g.left = append(g.left, strings.Split(strings.TrimSpace(line), ", "))
	}
	return g
}

func (g *rounds) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case <-g.come(g.name(r)):
		g.Handler.ServeHTTP(w, r)
	case <-r.Context().Done(): // the client gives up: what belongs to the round does not come
	}
}

// come answers a channel that is closed when the call's round is whole.
func (g *rounds) come(call string) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	whole, at := g.whole, -1
	if len(g.left) > 0 {
		at = slices.Index(g.left[0], call)
	}
	if at < 0 {
		g.t.Errorf("%q comes, and is not of this round; to come are %v", call, g.left)
		whole = make(chan struct{})
		close(whole)
		return whole
	}
	if g.left[0] = slices.Delete(g.left[0], at, at+1); len(g.left[0]) == 0 {
		close(whole)
		g.left, g.whole = g.left[1:], make(chan struct{})
	}
	return whole
}

// A small load is mostly waiting for answers. These are the calls of 25 lines, a line for those that go out side by side.
// Nothing is asked twice but how many hold a group, before and behind.
const (
	salesforceSmall = `POST token
		GET userinfo, GET Organization
		GET ingest, GET describe, GET UserPermissionAccess, GET User, GET COUNT
		POST ingest
		PUT batches
		PATCH job
		GET job
		GET successfulResults, GET failedResults, GET unprocessedrecords
		GET User
		POST ingest
		PUT batches
		PATCH job
		GET job
		GET successfulResults, GET failedResults, GET unprocessedrecords
		GET User, GET COUNT`
	vaultSmall = `POST auth
		GET me
		GET api, GET engage_group_request__v, GET engage_group_provisioning_status__v, GET permissions, POST users, POST count
		PUT user__sys
		POST users
		PUT user__sys
		POST users, POST count`
)

var (
	jobID   = regexp.MustCompile(`^750\w{15}$`)
	queries = regexp.MustCompile(`SELECT (COUNT)|FROM (\w+)`)
)

// ofSalesforce names a call by the end of its path, and a query by what it asks for.
func ofSalesforce(r *http.Request) string {
	what := jobID.ReplaceAllString(path.Base(r.URL.Path), "job")
	if m := queries.FindStringSubmatch(r.URL.Query().Get("q")); m != nil {
		what = m[1] + m[2]
	}
	return r.Method + " " + what
}

func ofVault(r *http.Request) string {
	what := path.Base(r.URL.Path)
	if what == "query" {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		what = map[bool]string{true: "count", false: "users"}[bytes.Contains(body, []byte("PAGESIZE+1"))]
	}
	return r.Method + " " + what
}

func TestASmallLoadTakesFewCallsAndFewerInARow(t *testing.T) {
	for _, c := range []struct {
		connector  connector.Connector
		org        func(o simulator.Options) (simulator.Simulator, error)
		settings   func(address string) any
		name       func(r *http.Request) string
		night      string
		calls, row int // at most
	}{
		{
			salesforce.Connector, func(o simulator.Options) (simulator.Simulator, error) { return pretend.New(o) },
			func(address string) any {
				s := salesforceSettings(address)
				s.RetryFor = config.Duration(10 * time.Second)
				return s
			}, ofSalesforce, salesforceSmall, 25, 15,
		},
		{
			vault.Connector, func(o simulator.Options) (simulator.Simulator, error) { return pretendvault.New(o) },
			func(address string) any {
				s := vaultSettings(address)
				s.RetryFor = config.Duration(10 * time.Second)
				return s
			}, ofVault, vaultSmall, 13, 7,
		},
	} {
		t.Run(c.connector.Name, func(t *testing.T) {
			org, err := c.org(simulator.Options{Count: 25, Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			g := newRounds(t, org, c.name, c.night)
			row := len(g.left)
			server := httptest.NewServer(g)
			t.Cleanup(server.Close)
			s := loadSmall(t, c.connector, c.settings(server.URL))
			if after := s.Plan.HoldersAfter; s.Success != 25 || after == nil || *after != 23 {
				t.Errorf("%d of 25 lines, %v holders", s.Success, after)
			}
			if len(g.left) > 0 || len(org.Violations()) > 0 {
				t.Errorf("to come are %v; broken promises: %v", g.left, org.Violations())
			}
			if g.calls > c.calls || row > c.row {
				t.Errorf("%d calls, %d in a row", g.calls, row)
			}
		})
	}
}

// loadSmall loads 25 lines, of which two take a group away.
func loadSmall(t *testing.T, c connector.Connector, settings any) *results.Summary {
	t.Helper()
	roster := "Username,Engage Group\n"
	for i := 1; i <= 25; i++ {
		roster += fmt.Sprintf("user%07d@acme.example,%s\n", i, map[bool]string{false: "Beta"}[i%10 == 0])
	}
	return loadText(t, c, settings, roster)
}

// loadText loads a roster.
func loadText(t *testing.T, c connector.Connector, settings any, roster string) *results.Summary {
	t.Helper()
	file := filepath.Join(t.TempDir(), "roster.csv")
	if err := os.WriteFile(file, []byte(roster), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := loader.Load(t.Context(), loader.Options{
		Home: filepath.Join(t.TempDir(), "home"), Connector: c, Name: "prod",
		Open: func(context.Context, map[string]string) (connector.Target, error) {
			return opened(t, c, connector.Opening{Settings: settings}), nil
		},
		Flags: run.Flags{MaxRemovals: "100%", Wait: 10 * time.Second, Poll: run.Poll{Job: time.Millisecond, Status: time.Millisecond}},
	}, file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
