package all_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader"
	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/connector/groove"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/simulator"
	pretend "rosterload/loader/simulator/groove"
)

// grooveNight is a pretend org with Groove, a folder for rosters and a home.
type grooveNight struct {
	org      *pretend.Server
	server   *httptest.Server
	folder   string
	settings func(*groove.Settings)
	wait     time.Duration
}

// grooveUser is a line of the users: what the field says, and whether a seat is held.
func grooveUser(name, active, field, seat string) string {
	return fmt.Sprintf("%s@acme.example,%s@mail.example,%s,%s,%s\n", name, name, active, field, seat)
}

const grooveHeader = "Username,Email,IsActive,Groove_Assigned_Licenses__c,groove_seat\n"

// newPackage makes a pretend org with so many seats, with the field that Groove reads or without it.
func newPackage(t *testing.T, users string, seats int, field bool) *pretend.Server {
	t.Helper()
	o := simulator.Options{UsersFrom: strings.NewReader(grooveHeader + users), Licences: &seats, Strict: true}
	if !field {
		o.FaultsFile = filepath.Join(t.TempDir(), "faults.yaml")
		if err := os.WriteFile(o.FaultsFile, []byte("switches: {no_field: true}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	org, err := pretend.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return org
}

func newGroove(t *testing.T, users string, seats int, field bool, settings func(*groove.Settings)) *grooveNight {
	t.Helper()
	n := &grooveNight{org: newPackage(t, users, seats, field), folder: t.TempDir(), settings: settings, wait: 5 * time.Second}
	n.server = httptest.NewServer(n.org)
	t.Cleanup(n.server.Close)
	return n
}

// open makes a target as a new process would.
func (n *grooveNight) open() (connector.Target, error) {
	s := &groove.Settings{Salesforce: config.At[string]{V: "prod"}}
	if n.settings != nil {
		n.settings(s)
	}
	return groove.Connector.Open(context.Background(), connector.Opening{Settings: s, Other: hostAt(n.server.URL)})
}

func (n *grooveNight) options(t *testing.T) loader.Options {
	t.Helper()
	return loader.Options{
		Home: filepath.Join(n.folder, "home"), Connector: groove.Connector, Name: "groove",
		Open:  func(context.Context, map[string]string) (connector.Target, error) { return n.open() },
		Flags: run.Flags{MaxRemovals: "100%", Wait: n.wait, Poll: run.Poll{Job: 1e6, Status: 1e6}},
	}
}

func (n *grooveNight) load(t *testing.T, roster string) *results.Summary {
	t.Helper()
	path := filepath.Join(n.folder, "roster.csv")
	if err := os.WriteFile(path, []byte(roster), 0o600); err != nil {
		t.Fatal(err)
	}
	before, _, _ := run.List(filepath.Join(n.folder, "home"))
	s, err := loader.Load(context.Background(), n.options(t), path)
	for tries := 0; s == nil || !s.Final; tries++ {
		if tries == 6 {
			t.Fatalf("the run does not come to its end: %v", err)
		}
		runs, _, _ := run.List(filepath.Join(n.folder, "home"))
		if len(runs) == len(before) {
			s, err = loader.Load(context.Background(), n.options(t), path)
			continue
		}
		s, err = loader.Carry(context.Background(), n.options(t), runs[len(runs)-1].ID)
	}
	if broken := n.org.Violations(); len(broken) > 0 {
		t.Errorf("broken promises: %v", broken)
	}
	return s
}

// attachment is a file beside the results, without its header.
func attachment(t *testing.T, s *results.Summary, name string) []string {
	t.Helper()
	path := s.Files.Attachments[name]
	if path == "" {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range rows[1:] {
		lines = append(lines, strings.Join(r, "|"))
	}
	return lines
}

// grooveRoster asks for one of everything.
const grooveRoster = `Username,licenses,role,teams,release_number
joiner@acme.example,core,,,
flow@acme.example,"flow_unlimited, Core",Team Lead,"B, A",
leaver@acme.example,-,,,
less@acme.example,core,,,
same@acme.example,core,,,
sameflow@acme.example,Core;Flow Unlimited License,,,
settled@acme.example,,admin,,
blank@acme.example,,,,
asleep@acme.example,core,,,
sleeper@acme.example,#N/A,,,
nocore@acme.example,dialer,,,
nodialer@acme.example,core;sms,,,
unknown@acme.example,core;magic,,,
badrole@acme.example,core,Emperor,,
unknown-user@acme.example,core,,,
number@acme.example,core;dialer,,,Yes
late@acme.example,core,,,
`

func grooveUsers() string {
	u := ""
	for _, p := range [][4]string{
		{"joiner", "true", "", ""},
		{"flow", "true", "", ""},
		{"leaver", "true", "core;dialer", "yes"},
		{"less", "true", "core;dialer", "yes"},
		{"same", "true", "core", "yes"},
		{"sameflow", "true", "core;flow_unlimited", "yes"},
		{"settled", "true", "core", "yes"},
		{"blank", "true", "", ""},
		{"asleep", "false", "", ""},
		{"sleeper", "false", "core", "yes"},
		{"nocore", "true", "", ""},
		{"nodialer", "true", "", ""},
		{"unknown", "true", "", ""},
		{"badrole", "true", "", ""},
		{"number", "true", "core;dialer", "yes"},
		{"late", "true", "", ""},
		{"stale", "false", "", "yes"},
		{"bystander", "true", "core", "yes"},
	} {
		u += grooveUser(p[0], p[1], p[2], p[3])
	}
	return u
}

func grooveSaid(t *testing.T, s *results.Summary) []string {
	t.Helper()
	var lines []string
	for r, err := range results.Read(s.Files.Results) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, grooveLine(r))
	}
	return lines
}

// grooveLine is a row of the results in short.
func grooveLine(r results.Row) string {
	return strings.Join(strings.Fields(fmt.Sprintf("%d %s %s %s|%s|%s|%s|%s", r.Row, r.Action, r.Result, r.ReasonCode, r.Before, r.Requested, r.After, r.ProvisioningStatus)), " ")
}

func TestGrooveByTheFieldThatItReads(t *testing.T) {
	n := newGroove(t, grooveUsers(), 10, true, nil) // nine are held, two of them come back, three are needed
	s := n.load(t, grooveRoster)
	if diff := cmp.Diff(grooveByField, grooveSaid(t, s)); diff != "" {
		t.Error(diff)
	}
	wantWork := []string{
		"1|Update Teams|flow@acme.example|", "2|Update Role|settled@acme.example|", "3|Update Role|flow@acme.example|", "4|Deprovision Dialer Numbers|number@acme.example|",
	}
	work := attachment(t, s, "workorder")
	if len(work) != len(wantWork) {
		t.Fatalf("%q", work)
	}
	for i := range work {
		if !strings.HasPrefix(work[i], wantWork[i]) {
			t.Errorf("%s, want %s", work[i], wantWork[i])
		}
	}
	if !strings.Contains(work[0], "|teams|A, B|") || !strings.HasSuffix(work[3], "|yes|16") {
		t.Errorf("%q", work)
	}
	if s.Exit != run.ExitFailedRows {
		t.Errorf("exit %d", s.Exit)
	}
	again := n.load(t, grooveRoster)
	if len(again.Jobs) != 0 {
		t.Errorf("the same load again has jobs: %+v", again.Jobs)
	}
}

func TestGrooveBySeatsAlone(t *testing.T) {
	users := grooveUser("joiner", "true", "", "") + grooveUser("flow", "true", "", "") + grooveUser("leaver", "true", "", "yes") + grooveUser("same", "true", "", "yes") + grooveUser("sameflow", "true", "", "yes")
	n := newGroove(t, users, 4, false, nil)
	s := n.load(t, "Username,licenses\njoiner@acme.example,core\nflow@acme.example,core;flow_unlimited\nleaver@acme.example,-\nsame@acme.example,core\nsameflow@acme.example,core;dialer\n")
	want := []string{
		"1 assign Created ||core|core|seat", "2 assign Pending GROOVE_WORK_ORDER||core;flow_unlimited|core|manual", "3 remove Removed |core|||none",
		"4 none Unchanged |core|core|core|seat", "5 move Pending GROOVE_WORK_ORDER|core|core;dialer|core|manual",
	}
	if diff := cmp.Diff(want, grooveSaid(t, s)); diff != "" {
		t.Error(diff)
	}
	if work := attachment(t, s, "workorder"); len(work) != 2 || !strings.Contains(work[0], "Assign License|sameflow@acme.example") || !strings.Contains(work[1], "|license|flow_unlimited|") {
		t.Errorf("%q", work)
	}
	if seats := n.org.Seats(); !slices.Equal(seats, []string{"flow@acme.example", "joiner@acme.example", "same@acme.example", "sameflow@acme.example"}) {
		t.Errorf("%v", seats)
	}
	if s.Exit != run.ExitPending || !s.Final {
		t.Errorf("exit %d, final %v", s.Exit, s.Final)
	}
}

func TestTheLastNeedingLinesGetNoSeat(t *testing.T) {
	for _, field := range []bool{true, false} {
		users := grooveUser("a", "true", "", "") + grooveUser("b", "true", "", "") + grooveUser("c", "true", "", "") + grooveUser("stale", "false", "", "yes")
		n := newGroove(t, users, 2, field, nil)
		s := n.load(t, "Username,licenses\na@acme.example,core\nb@acme.example,core\nc@acme.example,core\n")
		if said := grooveSaid(t, s); !strings.HasPrefix(said[0], "1 assign Created") || !strings.HasPrefix(said[1], "2 assign Failed GROOVE_NO_SEATS") || !strings.HasPrefix(said[2], "3 assign Failed GROOVE_NO_SEATS") {
			t.Errorf("%q", said)
		}
		n = newGroove(t, users, 2, field, func(s *groove.Settings) { s.Reclaim.V = "inactive" })
		s = n.load(t, "Username,licenses\na@acme.example,core\nb@acme.example,core\nc@acme.example,core\n")
		if said := grooveSaid(t, s); !strings.HasPrefix(said[1], "2 assign Created") || !strings.HasPrefix(said[2], "3 assign Failed GROOVE_NO_SEATS") {
			t.Errorf("%q", said)
		}
		if back := attachment(t, s, "reclaimed"); s.Beyond["Removed"] != 1 || len(back) != 1 || !strings.HasPrefix(back[0], "stale@acme.example|051") || !strings.Contains(back[0], "|Removed|") {
			t.Errorf("%q", back)
		}
	}
}

func TestAGrooveThatNeverActsIsNotBelieved(t *testing.T) {
	n := newGroove(t, grooveUser("a", "true", "", "")+grooveUser("b", "true", "core", "yes"), 5, true, nil)
	n.wait = 20 * time.Millisecond
	if err := n.org.SetFaults([]byte("switches: {deaf_groove: true}")); err != nil {
		t.Fatal(err)
	}
	s := n.load(t, "Username,licenses\na@acme.example,core\n")
	if diff := cmp.Diff([]string{"1 assign Pending GROOVE_UNVERIFIED||core|core|waiting for seat"}, grooveSaid(t, s)); diff != "" {
		t.Error(diff)
	}
	if s.Exit != run.ExitPending {
		t.Errorf("exit %d", s.Exit)
	}
	n.settings = func(s *groove.Settings) { s.Unverified.V = "ok" }
	s = n.load(t, "Username,licenses\na@acme.example,core\n")
	if s.Exit != run.ExitOK || s.Trusted != 1 {
		t.Errorf("exit %d, %d trusted", s.Exit, s.Trusted)
	}
}
