package salesforce

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"rosterload/loader/simulator"
)

func TestSOQL(t *testing.T) {
	c := converse(t, simulator.Options{Count: 25}, "")
	for soql, want := range map[string]int{
		"SELECT Id FROM User": 26,
		"select id from user where username = 'USER0000001@acme.example'":                               1,
		"SELECT Id FROM User WHERE Username IN ('user0000001@acme.example','user0000002@acme.example')": 2,
		"SELECT Id FROM User WHERE Username NOT IN ('user0000001@acme.example')":                        25,
		"SELECT Id FROM User WHERE Engage_Group_vod__c != null":                                         2,
		"SELECT Id FROM User WHERE Engage_Group_vod__c = 'Alpha' AND (IsActive = true OR Email = null)": 2,
		"SELECT Id FROM User WHERE NOT (Username LIKE 'user%')":                                         1,
		"SELECT Id FROM User WHERE Username LIKE 'user000000_@acme.example'":                            9,
		"SELECT Id FROM User WHERE CreatedDate > 2021-01-01T00:00:00Z":                                  26,
		"SELECT Id FROM User WHERE Username > 'user0000020@acme.example'":                               5,
		"SELECT Id FROM User ORDER BY Username DESC LIMIT 3":                                            3,
		"SELECT Id FROM User WHERE Username = 'it\\'s'":                                                 0,
		"SELECT Id, Name, IsSandbox FROM Organization":                                                  1,
	} {
		if is := c.query(soql)["totalSize"]; is != float64(want) {
			t.Errorf("%s: %v, want %d", soql, is, want)
		}
	}
	first := c.query("SELECT Username, Profile.Name FROM User ORDER BY Username DESC LIMIT 1")["records"].([]any)[0].(map[string]any)
	if first["Username"] != "user0000025@acme.example" || first["Profile"].(map[string]any)["Name"] == nil || first["attributes"].(map[string]any)["type"] != "User" {
		t.Errorf("%v", first)
	}
	if count := c.query("SELECT COUNT() FROM User"); count["totalSize"] != 26.0 || len(count["records"].([]any)) != 0 {
		t.Errorf("%v", count)
	}
	if n := c.query("SELECT COUNT(Id) n FROM User")["records"].([]any)[0].(map[string]any)["n"]; n != 26.0 {
		t.Errorf("%v", n)
	}
	all := c.query("SELECT FIELDS(ALL) FROM User LIMIT 1")["records"].([]any)[0].(map[string]any)
	if _, shown := all["Remote_Meeting_Host_Token_vod__c"]; shown || len(all) < 15 {
		t.Errorf("%v", all)
	}
}

func TestSOQLErrorsHaveTheirPlace(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "switches: {hidden: [Email]}")
	for soql, want := range map[string]string{
		"SELEKT Id FROM User":                     "MALFORMED_QUERY unexpected token: SELEKT",
		"SELECT Bacon__c FROM User":               "INVALID_FIELD \nSELECT Bacon__c FROM User\n       ^\nERROR at Row:1:Column:8\nNo such column 'Bacon__c' on entity 'User'.",
		"SELECT Email FROM User":                  "INVALID_FIELD \nSELECT Email FROM User\n       ^\nERROR at Row:1:Column:8",
		"SELECT Id FROM Bacon":                    "INVALID_TYPE sObject type 'Bacon' is not supported.",
		"SELECT Id FROM User WHERE":               "MALFORMED_QUERY",
		"SELECT Id FROM User WHERE Username = 'a": "MALFORMED_QUERY",
		`SELECT Id FROM User WHERE Name = 'a\q'`:  "MALFORMED_QUERY",
	} {
		status, code, message := c.refused("GET", v+"/query/?q="+url.QueryEscape(soql), "", "")
		if is := code + " " + message; status != 400 || !strings.HasPrefix(is, want) {
			t.Errorf("%s: %d %q", soql, status, is)
		}
	}
	if status, _, _ := c.refused("GET", v+"/query?q="+strings.Repeat("x", 17000), "", ""); status != 414 {
		t.Errorf("a long address: %d", status)
	}
	if status, code, _ := c.refused("GET", v+"/query/01g0000000000000AA-2000", "", ""); status != 400 || code != "INVALID_QUERY_LOCATOR" {
		t.Errorf("%d %s", status, code)
	}
}

func TestPagesAreFoundByTheirLocator(t *testing.T) {
	c := converse(t, simulator.Options{Count: 2500}, "")
	page := c.query("SELECT Id FROM User")
	next, _ := page["nextRecordsUrl"].(string)
	if page["done"] != false || len(page["records"].([]any)) != 2000 || !strings.HasPrefix(next, "/services/data/v66.0/query/01g") {
		t.Fatalf("%v", next)
	}
	last := c.object("GET", next, "", "")
	if _, more := last["nextRecordsUrl"]; more || last["done"] != true || len(last["records"].([]any)) != 501 {
		t.Errorf("the last page has %d", len(last["records"].([]any)))
	}
	columns := c.object("GET", v+"/query?columns=true&q=SELECT+Id,Username+FROM+User", "", "")
	if columns["entityName"] != "User" || len(columns["columnMetadata"].([]any)) != 2 {
		t.Errorf("%v", columns)
	}
}

