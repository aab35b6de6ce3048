package all_test

import (
	"bytes"
	"context"
	"encoding/csv"
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

func TestEveryKindKeepsThePromises(t *testing.T) {
	for _, rig := range []connectortest.Rig{salesforceRig("bulk"), salesforceRig("collections"), vaultRig()} {
		t.Run(rig.Name, func(t *testing.T) { connectortest.Run(t, rig) })
	}
}

// table spells people as a CSV.
func table(t *testing.T, header []string, people []connectortest.Person, spell func(n int, p connectortest.Person) []string) *bytes.Buffer {
	t.Helper()
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	_ = w.Write(header)
	for i, p := range people {
		_ = w.Write(spell(i+1, p))
	}
	w.Flush()
	return &text
}

// held reads a pretend org's users.csv.
func held(t *testing.T, org simulator.Simulator, name, request, group string) map[string]connectortest.Held {
	t.Helper()
	var text bytes.Buffer
	if err := org.Save(&text); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, h := range rows[0] {
		at[h] = i
	}
	all := map[string]connectortest.Held{}
	for _, r := range rows[1:] {
		if !strings.HasPrefix(r[at[name]], "admin@") {
			all[r[at[name]]] = connectortest.Held{Request: r[at[request]], Group: r[at[group]]}
		}
	}
	return all
}

func salesforceRig(api string) connectortest.Rig {
	statuses := map[connectortest.Status]string{connectortest.Sent: "Request_Sent_vod", connectortest.Failed: "Request_Failed_vod", connectortest.Success: "Success_vod"}
	const request, group, status = "Engage_Group_Request_vod__c", "Engage_Group_vod__c", "Engage_Group_Provisioning_Status_vod__c"
	return connectortest.Rig{
		Name: "salesforce by " + api,
		Serve: func(t *testing.T, people []connectortest.Person, groups []string, licences int) connectortest.Org {
			users := table(t, []string{"Username", "IsActive", request, group, status}, people, func(_ int, p connectortest.Person) []string {
				return []string{p.Username, strconv.FormatBool(!p.Inactive), p.Request, p.Group, statuses[p.Status]}
			})
			org, err := pretend.New(simulator.Options{UsersFrom: users, Groups: groups, Licences: &licences, Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			if err := org.SetFaults([]byte("switches: {job_delay: 1ms}")); err != nil {
				t.Fatal(err)
			}
			return connectortest.Org{
				Handler: org, Violations: org.Violations, Requests: org.Changes,
				Holds: func() map[string]connectortest.Held { return held(t, org, "Username", request, group) },
			}
		},
		Open: func(t *testing.T, address string) (connector.Connector, connector.Target) {
			s := &salesforce.Settings{URL: config.At[string]{V: address}, API: config.At[string]{V: api}}
			s.Auth.ClientID, s.Auth.ClientSecret = config.NewSecret("me"), config.NewSecret("mine")
			s.RetryFor = config.Duration(2 * time.Second)
			return salesforce.Connector, opened(t, salesforce.Connector, s)
		},
	}
}

func vaultRig() connectortest.Rig {
	statuses := map[connectortest.Status]string{connectortest.Sent: "request_sent__v", connectortest.Failed: "request_failed__v", connectortest.Success: "success__v"}
	const request, group, status = "engage_group_request__v", "engage_group__v", "engage_group_provisioning_status__v"
	return connectortest.Rig{
		Name: "vault",
		Serve: func(t *testing.T, people []connectortest.Person, groups []string, licences int) connectortest.Org {
			users := table(t, []string{"username__sys", "status__v", request, group, status}, people, func(_ int, p connectortest.Person) []string {
				state := "active__v"
				if p.Inactive {
					state = "inactive__v"
				}
				return []string{p.Username, state, p.Request, p.Group, statuses[p.Status]}
			})
			org, err := pretendvault.New(simulator.Options{UsersFrom: users, Groups: groups, Licences: &licences, Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			return connectortest.Org{
				Handler: org, Violations: org.Violations, Requests: org.Changes,
				Holds: func() map[string]connectortest.Held { return held(t, org, "username__sys", request, group) },
			}
		},
		Open: func(t *testing.T, address string) (connector.Connector, connector.Target) {
			s := &vault.Settings{URL: config.At[string]{V: address}}
			s.Auth.Username, s.Auth.Password = config.NewSecret("admin@acme.example"), config.NewSecret("any")
			s.RetryFor = config.Duration(2 * time.Second)
			return vault.Connector, opened(t, vault.Connector, s)
		},
	}
}

func opened(t *testing.T, kind connector.Connector, settings any) connector.Target {
	t.Helper()
	o, err := kind.Open(context.Background(), settings, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
