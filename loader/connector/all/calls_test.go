package all_test

import (
	"context"
	"fmt"
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
	"rosterload/loader/run"
	"rosterload/loader/simulator"
	pretend "rosterload/loader/simulator/salesforce"
)

// rounds stands before an org and answers no call of a round before all of them have come. Of two calls in one round
// neither waits for the other's answer: as many rounds as there are, so many calls go one behind the other at most.
type rounds struct {
	http.Handler
	t    *testing.T
	name func(r *http.Request) string

	mu    sync.Mutex
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
	whole := g.whole
	at := -1
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

// A small load is mostly waiting for answers. These are the calls of 25 lines on Salesforce, a line for those that go
// out side by side: 25 calls, 15 in a row. Nothing is asked twice but how many hold a group, before and behind.
const smallNight = `POST token
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

func TestASmallLoadTakesFewCallsAndFewerInARow(t *testing.T) {
	org, err := pretend.New(simulator.Options{Count: 25, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	g := newRounds(t, org, ofSalesforce, smallNight)
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	roster := "Username,Engage Group\n"
	for i := 1; i <= 25; i++ {
		roster += fmt.Sprintf("user%07d@acme.example,%s\n", i, map[bool]string{false: "Beta"}[i%10 == 0])
	}
	path := filepath.Join(t.TempDir(), "roster.csv")
	if err := os.WriteFile(path, []byte(roster), 0o600); err != nil {
		t.Fatal(err)
	}
	settings := salesforceSettings(server.URL)
	settings.RetryFor = config.Duration(10 * time.Second)
	s, err := loader.Load(context.Background(), loader.Options{
		Home: filepath.Join(t.TempDir(), "home"), Connector: salesforce.Connector, Name: "prod",
		Open: func(context.Context, map[string]string) (connector.Target, error) {
			return opened(t, salesforce.Connector, connector.Opening{Settings: settings}), nil
		},
		Flags: run.Flags{MaxRemovals: "100%", Wait: 10 * time.Second, Poll: run.Poll{Job: time.Millisecond, Status: time.Millisecond}},
	}, path)
	if err != nil || s.Success != 25 || s.Plan.HoldersAfter == nil || *s.Plan.HoldersAfter != 23 {
		t.Errorf("%v", err)
	}
	if len(g.left) > 0 {
		t.Errorf("to come are %v", g.left)
	}
	if rows := strings.Count(smallNight, "\n") + 1; rows > 15 || len(org.Requests()) > 25 {
		t.Errorf("%d calls, %d in a row", len(org.Requests()), rows)
	}
}
