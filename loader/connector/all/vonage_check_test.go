package all_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader"
	"rosterload/loader/connector"
	"rosterload/loader/connector/vonage"
	"rosterload/loader/run"
	pretend "rosterload/loader/simulator/vonage"
)

// readiness runs `check` and answers what did not pass, as "subject check: state".
func (c *centre) readiness(t *testing.T, roster string) (gaps []string, exit int) {
	t.Helper()
	path := ""
	if roster != "" {
		path = filepath.Join(c.folder, "roster.csv")
		if err := os.WriteFile(path, []byte(roster), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	saw, err := loader.Check(context.Background(), c.options(t), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range slices.Concat(c.org.Requests(), c.org.Org().Requests()) {
		if r.Method != "GET" && !strings.HasSuffix(r.Path, "/token") {
			t.Errorf("a check asked %s %s", r.Method, r.Path)
		}
	}
	for _, f := range saw.Findings {
		if f.Mark != connector.Pass {
			gaps = append(gaps, strings.TrimSpace(fmt.Sprintf("%s %s: %s", f.Subject, f.Check, f.Mark)))
		}
	}
	return gaps, saw.Exit
}

// ready gives a user everything that the vendor's page asks for.
func (c *centre) ready(name, set string) {
	id := c.org.Org().Users()[name]
	c.org.Assign(id, set)
	c.org.Assign(id, pretend.CustomSet)
}

func TestWhoIsNotReadyAndWhy(t *testing.T) {
	users := pictured() + centreUser("api", "+44", "", ",,")
	c := newCentre(t, users, func(s *vonage.Settings) { s.Readiness.APIUser = "api@acme.example" })
	c.ready("api@acme.example", pretend.APISet)
	c.ready("ann@acme.example", pretend.AgentSet)
	c.org.Assign(c.org.Org().Users()["bob@acme.example"], pretend.AgentSet)
	gaps, exit := c.readiness(t, "Username\nann@acme.example\nbob@acme.example\nnobody@acme.example\n")
	want := []string{
		"VCC scope users:write: not checked", "SCIM as a second writer: not checked", "agent licences: not checked",
		"api@acme.example licence: not checked", "api@acme.example login hours: not checked", "api@acme.example IP ranges: not checked", "api@acme.example its link to VCC: not checked",
		"ann@acme.example agent ID: warn", "ann@acme.example VCC user: warn",
		"bob@acme.example Phone: fail", "bob@acme.example agent ID: warn", "bob@acme.example VCC user: warn", "bob@acme.example a set with Task fields: warn",
	}
	for _, field := range []string{"ActivityDate", "CallDurationInSeconds", "CallObject", "CallType", "Description", "OwnerId", "ReminderDateTime", "Status", "Subject", "Type", "WhatId", "WhoId"} {
		want = append(want, "bob@acme.example Task."+field+": fail")
	}
	want = append(want, "nobody@acme.example Salesforce user: fail")
	if diff := cmp.Diff(want, gaps); diff != "" {
		t.Error(diff)
	}
	if exit != run.ExitFailedRows {
		t.Errorf("exit %d", exit)
	}
}

func TestAnAccountThatIsReadyFailsNothing(t *testing.T) {
	c := newCentre(t, pictured()+centreUser("api", "+44", "", ",,"), nil)
	c.ready("api@acme.example", pretend.APISet) // the only holder of the API user's set is the API user
	gaps, exit := c.readiness(t, "")
	for _, gap := range gaps {
		if !strings.HasSuffix(gap, ": not checked") {
			t.Error(gap)
		}
	}
	if exit != 0 {
		t.Errorf("exit %d", exit)
	}
}

func TestWithoutTheFieldNobodyCanBeTied(t *testing.T) {
	c := newCentre(t, pictured(), nil)
	if err := c.org.Org().SetFaults([]byte("switches: {read_only: [NVMContactWorld__NVM_Agent_Id__c]}")); err != nil {
		t.Fatal(err)
	}
	gaps, exit := c.readiness(t, "")
	if exit != run.ExitDenied || !slices.Contains(gaps, "NVMContactWorld__NVM_Agent_Id__c: fail") {
		t.Errorf("exit %d: %v", exit, gaps)
	}
}
