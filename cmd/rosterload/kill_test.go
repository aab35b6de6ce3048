//go:build unix

package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/results"
	"rosterload/loader/simulator"
	"rosterload/loader/simulator/salesforce"
	"rosterload/loader/simulator/vonage"
)

// killer is a pretend org that kills its caller at the Nth request, and only then does what was asked.
type killer struct {
	org    http.Handler
	mu     sync.Mutex
	asked  int
	at     int
	victim *os.Process
}

func (k *killer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	k.asked++
	if k.asked == k.at && k.victim != nil {
		_ = k.victim.Signal(syscall.SIGKILL)
	}
	k.mu.Unlock()
	k.org.ServeHTTP(w, r)
}

// killedNight is a roster, a pretend org and the real binary.
type killedNight struct {
	*pretended
	killer *killer
	binary string
}

func newKilledNight(t *testing.T, binary string) *killedNight {
	t.Helper()
	org, err := salesforce.New(simulator.Options{Count: 300, Strict: true, Delay: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	n := &killedNight{pretended: &pretended{org: org, folder: t.TempDir()}, killer: &killer{org: org}, binary: binary}
	n.server = httptest.NewServer(n.killer)
	t.Cleanup(n.server.Close)
	n.config(t, "bulk")
	write(t, n.path("roster.csv"), []byte(moves(300)))
	return n
}

// start runs the binary and answers how it ended; -1 is a violent death.
func (n *killedNight) start(t *testing.T, args ...string) int {
	t.Helper()
	cmd := exec.Command(n.binary, append(args, "--config", n.path("rosterload.yaml"), "--home", n.path("home"), "--quiet")...)
	n.killer.mu.Lock()
	err := cmd.Start()
	n.killer.victim = cmd.Process
	n.killer.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return ended.ExitCode()
	}
	return 0
}

func (n *killedNight) results(t *testing.T) []results.Row {
	t.Helper()
	files, _ := filepath.Glob(n.path("*.results.csv"))
	if len(files) != 1 {
		t.Fatalf("results: %v", files)
	}
	var rows []results.Row
	for row, err := range results.Read(files[0]) {
		if err != nil {
			t.Fatal(err)
		}
		row.JobID, row.RunID, row.SettledAt, row.Attempts = "", "", "", 0
		rows = append(rows, row)
	}
	return rows
}

var jobPath = regexp.MustCompile(`/jobs/ingest/(750\w+)`)

// sentOnce holds the org's own record: no user stands in two jobs that were closed.
func (n *killedNight) sentOnce(t *testing.T) {
	t.Helper()
	uploads, times := map[string]string{}, map[string]int{}
	for _, asked := range n.org.Requests() {
		job := jobPath.FindStringSubmatch(asked.Path)
		switch {
		case job == nil:
		case asked.Method == "PUT":
			uploads[job[1]] = asked.Body
		case asked.Method == "PATCH" && strings.Contains(asked.Body, "UploadComplete"):
			for _, line := range strings.Split(uploads[job[1]], "\n")[1:] {
				if id, _, found := strings.Cut(line, ","); found {
					times[id]++
				}
			}
			uploads[job[1]] = "" // a Close that is sent twice closes one job
		}
	}
	for id, k := range times {
		if k != 1 {
			t.Errorf("%s was sent %d times", id, k)
		}
	}
	if broken := n.org.Violations(); len(broken) > 0 {
		t.Errorf("broken promises: %v", broken)
	}
}

func build(t *testing.T) (binary string) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and kills the binary")
	}
	binary = filepath.Join(t.TempDir(), "rosterload")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// kills is how many times a night is killed, each time at another of its calls.
func kills(few int) int {
	if n, err := strconv.Atoi(os.Getenv("ROSTERLOAD_SOAK")); err == nil {
		return n
	}
	return few
}

// place is where the Kth of so many kills comes in a night of so many calls.
func place(k, kills, calls int) int {
	if kills < calls {
		return 1 + k*calls/kills
	}
	return 1 + k%calls
}

// load is the command that begins the night.
func (n *killedNight) load() []string { return []string{"load", n.path("roster.csv"), "-t", "org"} }

// toItsEnd runs a command, and resumes until the run ends as an undisturbed one does. A command that is to be shot is.
func (n *killedNight) toItsEnd(t *testing.T, want int, first ...string) {
	t.Helper()
	code := n.start(t, first...)
	if n.killer.at > 0 && code != -1 {
		t.Errorf("it was not shot, it ended with %d", code)
	}
	for tries := 0; code != want; tries++ {
		if tries > 5 {
			t.Fatalf("it does not come to its end: %d", code)
		}
		if code = n.start(t, "resume"); code == 5 { // it died before it had begun
			code = n.start(t, first...)
		}
	}
}

func TestAKillAmongCreationsMakesNobodyTwice(t *testing.T) {
	binary := build(t)
	night := func(t *testing.T) (*killedNight, *vonage.Server) {
		org, err := vonage.New(simulator.Options{Count: 40, Strict: true})
		if err != nil {
			t.Fatal(err)
		}
		n := &killedNight{pretended: &pretended{folder: t.TempDir()}, killer: &killer{org: org}, binary: binary}
		n.server = httptest.NewServer(n.killer)
		t.Cleanup(n.server.Close)
		write(t, n.path("rosterload.yaml"), []byte(strings.ReplaceAll(centreConfig(n.server.URL), "acme:", "org:")))
		var roster strings.Builder
		roster.WriteString("Username\n")
		for i := 1; i <= 40; i++ {
			fmt.Fprintf(&roster, "user%07d@acme.example\n", i)
		}
		write(t, n.path("roster.csv"), []byte(roster.String()))
		return n, org
	}
	calm, _ := night(t)
	calm.toItsEnd(t, 0, calm.load()...)
	want, calls, many := calm.results(t), calm.killer.asked, kills(6)
	for k := range many {
		at := place(k, many, calls)
		t.Run("at call "+strconv.Itoa(at), func(t *testing.T) {
			n, org := night(t)
			n.killer.at = at
			n.toItsEnd(t, 0, n.load()...)
			if diff := cmp.Diff(want, n.results(t)); diff != "" {
				t.Errorf("the results differ:\n%s", diff)
			}
			if broken := org.Violations(); len(broken) > 0 {
				t.Errorf("broken promises: %v", broken)
			}
			like, _ := org.Shown(vonage.TemplateAgent)
			for i := 1; i <= 40; i++ {
				if is, there := org.Shown(fmt.Sprintf("user%07d@acme.example", i)); !there || !cmp.Equal(like.Lists, is.Lists) {
					t.Errorf("user %d is there: %v, with %v", i, there, is.Lists)
				}
			}
		})
	}
}

func TestAKillAnywhereIsOnlyAPause(t *testing.T) {
	binary := build(t)
	calm := newKilledNight(t, binary)
	if code := calm.start(t, "load", calm.path("roster.csv")); code != 0 {
		t.Fatalf("an undisturbed night ended with %d", code)
	}
	want, calls := calm.results(t), calm.killer.asked
	many := kills(8)
	for k := range many {
		at := place(k, many, calls)
		t.Run("at call "+strconv.Itoa(at), func(t *testing.T) {
			n := newKilledNight(t, binary)
			n.killer.at = at
			n.toItsEnd(t, 0, n.load()...)
			if diff := cmp.Diff(want, n.results(t)); diff != "" {
				t.Errorf("the results differ:\n%s", diff)
			}
			n.sentOnce(t)
		})
	}
}