func TestAQueryJob(t *testing.T) {
	c := converse(t, simulator.Options{Count: 7}, "")
	job := c.object("POST", v+"/jobs/query", jsonUTF, `{"operation":"query","query":"SELECT Id, Username, Engage_Group_vod__c FROM User WHERE Username LIKE 'user%'"}`)
	id := job["id"].(string)
	if job["state"] != "UploadComplete" {
		t.Errorf("%v", job)
	}
	done := c.object("GET", v+"/jobs/query/"+id, "", "")
	if done["state"] != "JobComplete" || done["numberRecordsProcessed"] != 7.0 || done["jobType"] != "V2Query" {
		t.Errorf("%v", done)
	}
	resp := c.raw("GET", v+"/jobs/query/"+id+"/results?maxRecords=5", "", "")
	if resp.Header.Get("Sforce-NumberOfRecords") != "5" || resp.Header.Get("Sforce-Locator") == "null" {
		t.Errorf("%v", resp.Header)
	}
	_ = resp.Body.Close()
	resp = c.raw("GET", v+"/jobs/query/"+id+"/results?maxRecords=5&locator="+resp.Header.Get("Sforce-Locator"), "", "")
	if resp.Header.Get("Sforce-NumberOfRecords") != "2" || resp.Header.Get("Sforce-Locator") != "null" {
		t.Errorf("%v", resp.Header)
	}
	_ = resp.Body.Close()
	_, text := c.ask("GET", v+"/jobs/query/"+id+"/results", "", "")
	if !strings.HasPrefix(text, "\"Id\",\"Username\",\"Engage_Group_vod__c\"\n") || strings.Count(text, "\n") != 8 {
		t.Errorf("%s", text)
	}
	if status, _, _ := c.refused("GET", "/services/data/v60.0/jobs/query/"+id+"/results", "", ""); status != 409 {
		t.Errorf("another version: %d", status)
	}
	if status, code, _ := c.refused("POST", v+"/jobs/query", jsonUTF, `{"operation":"query","query":"SELECT COUNT() FROM User"}`); status != 400 || code != "API_ERROR" {
		t.Errorf("%d %s", status, code)
	}
	if status, _ := c.ask("DELETE", v+"/jobs/query/"+id, "", ""); status != 204 {
		t.Errorf("%d", status)
	}
}

func TestRecordsOneAndMany(t *testing.T) {
	c := converse(t, simulator.Options{Count: 10}, "")
	ten, one := c.id("user0000010@acme.example"), c.id("user0000001@acme.example")
	status, text := c.ask("PATCH", v+"/composite/sobjects", jsonUTF, `{"allOrNone":false,"records":[{"attributes":{"type":"User"},"id":"`+ten+`","Engage_Group_Request_vod__c":null},{"id":"005000000000000AAA","Engage_Group_Request_vod__c":"Beta"},{"id":"`+one+`","Engage_Group_Request_vod__c":"Beta"}]}`)
	var all []struct {
		ID      string
		Success bool
		Errors  []struct{ StatusCode string }
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil || status != 200 || len(all) != 3 || !all[0].Success || all[1].Errors[0].StatusCode != "INVALID_CROSS_REFERENCE_KEY" || !all[2].Success {
		t.Errorf("%d %s", status, text)
	}
	if c.user("user0000010@acme.example", "Engage_Group_Request_vod__c") != nil || c.user("user0000001@acme.example", "Engage_Group_vod__c") != "Beta" {
		t.Error("null has not cleared, or Beta was not carried out")
	}
	_, text = c.ask("PATCH", v+"/composite/sobjects", jsonUTF, `{"allOrNone":true,"records":[{"id":"`+ten+`","Engage_Group_Request_vod__c":"Beta"},{"id":"`+one+`","Nothing__c":"x"}]}`)
	if !strings.Contains(text, "ALL_OR_NONE_OPERATION_ROLLED_BACK") || c.user("user0000010@acme.example", "Engage_Group_Request_vod__c") != nil {
		t.Errorf("%s", text)
	}
	if status, _ := c.ask("PATCH", v+"/sobjects/User/"+one, jsonUTF, `{"Engage_Group_Request_vod__c":null}`); status != 204 {
		t.Errorf("%d", status)
	}
	if status, code, _ := c.refused("PATCH", v+"/sobjects/User/"+one, jsonUTF, `{"Nothing__c":1}`); status != 400 || code != "INVALID_FIELD" {
		t.Errorf("%d %s", status, code)
	}
	if u := c.object("GET", v+"/sobjects/User/"+one+"?fields=Id,Username", "", ""); u["Username"] != "user0000001@acme.example" || u["Email"] != nil {
		t.Errorf("%v", u)
	}
	describe := c.object("GET", v+"/sobjects/User/describe/", "", "")
	if describe["keyPrefix"] != "005" || len(describe["fields"].([]any)) < 15 {
		t.Errorf("%v", describe["keyPrefix"])
	}
}

func TestListViewsWithTheirQuery(t *testing.T) {
	c := converse(t, simulator.Options{Count: 3}, "")
	views := c.object("GET", v+"/sobjects/User/listviews", "", "")["listviews"].([]any)
	if len(views) == 0 {
		t.Fatal("none")
	}
	one := views[0].(map[string]any)
	query, _ := c.object("GET", one["describeUrl"].(string), "", "")["query"].(string)
	if !strings.HasPrefix(query, "SELECT ") || c.query(query)["totalSize"] == 0.0 {
		t.Errorf("%s", query)
	}
	if results := c.object("GET", one["resultsUrl"].(string), "", ""); results["done"] != true || len(results["records"].([]any)) == 0 {
		t.Errorf("%v", results)
	}
}

func FuzzSOQL(f *testing.F) {
	f.Add(`SELECT Id, Profile.Name FROM User WHERE (Username IN ('a','b') OR NOT IsActive = true) AND Name LIKE 'x%' ORDER BY Name DESC LIMIT 3`)
	f.Add(`SELECT COUNT(Id) n FROM User`)
	f.Fuzz(func(t *testing.T, q string) {
		st, err := parse(q)
		if err == nil && st.where != nil {
			st.where(func(string) any { return "x" })
		}
	})
}
