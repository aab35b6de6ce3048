package all_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rosterload/loader"
	"rosterload/loader/connector"
	"rosterload/loader/connector/vault"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/simulator"
	pretendvault "rosterload/loader/simulator/vault"
)

// vaultNight is a pretend Vault of made-up users, with a folder for rosters and a home.
type vaultNight struct {
	org     *pretendvault.Server
	address string
	folder  string
	log     *slog.Logger
}

func newVaultNight(t *testing.T, o simulator.Options, faults string) *vaultNight {
	t.Helper()
	o.Strict = true
	org, err := pretendvault.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := org.SetFaults([]byte(faults)); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	return &vaultNight{org: org, address: server.URL, folder: t.TempDir()}
}

// options are those of a new process.
func (n *vaultNight) options(t *testing.T) loader.Options {
	return loader.Options{
		Home: filepath.Join(n.folder, "home"), Connector: vault.Connector, Name: "vault",
		Open: func(context.Context, map[string]string) (connector.Target, error) {
			return opened(t, vault.Connector, connector.Opening{Settings: vaultSettings(n.address), Log: n.log}), nil
		},
		Flags: run.Flags{MaxRemovals: "100%", Wait: 10 * time.Second, Poll: run.Poll{Job: time.Millisecond, Status: time.Millisecond}},
	}
}

