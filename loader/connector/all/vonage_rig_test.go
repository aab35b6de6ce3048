package all_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/connector/connectortest"
	"rosterload/loader/connector/vonage"
	"rosterload/loader/run"
	pretend "rosterload/loader/simulator/vonage"
)

const agentIDs = "NVMContactWorld__NVM_Agent_Id__c"

var _ = register(vonageRig())

// vonageRig is the night of the vendor's page, with one who leaves.
func vonageRig() connectortest.Rig {
	serve := func(paged bool) func(t *testing.T) connectortest.Org {
		return func(t *testing.T) connectortest.Org {
			org := newAccount(t, pictured()+centreUser("leaver", "+44", "60", "Agent,60,true"))
			if paged {
				smallPages(t, org, org.Org())
			}
			return connectortest.Org{
				Handler: org, Violations: org.Violations,
				Holds: func() map[string]string { return accounts(org) },
				Field: func() map[string]string { return written(org) },
				Drift: func() {
					org.Add(pretend.Account{Username: "cid@acme.example", Role: "Agent", AgentID: "77", Active: true})
				},
			}
		}
	}
	return connectortest.Rig{
		Name: "vonage", Connector: vonage.Connector, Serve: serve(false), Paged: serve(true),
		Counted: func(r *http.Request) bool { // users of either org; lists of a template have no total
			return countedBySalesforce(r) || r.Method == http.MethodGet && r.URL.Path == "/useradmin/users"
		},
		Open: func(t *testing.T, address string, flags map[string]string) connector.Target {
			return opened(t, vonage.Connector, connector.Opening{Settings: vonageSettings(address), Flags: flags, Other: hostAt(address)})
		},
		Roster: "Username,action\nann@acme.example,\nbob@acme.example,\ncid@acme.example,\ndot@acme.example,\neve@acme.example,\nleaver@acme.example,archive\n",
		Line:   vonageLine,
		Want: []string{
			"1 Created 4 created", "2 Failed VCC_PHONE_MISSING", "3 Created 5 created", "4 Failed VCC_USERNAME_EXISTS created", "5 Created 6 created", "6 Removed archived",
		},
		Drifted: []string{
			"1 Created 4 created", "2 Failed VCC_PHONE_MISSING", "3 Failed USER_CHANGED_MEANWHILE 5 created", "4 Failed VCC_USERNAME_EXISTS created", "5 Created 6 created", "6 Removed archived",
		},
		Exit: run.ExitFailedRows,
		After: map[string]string{
			"ann@acme.example": "4, agent 4 like the template, active", "cid@acme.example": "5, agent 5 like the template, active",
			"eve@acme.example": "6, agent 6 like the template, active", "dot@acme.example": ", agent 44, active",
			"leaver@acme.example": "60, agent 60, archived", "bob@acme.example": "", "old@acme.example": "3",
		},
		Changes: 3 + 3 + 1, // accounts that are made, their agent IDs in Salesforce, and one that is archived
		Removes: func(_, after string) bool { return after == "archived" },
		Wait:    time.Second,
	}
}

// smallPages lets orgs answer with a few entries a page.
func smallPages(t *testing.T, orgs ...interface{ SetFaults([]byte) error }) {
	t.Helper()
	for _, org := range orgs {
		if err := org.SetFaults([]byte("switches: {page_size: 2}")); err != nil {
			t.Fatal(err)
		}
	}
}

// accounts are what Salesforce and VCC hold of each user.
func accounts(org *pretend.Server) map[string]string {
	like, _ := org.Shown(pretend.TemplateAgent)
	ids, all := org.Org().Values(agentIDs), map[string]string{}
	for name, id := range org.Org().Users() {
		if strings.HasPrefix(name, "admin@") {
			continue
		}
		all[name] = ids[id]
		is, there := org.Shown(name)
		if !there {
			continue
		}
		all[name] += ", agent " + is.AgentID
		if maps.Equal(like.Lists, is.Lists) {
			all[name] += " like the template"
		}
		all[name] += ", " + activity(is.Active)
	}
	return all
}

// written is what a load may write: accounts, and agent IDs in Salesforce.
func written(org *pretend.Server) map[string]string {
	ids, all := org.Org().Values(agentIDs), map[string]string{}
	for name, id := range org.Org().Users() {
		all["agent ID of "+name] = ids[id]
		if is, there := org.Shown(name); there {
			all[name] = activity(is.Active)
		}
	}
	return all
}

func activity(active bool) string {
	if active {
		return "active"
	}
	return "archived"
}

// A lost answer to a creation leaves a user of which nothing is known but its name. Among 150 creations side by side, three are lost, and
// which three differs from night to night.
func TestCreationsWhoseAnswersAreLostAreMadeOnceAndAnsweredOnce(t *testing.T) {
	var users, roster strings.Builder
	roster.WriteString("Username\n")
	for n := range 150 {
		users.WriteString(centreUser(fmt.Sprintf("user%03d", n), "+4420", "", ",,"))
		fmt.Fprintf(&roster, "user%03d@acme.example\n", n)
	}
	for night := 1; night <= 8; night++ {
		t.Run(fmt.Sprintf("night %d", night), func(t *testing.T) {
			t.Parallel()
			c := newCentre(t, users.String(), nil)
			if err := c.org.SetFaults([]byte("calls: [{on: 'POST */users', calls: [7, 8, 9], drop: true, after: true}]")); err != nil {
				t.Fatal(err)
			}
			lines := answers(t, c.load(t, roster.String()))
			for i, line := range lines {
				if !strings.HasPrefix(line, fmt.Sprintf("%d Created ", i+1)) {
					t.Error(line)
				}
			}
			if made := c.made(); len(lines) != 150 || made != 150 {
				t.Errorf("%d lines are answered and %d users made, not 150", len(lines), made)
			}
		})
	}
}
