package all_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/connector/connectortest"
	"rosterload/loader/connector/salesforce"
	"rosterload/loader/connector/vault"
	"rosterload/loader/simulator"
	pretend "rosterload/loader/simulator/salesforce"
	pretendvault "rosterload/loader/simulator/vault"
)

// table spells the people of Engage's night as a CSV.
func table(t *testing.T, header []string, spell func(p connectortest.Person) []string) *bytes.Buffer {
	t.Helper()
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	_ = w.Write(header)
	for _, p := range connectortest.EngageOrg.People {
		_ = w.Write(spell(p))
	}
	w.Flush()
	return &text
}

// saved reads a pretend org's users.csv: some columns of each user but the admin, "|" between.
func saved(t *testing.T, org simulator.Simulator, name string, columns ...string) map[string]string {
	t.Helper()
	var text bytes.Buffer
	if err := org.Save(&text); err != nil {
		t.Error(err)
		return nil
	}
	rows, err := csv.NewReader(&text).ReadAll()
	if err != nil {
		t.Error(err)
		return nil
	}
	at := map[string]int{}
	for i, h := range rows[0] {
		at[h] = i
	}
	all := map[string]string{}
	for _, r := range rows[1:] {
		if strings.HasPrefix(r[at[name]], "admin@") {
			continue
		}
		var cells []string
		for _, c := range columns {
			cells = append(cells, r[at[c]])
		}
		all[r[at[name]]] = strings.Join(cells, "|")
	}
	return all
}

// engage is a pretend org with Engage groups, in which another admin may move users by hand.
type engage interface {
	simulator.Simulator
	Move(username, group string) error
}

// engageOrg watches the request field of a pretend org with Engage.
func engageOrg(t *testing.T, org engage, name, request, group string) connectortest.Org {
	return connectortest.Org{
		Handler: org, Violations: org.Violations,
		Holds: func() map[string]string { return saved(t, org, name, request, group) },
		Field: func() map[string]string { return saved(t, org, name, request) },
		Drift: func() {
			if err := org.Move(connectortest.EngageDrifts, "Beta"); err != nil {
				t.Error(err)
			}
		},
	}
}

var _ = register(salesforceRig("bulk"), salesforceRig("collections"), vaultRig())

func salesforceRig(api string) connectortest.Rig {
	const request, group, status = "Engage_Group_Request_vod__c", "Engage_Group_vod__c", "Engage_Group_Provisioning_Status_vod__c"
	statuses := map[connectortest.Status]string{connectortest.Sent: "Request_Sent_vod", connectortest.Failed: "Request_Failed_vod", connectortest.Success: "Success_vod"}
	serve := func(switches string) func(t *testing.T) connectortest.Org {
		return func(t *testing.T) connectortest.Org {
			users := table(t, []string{"Username", "IsActive", request, group, status}, func(p connectortest.Person) []string {
				return []string{p.Username, strconv.FormatBool(!p.Inactive), p.Request, p.Group, statuses[p.Status]}
			})
			org, err := pretend.New(simulator.Options{UsersFrom: users, Groups: connectortest.EngageOrg.Groups, Licences: &connectortest.EngageOrg.Licences, Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			if err := org.SetFaults([]byte("switches: {job_delay: 1ms, " + switches + "}")); err != nil {
				t.Fatal(err)
			}
			return engageOrg(t, org, "Username", request, group)
		}
	}
	return connectortest.Engage(connectortest.Rig{
		Name: "salesforce by " + api, Connector: salesforce.Connector, Serve: serve(""), Paged: serve("page_size: 5"), Counted: countedBySalesforce,
		Open: func(t *testing.T, address string, _ map[string]string) connector.Target {
			s := salesforceSettings(address)
			s.API.V = api
			return opened(t, salesforce.Connector, connector.Opening{Settings: s})
		},
	})
}

// countedBySalesforce: queries have a totalSize, results of a job its counters, and a collection is answered row by row.
func countedBySalesforce(r *http.Request) bool {
	return strings.Contains(r.URL.Path, "/query") || strings.HasSuffix(r.URL.Path, "Results") || strings.HasSuffix(r.URL.Path, "/composite/sobjects")
}

// salesforceSettings are those of a pretend Salesforce org at this address.
func salesforceSettings(address string) *salesforce.Settings {
	s := &salesforce.Settings{URL: config.At[string]{V: address}}
	s.Auth.ClientID, s.Auth.ClientSecret = config.NewSecret("me"), config.NewSecret("mine")
	s.RetryFor = config.Duration(2 * time.Second)
	return s
}

func vaultRig() connectortest.Rig {
	const request, group, status = "engage_group_request__v", "engage_group__v", "engage_group_provisioning_status__v"
	statuses := map[connectortest.Status]string{connectortest.Sent: "request_sent__v", connectortest.Failed: "request_failed__v", connectortest.Success: "success__v"}
	serve := func(switches string) func(t *testing.T) connectortest.Org {
		return func(t *testing.T) connectortest.Org {
			users := table(t, []string{"username__sys", "status__v", request, group, status}, func(p connectortest.Person) []string {
				state := "active__v"
				if p.Inactive {
					state = "inactive__v"
				}
				return []string{p.Username, state, p.Request, p.Group, statuses[p.Status]}
			})
			org, err := pretendvault.New(simulator.Options{UsersFrom: users, Groups: connectortest.EngageOrg.Groups, Licences: &connectortest.EngageOrg.Licences, Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			if err := org.SetFaults([]byte("switches: {" + switches + "}")); err != nil {
				t.Fatal(err)
			}
			return engageOrg(t, org, "username__sys", request, group)
		}
	}
	return connectortest.Engage(connectortest.Rig{
		Name: "vault", Connector: vault.Connector, Serve: serve(""), Paged: serve("page_size: 5"),
		Counted: func(r *http.Request) bool { // a query has a total, and a call that writes is answered row by row
			return strings.Contains(r.URL.Path, "/query") || r.Method == http.MethodPut
		},
		Open: func(t *testing.T, address string, _ map[string]string) connector.Target {
			return opened(t, vault.Connector, connector.Opening{Settings: vaultSettings(address)})
		},
	})
}

// vaultSettings are those of a pretend Vault at this address.
func vaultSettings(address string) *vault.Settings {
	s := &vault.Settings{URL: config.At[string]{V: address}}
	s.Auth.Username, s.Auth.Password = config.NewSecret("admin@acme.example"), config.NewSecret("any")
	s.RetryFor = config.Duration(2 * time.Second)
	return s
}

func opened(t *testing.T, c connector.Connector, o connector.Opening) connector.Target {
	t.Helper()
	target, err := c.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return target
}
