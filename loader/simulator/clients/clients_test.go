// Package clients holds proof that programs by other people take the pretend org for a real one. It is a module of
// its own, because nothing else needs those programs.
package clients

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	salesforce "github.com/k-capehart/go-salesforce/v3"

	"rosterload/loader/simulator"
	org "rosterload/loader/simulator/salesforce"
)

// strict is a pretend org with twenty users, the first of each ten in group Alpha.
func strict(t *testing.T) (address string, of *org.Server) {
	t.Helper()
	of, err := org.New(simulator.Options{Count: 20, Groups: []string{"Alpha", "Beta"}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(of)
	t.Cleanup(func() {
		server.Close()
		for _, asked := range of.Requests() {
			if text := asked.Path + asked.Query + asked.Body; strings.Contains(text, "!AQ") {
				t.Errorf("a token is kept of %s %s", asked.Method, asked.Path)
			}
		}
		for _, broken := range of.Violations() {
			if strings.Contains(broken, "token") {
				t.Errorf("an honest program is accused: %s", broken)
			}
		}
	})
	return server.URL, of
}

// state is the users' ids, and the groups they hold, by username.
func state(t *testing.T, of *org.Server) (ids, groups map[string]string) {
	t.Helper()
	var text strings.Builder
	if err := of.Save(&text); err != nil {
		t.Fatal(err)
	}
	ids, groups = map[string]string{}, map[string]string{}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	header := strings.Split(lines[0], ",")
	for _, line := range lines[1:] {
		cells := strings.Split(line, ",")
		for i, name := range header {
			switch name {
			case "Id":
				ids[cells[1]] = cells[i]
			case "Engage_Group_vod__c":
				groups[cells[1]] = cells[i]
			}
		}
	}
	return ids, groups
}

func TestJsforceTakesItForARealOrg(t *testing.T) {
	if os.Getenv("ROSTERLOAD_CLIENTS") == "" {
		t.Skip("make test-clients runs this: it installs jsforce with npm")
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not on this machine: jsforce was not tried", program)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	address, of := strict(t)
	ids, before := state(t, of)
	leaver, joiner := ids["user0000010@acme.example"], ids["user0000001@acme.example"]
	if before["user0000010@acme.example"] != "Alpha" || before["user0000001@acme.example"] != "" {
		t.Fatalf("the org is not filled as this test expects: %v", before)
	}
	var errs strings.Builder
	run := exec.CommandContext(ctx, "node", "jsforce.mjs", address, leaver, joiner)
	run.Stderr = &errs
	out, err := run.Output()
	if err != nil {
		t.Fatalf("jsforce: %v\n%s", err, errs.String())
	}
	var saw map[string]any
	if err := json.Unmarshal(out, &saw); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := map[string]any{
		"login":       map[string]any{"id": "005", "organization": "00D"},
		"identity":    map[string]any{"same": true, "username": "admin@acme.example"},
		"users":       21.0,
		"paged":       map[string]any{"size": 20.0, "first": "user0000001@acme.example", "profile": "string"},
		"found":       "Alpha",
		"updateable":  true,
		"newest":      "67.0",
		"limits":      "number",
		"listviews":   true,
		"refused":     map[string]any{"code": "INVALID_FIELD", "where": true},
		"removals":    map[string]any{"well": []any{[]any{leaver, "false"}}, "failed": []any{}, "unprocessed": 0.0},
		"upserts":     saw["upserts"],
		"after":       saw["after"],
		"collections": []any{"well", "INVALID_FIELD"},
		"revoked":     []any{"INVALID_SESSION_ID", "INVALID_SESSION_ID"},
	}
	if diff := cmp.Diff(want, saw); diff != "" {
		t.Error(diff)
	}
	checkUpserts(t, saw["upserts"].(map[string]any), joiner)
	checkAfter(t, saw["after"].([]any), leaver, joiner)
	_, groups := state(t, of)
	if groups["user0000010@acme.example"] != "Beta" || groups["user0000001@acme.example"] != "Alpha" {
		t.Errorf("the org shows %v", groups)
	}
}

func checkUpserts(t *testing.T, upserts map[string]any, joiner string) {
	t.Helper()
	if well := upserts["well"].([]any); len(well) != 1 || well[0].([]any)[0] != joiner {
		t.Errorf("upserts that went well: %v", well)
	}
	if failed := upserts["failed"].([]any); len(failed) != 1 || !strings.HasPrefix(failed[0].([]any)[1].(string), "INVALID_CROSS_REFERENCE_KEY:") {
		t.Errorf("upserts that failed: %v", failed)
	}
}

// checkAfter looks at what a query job said after the two jobs.
func checkAfter(t *testing.T, rows []any, leaver, joiner string) {
	t.Helper()
	after := map[string][]any{}
	for _, r := range rows {
		after[r.([]any)[0].(string)] = r.([]any)[1:]
	}
	if diff := cmp.Diff(map[string][]any{leaver: {"", "", "Success_vod"}, joiner: {"Alpha", "Alpha", "Success_vod"}}, after); diff != "" {
		t.Error(diff)
	}
}

func TestGoSalesforceTakesItForARealOrg(t *testing.T) {
	address, of := strict(t)
	ids, _ := state(t, of)
	leaver, joiner := ids["user0000010@acme.example"], ids["user0000001@acme.example"]
	client, err := salesforce.Init(salesforce.Creds{Domain: address, ConsumerKey: "me", ConsumerSecret: "mine"})
	if err != nil {
		t.Fatal(err)
	}
	type user struct {
		ID    string `mapstructure:"Id"`
		Name  string `mapstructure:"Username"`
		Group string `mapstructure:"Engage_Group_vod__c"`
	}
	var found []user
	if err := client.Query("SELECT Id, Username, Engage_Group_vod__c FROM User WHERE Username LIKE 'user%' ORDER BY Username", &found); err != nil {
		t.Fatal(err)
	}
	if len(found) != 20 || found[9].ID != leaver || found[9].Group != "Alpha" {
		t.Fatalf("%d users, the tenth is %v", len(found), found[9])
	}
	const request = "Engage_Group_Request_vod__c"
	jobs, err := client.UpdateBulk("User", []map[string]any{{"Id": leaver, request: "#N/A"}}, 1000, true)
	if err != nil {
		t.Fatal(err)
	}
	done, err := client.GetJobResults(jobs[0])
	if err != nil || len(done.SuccessfulRecords) != 1 || len(done.FailedRecords) != 0 {
		t.Errorf("the removal: %+v, %v", done, err)
	}
	if err := client.UpdateOne("User", map[string]any{"Id": joiner, request: "Beta"}); err != nil {
		t.Error(err)
	}
	several, err := client.UpdateCollection("User", []map[string]any{{"Id": leaver, request: "Alpha"}, {"Id": "005000000000000AAA", request: "Alpha"}}, 200)
	if err != nil || !several.HasSalesforceErrors || !several.Results[0].Success || several.Results[1].Success {
		t.Errorf("a collection of two, one of them unknown: %+v, %v", several, err)
	}
	csv := filepath.Join(t.TempDir(), "users.csv")
	if err := client.QueryBulkExport("SELECT Id, "+request+" FROM User WHERE "+request+" != null", csv); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(csv); strings.Count(string(text), "\n") < 3 || !strings.Contains(string(text), joiner) {
		t.Errorf("the export: %s", text)
	}
	if _, groups := state(t, of); groups["user0000010@acme.example"] != "Alpha" || groups["user0000001@acme.example"] != "Beta" {
		t.Errorf("the org shows %v", groups)
	}
}
