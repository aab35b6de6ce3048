package all_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader"
	"rosterload/loader/connector/vonage"
	"rosterload/loader/run"
	pretend "rosterload/loader/simulator/vonage"
)

func TestTheSealedTemplateIsUsedWhateverBecomesOfIt(t *testing.T) {
	c := newCentre(t, pictured(), nil)
	path := filepath.Join(c.folder, "roster.csv")
	if err := os.WriteFile(path, []byte(picture), 0o600); err != nil {
		t.Fatal(err)
	}
	planned, err := loader.Plan(context.Background(), c.options(t), path)
	if planned == nil {
		t.Fatal(err)
	}
	like, _ := c.org.Shown(pretend.TemplateAgent)
	c.org.Edit(pretend.TemplateAgent, "skills", `[{"skillId":"skill-9","agentSkillLevel":1}]`)
	s, err := loader.Carry(context.Background(), c.options(t), planned.Run)
	if err != nil || s.Results["Created"] != 3 {
		t.Fatalf("%v: %+v", err, s)
	}
	if is, _ := c.org.Shown("ann@acme.example"); !cmp.Equal(like.Lists, is.Lists) {
		t.Errorf("made like the template as it is now, not as it was planned: %v", is.Lists)
	}
}

func TestAUserThatIsMadeAndIncompleteIsFinishedByALaterLoad(t *testing.T) {
	c := newCentre(t, pictured(), nil)
	if err := c.org.SetFaults([]byte("calls: [{on: 'PUT */skills', status: 400, message: skills are being moved}]")); err != nil {
		t.Fatal(err)
	}
	s := c.load(t, "Username\nann@acme.example\ncid@acme.example\n")
	if diff := cmp.Diff([]string{"1 Failed VCC_INCOMPLETE 4 created_incomplete", "2 Failed VCC_INCOMPLETE 5 created_incomplete"}, answers(t, s)); diff != "" {
		t.Error(diff)
	}
	if err := c.org.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	posts := c.posts()
	s = c.load(t, "Username\nann@acme.example\ncid@acme.example\n")
	if diff := cmp.Diff([]string{"1 Created 4 created", "2 Created 5 created"}, answers(t, s)); diff != "" {
		t.Error(diff)
	}
	if c.posts() != posts {
		t.Error("a user was made again")
	}
	c.checkLikeTemplate(t, map[string]string{"ann@acme.example": "4", "cid@acme.example": "5"})
}

