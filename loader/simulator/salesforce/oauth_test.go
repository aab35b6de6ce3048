package salesforce

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"rosterload/loader/simulator"
)

func assertion(claims string) string {
	return "x." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".y"
}

func TestEveryWayIntoAnOrg(t *testing.T) {
	jwt := "grant_type=" + url.QueryEscape("urn:ietf:params:oauth:grant-type:jwt-bearer") + "&assertion="
	for form, want := range map[string]string{
		"grant_type=client_credentials&client_id=me&client_secret=mine":  "",
		"grant_type=client_credentials&client_secret=mine":               "invalid_client_id",
		"grant_type=client_credentials&client_id=you&client_secret=mine": "invalid_client_id",
		"grant_type=client_credentials&client_id=me&client_secret=wrong": "invalid_client",
		"grant_type=password&username=a&password=b":                      "invalid_grant",
		"grant_type=magic": "unsupported_grant_type",
		"grant_type=refresh_token&client_id=me&refresh_token=x&format=json":                                                 "",
		jwt + assertion(`{"iss":"me","sub":"admin@acme.example","aud":"https://login.salesforce.com","exp":"1893456000"}`):  "",
		jwt + assertion(`{"iss":"me","sub":"admin@acme.example","aud":"https://login.salesforce.com","exp":1793456000000}`): "",
		jwt + assertion(`{"iss":"me","sub":"admin@acme.example","aud":"https://login.salesforce.com","exp":1}`):             "invalid_grant",
		jwt + assertion(`{"iss":"me","sub":"admin@acme.example","exp":1893456000}`):                                         "invalid_grant",
		jwt + "nonsense": "invalid_grant",
	} {
		c := converse(t, simulator.Options{ClientID: "me", ClientSecret: "mine"}, "")
		c.token = ""
		status, text := c.ask("POST", "/services/oauth2/token", "application/x-www-form-urlencoded", form)
		var answer map[string]string
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Fatal(err)
		}
		if answer["error"] != want || want == "" && (status != 200 || !strings.HasPrefix(answer["access_token"], "00D") || answer["instance_url"] != c.url) || want != "" && status != 400 {
			t.Errorf("%.60s: %d %v", form, status, answer)
		}
	}
	c := converse(t, simulator.Options{}, "switches: {inactive_user: true}")
	if c.token != "" {
		t.Error("an inactive user was let in")
	}
}

func TestWithoutATokenNothingIsSaid(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "")
	if status, _ := c.ask("GET", v, "", ""); status != 200 {
		t.Errorf("%d", status)
	}
	c.org.EndSessions()
	if status, code, message := c.refused("GET", v+"/limits", "", ""); status != 401 || code != "INVALID_SESSION_ID" || message != "Session expired or invalid" {
		t.Errorf("%d %s %s", status, code, message)
	}
	if status, body := c.ask("GET", "/services/oauth2/userinfo", "", ""); status != 403 || strings.TrimSpace(body) != "Bad_OAuth_Token" {
		t.Errorf("%d %s", status, body)
	}
	if status, body := c.ask("GET", "/services/data/", "", ""); status != 200 || !strings.Contains(body, `"version":"67.0"`) {
		t.Errorf("%d %s", status, body)
	}
}

func TestWhoAmI(t *testing.T) {
	c := converse(t, simulator.Options{}, "switches: {integration_user: true}")
	who := c.object("GET", "/services/oauth2/userinfo", "", "")
	if who["preferred_username"] != "admin@acme.example" || who["is_salesforce_integration_user"] != true || who["organization_id"] == nil {
		t.Errorf("%v", who)
	}
	if same := c.object("GET", fmt.Sprintf("/id/%s/%s", who["organization_id"], who["user_id"]), "", ""); same["username"] != "admin@acme.example" {
		t.Errorf("%v", same)
	}
}

func TestEveryVersionThatIsServed(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "")
	for version, want := range map[string]int{"v31.0": 200, "v67.0": 200, "latest": 200, "v68.0": 404, "v20.0": 410, "v66": 404} {
		status, body := c.ask("GET", "/services/data//"+version+"//limits/", "", "")
		if status != want {
			t.Errorf("%s: %d", version, status)
		}
		if job := ""; want == 200 {
			_, job = c.ask("POST", "/services/data/"+version+"/jobs/ingest", jsonUTF, update)
			if version != "latest" && !strings.Contains(job, `"apiVersion":`+strings.TrimPrefix(strings.TrimSuffix(version, ".0"), "v")) {
				t.Errorf("%s is not echoed: %s", version, job)
			}
		}
		_ = body
	}
}

