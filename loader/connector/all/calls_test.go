package all_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rosterload/loader"
	"rosterload/loader/connector"
	"rosterload/loader/connector/salesforce"
	"rosterload/loader/run"
	"rosterload/loader/simulator"
	pretend "rosterload/loader/simulator/salesforce"
)

// A small load is mostly waiting for answers: nothing is asked twice but how many hold a group, before and after, and
// nothing in several calls that one can ask. Polls aside these are 25 calls, 17 of them in a row; the checks, the two
// first questions and the results of a job go out side by side.
func TestASmallLoadAsksNothingTwice(t *testing.T) {
	org, err := pretend.New(simulator.Options{Count: 25, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	roster := "Username,Engage Group\n"
	for i := 1; i <= 25; i++ {
		roster += fmt.Sprintf("user%07d@acme.example,%s\n", i, map[bool]string{false: "Beta"}[i%10 == 0])
	}
	path := filepath.Join(t.TempDir(), "roster.csv")
	if err := os.WriteFile(path, []byte(roster), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := loader.Load(context.Background(), loader.Options{
		Home: filepath.Join(t.TempDir(), "home"), Connector: salesforce.Connector, Name: "prod",
		Open: func(context.Context, map[string]string) (connector.Target, error) {
			return opened(t, salesforce.Connector, connector.Opening{Settings: salesforceSettings(server.URL)}), nil
		},
		Flags: run.Flags{MaxRemovals: "100%", Wait: 10 * time.Second, Poll: run.Poll{Job: time.Millisecond, Status: time.Millisecond}},
	}, path)
	if err != nil || s.Success != 25 {
		t.Fatalf("%+v, %v", s, err)
	}
	asked := map[string]int{}
	for _, r := range org.Requests() {
		asked[fmt.Sprintf("%s %s %s", r.Method, r.Path, r.Query)]++
	}
	calls := 0
	for what, times := range asked {
		switch isJob := strings.Contains(what, "/jobs/ingest"); {
		case strings.HasPrefix(what, "POST") && isJob:
			calls += times // a job each
		case strings.Contains(what, "COUNT") && times == 2:
			calls += times
		case times > 1 && !isJob && !strings.Contains(what, "+FROM+User+WHERE+Id"):
			t.Errorf("asked %d times: %s", times, what)
			fallthrough
		default: // a poll is counted once
			calls++
		}
	}
	if calls != 25 {
		t.Errorf("%d calls, want 25: %v", calls, asked)
	}
}
