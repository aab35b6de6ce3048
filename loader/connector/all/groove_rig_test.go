package all_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/connector/connectortest"
	"rosterload/loader/connector/groove"
	"rosterload/loader/run"
	pretend "rosterload/loader/simulator/groove"
)

const licencesField = "Groove_Assigned_Licenses__c"

var _ = register(grooveRig(true), grooveRig(false))

// grooveRig is a night by the field that Groove reads, or by seats alone, with seats of inactive users taken back.
func grooveRig(field bool) connectortest.Rig {
	serve := func(paged bool) func(t *testing.T) connectortest.Org {
		return func(t *testing.T) connectortest.Org {
			org := newPackage(t, grooveUsers(), 10, field)
			if paged {
				smallPages(t, org.Org())
			}
			return connectortest.Org{
				Handler: org, Violations: org.Violations,
				Holds: func() map[string]string { return licences(org) },
				Field: func() map[string]string { return ours(org, field) },
				Drift: func() { grooveDrift(t, org, field) },
			}
		}
	}
	rig := connectortest.Rig{
		Name: "groove by seats", Connector: groove.Connector, Serve: serve(false), Paged: serve(true), Counted: countedBySalesforce,
		Open: func(t *testing.T, address string, _ map[string]string) connector.Target {
			s := &groove.Settings{Salesforce: config.At[string]{V: "prod"}, Reclaim: config.At[string]{V: "inactive"}}
			return opened(t, groove.Connector, connector.Opening{Settings: s, Other: hostAt(address)})
		},
		Roster: grooveRoster, Line: grooveLine, Want: grooveBySeats, Exit: run.ExitFailedRows, Wait: 5 * time.Second,
		After: map[string]string{
			"bystander@acme.example": "seat", "flow@acme.example": "seat", "joiner@acme.example": "seat", "late@acme.example": "seat", "less@acme.example": "seat",
			"number@acme.example": "seat", "same@acme.example": "seat", "sameflow@acme.example": "seat", "settled@acme.example": "seat",
		},
		Changes: 3 + 3, // seats given, and taken away
		Removes: fewer,
	}
	rig.Drifted = rig.Want // the seat that another admin gave is the one that was asked for
	if field {
		rig.Name, rig.Want = "groove by the field", grooveByField
		rig.Drifted = slices.Clone(rig.Want)
		rig.Drifted[0] = "1 assign Failed USER_CHANGED_MEANWHILE||core|core;dialer|waiting for seat"
		rig.Changes = 6 + 2 // values of the field, and seats of inactive users
		rig.After = map[string]string{
			"bystander@acme.example": "core, seat", "flow@acme.example": "core;flow_unlimited, seat", "joiner@acme.example": "core, seat", "late@acme.example": "core, seat",
			"less@acme.example": "core, seat", "number@acme.example": "core;dialer, seat", "same@acme.example": "core, seat",
			"sameflow@acme.example": "core;flow_unlimited, seat", "settled@acme.example": "core, seat",
		}
	}
	return rig
}

// grooveDrift is another admin, who gives a joiner more by the field than the roster does. A seat is there or not: by seats it is the same one.
func grooveDrift(t *testing.T, org *pretend.Server, field bool) {
	t.Helper()
	if field {
		org.Org().Set(org.Org().Users()["joiner@acme.example"], licencesField, "core;dialer")
		return
	}
	w := httptest.NewRecorder()
	org.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/_sim/groove/joiner@acme.example", strings.NewReader(`{"Core License": "Yes"}`)))
	if w.Code != http.StatusNoContent {
		t.Error(w.Body)
	}
}

var grooveByField = []string{
	"1 assign Created ||core|core|seat", "2 assign Pending GROOVE_UNVERIFIED||core;flow_unlimited|core;flow_unlimited|unverified", "3 remove Removed |core;dialer|||none",
	"4 remove Pending GROOVE_UNVERIFIED|core;dialer|core|core|unverified", "5 none Unchanged |core|core|core|seat", "6 none Unchanged |core;flow_unlimited|core;flow_unlimited|core;flow_unlimited|unverified",
	"7 none Skipped GROOVE_WORK_ORDER|core||core|manual", "8 none Skipped ROW_BLANK||||", "9 assign Failed USER_INACTIVE||core||none", "10 remove Removed |core|||none",
	"11 none Failed GROOVE_CORE_REQUIRED||||", "12 none Failed GROOVE_DIALER_REQUIRED||||", "13 none Failed GROOVE_UNKNOWN_LICENCE||||", "14 none Failed GROOVE_BAD_SETTING||||",
	"15 none Failed USER_NOT_FOUND||core||", "16 none Unchanged |core;dialer|core;dialer|core;dialer|unverified", "17 assign Created ||core|core|seat",
}

var grooveBySeats = []string{
	"1 assign Created ||core|core|seat", "2 assign Pending GROOVE_WORK_ORDER||core;flow_unlimited|core|manual", "3 remove Removed |core|||none",
	"4 none Unchanged |core|core|core|seat", "5 none Unchanged |core|core|core|seat", "6 move Pending GROOVE_WORK_ORDER|core|core;flow_unlimited|core|manual",
	"7 none Skipped GROOVE_WORK_ORDER|core||core|manual", "8 none Skipped ROW_BLANK||||", "9 assign Failed USER_INACTIVE||core||none", "10 remove Removed |core|||none",
	"11 none Failed GROOVE_CORE_REQUIRED||||", "12 none Failed GROOVE_DIALER_REQUIRED||||", "13 none Failed GROOVE_UNKNOWN_LICENCE||||", "14 none Failed GROOVE_BAD_SETTING||||",
	"15 none Failed USER_NOT_FOUND||core||", "16 move Pending GROOVE_WORK_ORDER|core|core;dialer|core|manual", "17 assign Created ||core|core|seat",
}

// licences are the field and the seat of each user who has either.
func licences(org *pretend.Server) map[string]string {
	field, all := org.Org().Values(licencesField), map[string]string{}
	for name, id := range org.Org().Users() {
		if field[id] != "" {
			all[name] = field[id]
		}
	}
	for _, name := range org.Seats() {
		all[name] = strings.TrimPrefix(all[name]+", seat", ", ")
	}
	return all
}

// ours is what a load may write. Where Groove reads the field, seats of active users are its own doing.
func ours(org *pretend.Server, field bool) map[string]string {
	all, active, users := map[string]string{}, org.Org().Active(), org.Org().Users()
	values := org.Org().Values(licencesField)
	for name, id := range users {
		all[name] = values[id]
	}
	for _, name := range org.Seats() {
		if !field || !active[users[name]] {
			all["seat of "+name] = "core"
		}
	}
	return all
}

// fewer tells whether licences are taken away and none is given.
func fewer(before, after string) bool {
	held := strings.Split(before, ";")
	return after == "" || !slices.ContainsFunc(strings.Split(after, ";"), func(l string) bool { return !slices.Contains(held, l) })
}

func TestFewerLicencesAreARemoval(t *testing.T) {
	for change, want := range maps.All(map[[2]string]bool{
		{"core", ""}: true, {"core;dialer", "core"}: true, {"", "core"}: false, {"core", "core;dialer"}: false, {"core;sms", "core;dialer"}: false,
	}) {
		if fewer(change[0], change[1]) != want {
			t.Errorf("%q", change)
		}
	}
}