func TestSOAPAsFarAsOlderClientsNeedIt(t *testing.T) {
	c := converse(t, simulator.Options{}, "")
	status, body := c.ask("POST", "/services/Soap/u/62.0", "text/xml", "<login><username>admin@acme.example</username></login>")
	if status != 200 || !strings.Contains(body, "<sessionId>00D") || !strings.Contains(body, "<serverUrl>"+c.url) {
		t.Errorf("%d %s", status, body)
	}
	_ = c.org.SetFaults([]byte("switches: {soap_fault: true}"))
	if status, body := c.ask("POST", "/services/Soap/u/62.0", "text/xml", "<login/>"); status != 500 || !strings.Contains(body, "faultcode") {
		t.Errorf("%d %s", status, body)
	}
}

func TestTroubleWithRequests(t *testing.T) {
	for faults, want := range map[string]int{
		"calls: [{on: 'GET */limits', status: 503, retry_after: 2}]":                             503,
		"calls: [{on: 'GET */limits', status: 302, location: 'http://127.0.0.1:1/'}]":            302,
		"calls: [{on: '*/limits', status: 403, code: REQUEST_LIMIT_EXCEEDED, message: no more}]": 403,
		"calls: [{on: 'GET */limits', status: 200, body: '<html>maintenance</html>'}]":           200,
		"calls: [{on: 'GET */limits', end_session: true}]":                                       401,
		"calls: [{on: 'POST */limits', status: 503}]":                                            200,
		"calls: [{on: 'GET */limits', calls: [2], status: 503}]":                                 200,
		"calls: [{on: 'GET */limits', every: 1, after: true, status: 502}]":                      502,
	} {
		c := converse(t, simulator.Options{}, faults)
		if status, body := c.ask("GET", v+"/limits", "", ""); status != want {
			t.Errorf("%s: %d %s", faults, status, body)
		}
	}
}

func TestItJudges(t *testing.T) {
	for story, do := range map[string]func(c *talk){
		"another field is written": func(c *talk) { c.load(update, "Id,Email\n"+c.id("user0000001@acme.example")+",x@y.example\n") },
		"an upsert could create": func(c *talk) {
			c.load(`{"object":"User","operation":"upsert","externalIdFieldName":"Username"}`, "Username,Engage_Group_Request_vod__c\nuser0000001@acme.example,Beta\n")
		},
		"an empty request clears nothing": func(c *talk) {
			c.load(update, "Id,Engage_Group_Request_vod__c\n"+c.id("user0000001@acme.example")+",\n")
		},
		"removals and upserts in one job": func(c *talk) {
			c.load(update, "Id,Engage_Group_Request_vod__c\n"+c.id("user0000001@acme.example")+",Beta\n"+c.id("user0000010@acme.example")+",#N/A\n")
		},
		"upserts before removals have ended": func(c *talk) {
			id := c.object("POST", ingest, jsonUTF, update)["id"].(string)
			c.ask("PUT", ingest+"/"+id+"/batches", csvKind, "Id,Engage_Group_Request_vod__c\n"+c.id("user0000010@acme.example")+",#N/A\n")
			c.object("PATCH", ingest+"/"+id, jsonUTF, `{"state":"UploadComplete"}`)
			c.load(update, "Id,Engage_Group_Request_vod__c\n"+c.id("user0000001@acme.example")+",Beta\n")
		},
		"the host token is selected": func(c *talk) { c.query("SELECT Remote_Meeting_Host_Token_vod__c FROM User") },
		"a token in an address":      func(c *talk) { c.ask("GET", v+"/limits?access_token=x", "", "") },
		"a status that is not ours": func(c *talk) {
			c.load(update, "Id,Engage_Group_Provisioning_Status_vod__c\n"+c.id("user0000001@acme.example")+",Success_vod\n")
		},
	} {
		c := converse(t, simulator.Options{Count: 10, Delay: time.Hour}, "")
		if do(c); len(c.org.Violations()) == 0 {
			t.Errorf("%s: it is not reported", story)
		}
	}
}

func TestThePageForPeopleWorksWithoutScript(t *testing.T) {
	c := converse(t, simulator.Options{Count: 12}, "")
	status, body := c.ask("GET", "/", "", "")
	if status != 200 || !strings.Contains(body, "user0000010@acme.example") || !strings.Contains(body, "1 licences used, no limit") ||
		strings.Count(body, `method="post" action="/_sim/users/`) != 13 {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := c.ask("PUT", "/_sim/faults", "", "switches: {nothing: true}"); status != 400 {
		t.Errorf("an unknown switch: %d", status)
	}
}
