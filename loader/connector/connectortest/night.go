package connectortest

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader"
	"rosterload/loader/connector"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// night is one org, one home and one roster.
type night struct {
	rig     Rig
	rows    int // most of a batch, 0: as the org allows
	watch   *watch
	server  *httptest.Server
	address string
	folder  string
	home    string
}

// newNight serves the org behind whatever between puts before it.
func newNight(t *testing.T, rig Rig, rows int, between func(org http.Handler) http.Handler) *night {
	t.Helper()
	w := newWatch(rig.Serve(t), rig.Removes)
	server := httptest.NewServer(between(w))
	t.Cleanup(server.Close)
	n := &night{rig: rig, rows: rows, watch: w, server: server, address: server.URL, folder: t.TempDir()}
	n.home = filepath.Join(n.folder, "home")
	if err := os.WriteFile(n.roster(), []byte(rig.Roster), 0o600); err != nil {
		t.Fatal(err)
	}
	return n
}

func calmly(org http.Handler) http.Handler { return org }

func (n *night) roster() string { return filepath.Join(n.folder, "roster.csv") }

// options are those of a new process. Its pauses are short: nothing that it waits for takes long.
func (n *night) options(t *testing.T) loader.Options {
	return loader.Options{
		Home: n.home, Connector: n.rig.Connector, Name: "org",
		Open: func(_ context.Context, flags map[string]string) (connector.Target, error) {
			return n.rig.Open(t, n.address, flags), nil
		},
		MostRows: n.rows,
		Flags: run.Flags{
			MaxRemovals: "100%", Wait: n.rig.Wait,
			Poll: run.Poll{Job: time.Millisecond, Status: time.Millisecond},
		},
		Sleep: func(ctx context.Context, d time.Duration) error {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(min(d, 5*time.Millisecond)):
				return nil
			}
		},
	}
}

// untilOver loads, and resumes in a new process each time, until the run is over. What a home holds already is gone on
// with.
func (n *night) untilOver(t *testing.T) *results.Summary {
	t.Helper()
	var err error
	for range 8 {
		var s *results.Summary
		runs, _, bad := run.List(n.home)
		switch {
		case bad != nil:
			t.Fatal(bad)
		case len(runs) == 0:
			s, err = loader.Load(context.Background(), n.options(t), n.roster())
		case runs[len(runs)-1].Over:
			s, err = loader.Results(context.Background(), n.options(t), runs[len(runs)-1].ID)
		default:
			s, err = loader.Carry(context.Background(), n.options(t), runs[len(runs)-1].ID)
		}
		if s != nil && s.Final {
			return s
		}
	}
	t.Fatalf("the run does not come to its end: %v", err)
	return nil
}

// check holds the results, the org and its judgement against what they must be.
func (n *night) check(t *testing.T, s *results.Summary) {
	t.Helper()
	n.checkLines(t, s, n.rig.Want)
	if diff := cmp.Diff(n.rig.After, n.watch.Holds()); diff != "" {
		t.Errorf("the org:\n%s", diff)
	}
	n.checkOrg(t)
}

func (n *night) checkLines(t *testing.T, s *results.Summary, want []string) {
	t.Helper()
	var lines []string
	for r, err := range results.Read(s.Files.Results) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, n.rig.Line(r))
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("the results:\n%s", diff)
	}
}

func (n *night) checkOrg(t *testing.T) {
	t.Helper()
	if is := n.watch.changes(); is != n.rig.Changes {
		t.Errorf("the written field was changed %d times, not %d", is, n.rig.Changes)
	}
	for _, promise := range n.watch.broken() {
		t.Errorf("a broken promise: %s", promise)
	}
}

// attachments are the files beside the results, by name.
func attachments(t *testing.T, s *results.Summary) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.Files.Attachments)) {
		text, err := os.ReadFile(s.Files.Attachments[name])
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(text)
	}
	return all
}
