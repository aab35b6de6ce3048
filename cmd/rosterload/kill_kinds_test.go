//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/results"
	"rosterload/loader/simulator"
	simulators "rosterload/loader/simulator/all"
)

// kindNight is a night of one kind of org: what is served, how it is loaded, and how an undisturbed night ends.
type kindNight struct {
	kind   string
	org    simulator.Options
	config func(address string) string
	roster string
	exit   int
	verb   string // of the process that is shot
}

func engageConfig(kind, auth string, more ...string) func(string) string {
	return func(address string) string {
		lines := append([]string{"kind: " + kind, "url: " + address, "auth: {" + auth + "}", "poll: {job: 5ms, status: 5ms}"}, more...)
		return "targets:\n  acme:\n    " + strings.Join(lines, "\n    ") + "\n"
	}
}

// moves is a roster of so many made-up users: every tenth of them leaves.
func moves(count int) string {
	var roster strings.Builder
	roster.WriteString("Username,Group\n")
	for i := 1; i <= count; i++ {
		group := "Beta"
		if i%10 == 0 {
			group = ""
		}
		fmt.Fprintf(&roster, "user%07d@acme.example,%s\n", i, group)
	}
	return roster.String()
}

// kindNights are one of each kind, and a retry.
func kindNights(t *testing.T) map[string]kindNight {
	some, two, secret := 4, 2, "client_id: me, client_secret: mine"
	groove := filepath.Join(samplesDir, "groove-licences")
	return map[string]kindNight{
		"vault": {
			kind: "vault", org: simulator.Options{Count: 60, Strict: true, Delay: 5 * time.Millisecond},
			config: engageConfig("vault", "username: me, password: mine"), roster: moves(60), verb: "load",
		},
		"salesforce by collections": {
			kind: "salesforce", org: simulator.Options{Count: 60, Strict: true, Delay: 5 * time.Millisecond},
			config: engageConfig("salesforce", secret, "api: collections"), roster: moves(60), verb: "load",
		},
		"salesforce by bulk": {
			kind: "salesforce", org: simulator.Options{Count: 60, Strict: true, Delay: 5 * time.Millisecond},
			config: engageConfig("salesforce", secret), roster: moves(60), verb: "load",
		},
		"vonage": {
			kind: "vonage", org: simulator.Options{Count: 10, Strict: true}, config: centreConfig, verb: "load",
			roster: "Username\nuser0000001@acme.example\nuser0000002@acme.example\n",
		},
		"groove": {
			kind: "groove", org: simulator.Options{Users: filepath.Join(samplesDir, "groove-org.csv"), Licences: &some, Strict: true},
			config: func(address string) string { return grooveConfig(address) }, roster: string(read(t, groove+".csv")), exit: 4, verb: "load",
		},
		"a retry": {
			kind: "salesforce", org: simulator.Options{Count: 8, Licences: &two, Strict: true, Delay: 5 * time.Millisecond},
			config: engageConfig("salesforce", secret), roster: moves(8), verb: "retry",
		},
	}
}

// begin serves a night's org and writes its files. A retry's night has been loaded, and its licences were bought.
func (k *kindNight) begin(t *testing.T, binary string) (*killedNight, simulator.Simulator) {
	t.Helper()
	org, err := simulators.Open(k.kind, k.org)
	if err != nil {
		t.Fatal(err)
	}
	n := &killedNight{pretended: &pretended{folder: t.TempDir()}, killer: &killer{org: org}, binary: binary}
	n.server = httptest.NewServer(n.killer)
	t.Cleanup(n.server.Close)
	write(t, n.path("rosterload.yaml"), []byte(k.config(n.server.URL)))
	write(t, n.path("roster.csv"), []byte(k.roster))
	if k.verb == "retry" {
		if code := n.start(t, "load", n.path("roster.csv"), "-t", "acme"); code != 4 {
			t.Fatalf("the load before the retry ended with %d", code)
		}
		answer, err := http.Post(n.server.URL+"/_sim/licences", "application/json", strings.NewReader(`{"licences": 20}`))
		if err != nil || answer.Body.Close() != nil || answer.StatusCode/100 != 2 {
			t.Fatal("no licences were sold: ", err)
		}
		n.killer.asked = 0
	}
	return n, org
}

// toItsEnd starts the night and resumes it until it ends as an undisturbed one does.
func (k *kindNight) toItsEnd(t *testing.T, n *killedNight) []results.Row {
	t.Helper()
	first := []string{"load", n.path("roster.csv"), "-t", "acme"}
	if k.verb == "retry" {
		first = []string{"retry"}
	}
	n.toItsEnd(t, k.exit, first...)
	return n.results(t)
}

func TestAKillIsOnlyAPauseForEveryKind(t *testing.T) {
	binary := build(t)
	for name, k := range kindNights(t) {
		t.Run(name, func(t *testing.T) {
			calm, _ := k.begin(t, binary)
			want := k.toItsEnd(t, calm)
			calls, many := calm.killer.asked, kills(3)
			for i := range many {
				at := place(i, many, calls)
				t.Run("at call "+strconv.Itoa(at), func(t *testing.T) {
					t.Parallel()
					n, org := k.begin(t, binary)
					n.killer.at = at
					if diff := cmp.Diff(want, k.toItsEnd(t, n)); diff != "" {
						t.Errorf("the results differ:\n%s", diff)
					}
					if broken := org.Violations(); len(broken) > 0 {
						t.Errorf("broken promises: %v", broken)
					}
				})
			}
		})
	}
}