func (n *vaultNight) roster(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(n.folder, "roster.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (n *vaultNight) load(t *testing.T, roster string) (*results.Summary, error) {
	t.Helper()
	s, err := loader.Load(context.Background(), n.options(t), n.roster(t, roster))
	for _, v := range n.org.Violations() {
		t.Errorf("a broken promise: %s", v)
	}
	return s, err
}

// allUsers asks for group Beta for all but each tenth, who leaves Alpha.
func allUsers(count int) string {
	var b strings.Builder
	b.WriteString("username__sys,engage_group_request__v\n")
	for n := 1; n <= count; n++ {
		group := "Beta"
		if n%10 == 0 {
			group = ""
		}
		fmt.Fprintf(&b, "USER%07d@acme.example,%s\n", n, group)
	}
	return b.String()
}

func TestAVaultNightGoesThroughTrouble(t *testing.T) {
	for story, faults := range map[string]string{
		"sessions end every few calls":            "switches: {session_calls: 4}",
		"the Vault makes small pages":             "switches: {page_size: 7}",
		"usernames cannot be asked without case":  "switches: {no_case_folding: true}",
		"the burst limit is used up":              "switches: {burst_limit: 3, burst_delay: 1ms}",
		"the Vault is busy for a moment":          "calls: [{on: 'PUT */user__sys', calls: [1], status: 200, code: OPERATION_IN_PROGRESS}]",
		"an exception that says nothing is known": "calls: [{on: 'PUT */user__sys', calls: [1], after: true, status: 200, code: EXCEPTION}]",
		"a query fails once inside the Vault":     "calls: [{on: 'POST */query', calls: [2], status: 503}]",
		"rows meet a race once":                   "rows: [{error: RACE_CONDITION, message: try again, times: 1}]",
		"a session that dies fails what it asked": "switches: {strict_session: true}",
	} {
		t.Run(story, func(t *testing.T) {
			t.Parallel()
			n := newVaultNight(t, simulator.Options{Count: 40, Delay: 30 * time.Millisecond}, faults)
			s, err := n.load(t, allUsers(40))
			if err != nil || s.Exit != 0 || s.Results["Updated"] != 36 || s.Results["Removed"] != 4 || n.org.Changes() != 40 {
				t.Errorf("%s, exit %d, %d changes: %v", s.Line(), s.Exit, n.org.Changes(), err)
			}
		})
	}
}

func TestNoCallHoldsMoreThanAVaultTakes(t *testing.T) {
	n := newVaultNight(t, simulator.Options{Count: 2600}, "")
	s, err := n.load(t, allUsers(2600))
	if err != nil || s.Exit != 0 || s.Results["Updated"] != 2340 {
		t.Fatalf("%v: %s", err, s.Line())
	}
	puts, upserts := 0, false
	for _, r := range n.org.Requests() {
		if r.Method != "PUT" {
			continue
		}
		var rows []map[string]*string
		puts++
		if err := json.Unmarshal([]byte(r.Body), &rows); err != nil || len(rows) > 500 {
			t.Fatalf("%d rows in one call: %v", len(rows), err)
		}
		removal := rows[0]["engage_group_request__v"] == nil
		if upserts = upserts || !removal; removal && upserts {
			t.Error("removals came after upserts")
		}
	}
	if puts != 1+5 {
		t.Errorf("%d calls, want one of removals and five of upserts", puts)
	}
}

func TestWhatAVaultRefusesIsSaidWithItsCure(t *testing.T) {
	for faults, want := range map[string]struct {
		exit int
		says string
	}{
		"switches: {wrong_vault: true}":                                    {run.ExitDenied, "another Vault"},
		"switches: {no_api_access: true}":                                  {run.ExitDenied, "not licensed"},
		"switches: {login_error: USER_LOCKED_OUT}":                         {run.ExitDenied, "unlock the user"},
		"switches: {login_error: PASSWORD_CHANGE_REQUIRED}":                {run.ExitDenied, "change the password"},
		"switches: {logins_per_minute: 1, session_calls: 1}":               {run.ExitUnavailable, "API_LIMIT_EXCEEDED"},
		"switches: {read_only: [engage_group_request__v]}":                 {run.ExitDenied, "read-only for us"},
		"calls: [{on: 'POST */query', status: 200, code: EXCEPTION}]":      {run.ExitUnavailable, "UNEXPECTED_ERROR"},
		"calls: [{on: 'GET *', drop: true}, {on: 'POST *', drop: true}]":   {run.ExitUnavailable, "cannot be reached"},
		"calls: [{on: 'POST */auth', status: 200, body: '<html></html>'}]": {run.ExitUnavailable, "a web page"},
	} {
		t.Run(faults, func(t *testing.T) {
			t.Parallel()
			n := newVaultNight(t, simulator.Options{Count: 10}, faults)
			s, err := n.load(t, allUsers(10))
			if err == nil || !strings.Contains(err.Error(), want.says) || loader.ExitCode(err) != want.exit {
				t.Errorf("exit %d: %v", loader.ExitCode(err), err)
			}
			if s == nil || s.Results["Not attempted"] != 10 {
				t.Errorf("no answer for HR: %+v", s)
			}
			if n.org.Changes() != 0 {
				t.Error("something was changed")
			}
		})
	}
}

func TestARowThatAVaultRefusesFailsAlone(t *testing.T) {
	n := newVaultNight(t, simulator.Options{Count: 20}, "rows: [{user: user0000003@acme.example, error: OPERATION_NOT_ALLOWED, message: \"a rule, and \\\"quotes\\\"\"}]\nswitches: {request_length: 10}")
	s, err := n.load(t, "Username,Group\nuser0000003@acme.example,Beta\nuser0000004@acme.example,Beta\nuser0000005@acme.example,Group of twenty chars\n")
	if err != nil || s.Exit != run.ExitFailedRows {
		t.Fatal(err)
	}
	var is []string
	for r, err := range results.Read(s.Files.Results) {
		if err != nil {
			t.Fatal(err)
		}
		is = append(is, r.Result+" "+r.ReasonCode+" "+r.NextStep+" "+r.Reason)
	}
	if is[0] != `Failed VAULT_OPERATION_NOT_ALLOWED ask-admin a rule, and "quotes"` || !strings.HasPrefix(is[1], "Updated") || !strings.HasPrefix(is[2], "Failed ROW_VALUE_TOO_LONG fix-and-load") {
		t.Errorf("%q", is)
	}
}

func TestACheckOfAVault(t *testing.T) {
	for faults, gap := range map[string]string{
		"": "",
		"switches: {read_only: [engage_group_request__v]}":             "engage_group_request__v: fail",
		"switches: {read_only: [engage_group_provisioning_status__v]}": "engage_group_provisioning_status__v: warn",
		"switches: {no_business_admin: true}":                          "user: warn",
		"switches: {read_only: [user__sys]}":                           "edit right on user__sys: fail",
		"switches: {hidden: [engage_group_request__v]}":                "engage_group_request__v: not checked",
	} {
		n := newVaultNight(t, simulator.Options{Count: 1}, faults)
		saw, err := loader.Check(context.Background(), n.options(t), "")
		if err != nil {
			t.Fatalf("%s: %v", faults, err)
		}
		var gaps []string
		for _, f := range saw.Findings {
			if f.Mark != connector.Pass {
				gaps = append(gaps, f.Check+": "+string(f.Mark))
			}
		}
		if gap == "" && len(gaps) > 0 || gap != "" && !slices.ContainsFunc(gaps, func(g string) bool { return strings.Contains(g, gap) }) {
			t.Errorf("%s: %v", faults, gaps)
		}
	}
}

func TestABurstLimitIsReportedOnce(t *testing.T) {
	var log bytes.Buffer
	n := newVaultNight(t, simulator.Options{Count: 5}, "switches: {burst_limit: 2, burst_delay: 1ms}")
	n.log = slog.New(slog.NewTextHandler(&log, nil))
	if _, err := n.load(t, allUsers(5)); err != nil {
		t.Fatal(err)
	}
	if k := strings.Count(log.String(), "burst limit is used up"); k != 1 {
		t.Errorf("said %d times:\n%s", k, log.String())
	}
}

func TestAVaultIsToldWhoCallsAndNeverItsSecrets(t *testing.T) {
	n := newVaultNight(t, simulator.Options{Count: 5}, "")
	s, err := n.load(t, allUsers(5))
	if err != nil {
		t.Fatal(err)
	}
	if s.As != "admin@acme.example" || s.Org.Name == "" {
		t.Errorf("as %q on %+v", s.As, s.Org)
	}
	for _, r := range n.org.Requests() {
		if strings.Contains(r.Path+r.Query, "any") || strings.Contains(r.Body, "password") {
			t.Errorf("%s %s shows the password", r.Method, r.Path)
		}
	}
}

func TestACheckLooksForTheUsersToo(t *testing.T) {
	n := newVaultNight(t, simulator.Options{Count: 3}, "")
	path := n.roster(t, "Username,Group\nuser0000001@acme.example,Beta\nunknown@acme.example,Beta\n")
	saw, err := loader.Check(context.Background(), n.options(t), path)
	if err != nil || saw.Exit != run.ExitFailedRows {
		t.Fatalf("%+v, %v", saw, err)
	}
	if f := saw.Findings[len(saw.Findings)-2]; f.Subject != "unknown@acme.example" || f.Mark != connector.Fail {
		t.Errorf("%+v", f)
	}
}

func TestASessionIsKeptAliveWhileItIsWaitedFor(t *testing.T) {
	clock := time.Now()
	n := newVaultNight(t, simulator.Options{Count: 3, Delay: 20 * time.Minute, Now: func() time.Time { return clock }}, "")
	o := n.options(t)
	o.Now = func() time.Time { return clock }
	o.Sleep = func(_ context.Context, d time.Duration) error { clock = clock.Add(d); return nil }
	o.Flags.Wait, o.Flags.Poll = time.Hour, run.Poll{Status: 15 * time.Minute, StatusMost: 15 * time.Minute}
	s, err := loader.Load(context.Background(), o, n.roster(t, "Username,Group\nuser0000001@acme.example,Beta\n"))
	if err != nil || s.Results["Updated"] != 1 {
		t.Fatalf("%v: %+v", err, s)
	}
	spoke, last := 0, time.Time{}
	for _, r := range n.org.Requests() {
		if strings.HasSuffix(r.Path, "/keep-alive") {
			spoke++
		}
		if !last.IsZero() && r.At.Sub(last) > 5*time.Minute {
			t.Errorf("nothing was said for %v before %s", r.At.Sub(last), r.Path)
		}
		last = r.At
	}
	if spoke < 3 {
		t.Errorf("kept alive %d times", spoke)
	}
}