func TestAHalfMadeUserOfOthersIsNeverTouched(t *testing.T) {
	c := newCentre(t, pictured(), nil)
	c.org.Add(pretend.Account{Username: "ann@acme.example", Role: "Agent", AgentID: "77", Active: true})
	s := c.load(t, "Username\nann@acme.example\n")
	if diff := cmp.Diff([]string{"1 Failed VCC_USERNAME_EXISTS created"}, answers(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestTheAccountMayBeHoweverThePagesLeaveItOpen(t *testing.T) {
	for _, faults := range []string{
		"switches: {page_base: 1}", "switches: {page_base: 0}", "switches: {post_status: 200, post_body: empty}", "switches: {post_body: id}", "switches: {error_shape: status}",
		"switches: {error_shape: error}", "switches: {token_calls: 7}", "switches: {no_groups: true}", "switches: {reuse_archived: true}",
		"calls: [{on: '* *', every: 3, status: 429, retry_after: 0}]", "calls: [{on: 'GET *', every: 4, status: 503}]",
	} {
		t.Run(faults, func(t *testing.T) {
			t.Parallel()
			c := newCentre(t, pictured(), nil)
			if err := c.org.SetFaults([]byte(faults)); err != nil {
				t.Fatal(err)
			}
			s := c.load(t, picture)
			want := []string{"1 Created 4 created", "2 Failed VCC_PHONE_MISSING", "3 Created 5 created", "4 Failed VCC_USERNAME_EXISTS created", "5 Created 6 created"}
			if diff := cmp.Diff(want, answers(t, s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatVCCSaysNoTo(t *testing.T) {
	for faults, want := range map[string]string{
		"switches: {agent_licences: 2}":                                                     "1 Failed VCC_NO_LICENCES",
		"calls: [{on: 'POST */users', status: 400, message: 'the moon is full'}]":           "1 Failed VCC_REFUSED",
		"calls: [{on: 'POST */users', status: 409, message: 'License allocation reached'}]": "1 Failed VCC_NO_LICENCES",
		"switches: {second_writer: ['4']}":                                                  "1 Failed VCC_AGENT_ID_IN_USE 4",
	} {
		c := newCentre(t, pictured(), nil)
		if err := c.org.SetFaults([]byte(faults)); err != nil {
			t.Fatal(err)
		}
		s := c.load(t, "Username\nann@acme.example\n")
		if is := answers(t, s)[0]; !strings.HasPrefix(is, want) {
			t.Errorf("%s: %s, want %s", faults, is, want)
		}
	}
	c := newCentre(t, pictured(), nil)
	if err := c.org.SetFaults([]byte("switches: {scope: 'users:read'}")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(c.folder, "roster.csv")
	if err := os.WriteFile(path, []byte(picture), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := loader.Load(context.Background(), c.options(t), path); loader.ExitCode(err) != run.ExitDenied {
		t.Errorf("a token without users:write: exit %d, %v", loader.ExitCode(err), err)
	}
}

// IDs that are drawn are distinct, none below the start, and in no used set; 007 holds 7.
func TestIDsThatAreDrawnAreFree(t *testing.T) {
	users, used := "", map[string]bool{"1": true, "2": true}
	for n := range 30 {
		id := ""
		if n%3 == 0 {
			id = fmt.Sprintf("%03d", 10+n)
			used[fmt.Sprint(10+n)] = true
		}
		users += centreUser(fmt.Sprintf("p%d", n), "+44", id, ",,")
	}
	users += centreUser("archived", "+44", "", "Agent,12,false")
	used["12"] = true
	c := newCentre(t, users, func(s *vonage.Settings) { s.StartingID.V = 9 })
	roster := "Username,agent_id\n"
	for n := range 30 {
		id := ""
		if n == 1 {
			id, used["14"] = "14", true
		}
		roster += fmt.Sprintf("p%d@acme.example,%s\n", n, id)
	}
	s := c.load(t, roster)
	if s.Results["Created"] != 30 {
		t.Fatalf("%s", s.Line())
	}
	seen := map[string]bool{}
	for n := range 30 {
		is, _ := c.org.Shown(fmt.Sprintf("p%d@acme.example", n))
		if seen[is.AgentID] {
			t.Errorf("%s was given twice", is.AgentID)
		}
		seen[is.AgentID] = true
		if n%3 != 0 && n != 1 && (used[is.AgentID] || len(is.AgentID) == 1 && is.AgentID < "9") {
			t.Errorf("%s was drawn and is taken", is.AgentID)
		}
	}
}

func TestFlagsOfTheConnectorAlone(t *testing.T) {
	c := newCentre(t, pictured(), func(s *vonage.Settings) { s.Template.V = "" })
	path := filepath.Join(c.folder, "roster.csv")
	if err := os.WriteFile(path, []byte("Username\nann@acme.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := c.options(t)
	o.Flags.Own = map[string]string{"template": pretend.TemplateVoice, "starting-id": "500"}
	s, err := loader.Load(context.Background(), o, path)
	if err != nil || answers(t, s)[0] != "1 Created 500 created" {
		t.Fatalf("%v", err)
	}
	o = c.options(t)
	o.Flags.Own = map[string]string{"starting-id": "none"}
	if _, err := loader.Load(context.Background(), o, path); loader.ExitCode(err) != run.ExitUsage {
		t.Errorf("%v", err)
	}
}
