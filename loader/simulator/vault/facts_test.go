package vault

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rosterload/loader/simulator"
)

const users = "/api/v24.3/vobjects/user__sys"

func TestAWrongVerbIsNotSupported(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "")
	for call, want := range map[string]string{
		"GET /api/v24.3/auth": "POST", "GET /api/v24.3/keep-alive": "POST", "POST /api/v24.3/session": "DELETE", "DELETE /api/v24.3/query?q=x": "GET, HEAD, POST",
		"PATCH " + users: "DELETE, GET, HEAD, POST, PUT", "PATCH " + users + "/61501": "DELETE, GET, HEAD, PUT", "POST /api/v24.3/metadata/vobjects": "GET, HEAD",
		"PUT /api/v24.3/objects/users/me": "GET, HEAD", "GET /api/v24.3/services/loader/load": "POST", "POST /api/v24.3/services/jobs/1": "GET, HEAD",
		"POST /api/v24.3/limits": "GET, HEAD", "DELETE /api/": "GET, HEAD", "GET /auth/discovery": "POST",
	} {
		method, path, _ := strings.Cut(call, " ")
		r, err := http.NewRequest(method, c.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", c.session)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if answer := c.ask(method, path, "", ""); errorOf(answer) != "METHOD_NOT_SUPPORTED" || resp.Header.Get("Allow") != want {
			t.Errorf("%s: Allow %q, %v", call, resp.Header.Get("Allow"), answer)
		}
	}
}

func TestWhatTheEngageServerWritesNoCallerMay(t *testing.T) {
	c := converse(t, simulator.Options{Count: 10}, "")
	for _, name := range []string{groupName, hostName, tokenName} {
		field := c.ask("GET", "/api/v24.3/metadata/vobjects/user__sys/fields/"+name, "", "")["field"].(map[string]any)
		if field["editable"] != false || field["type"] != "String" || field["max_length"] != 255.0 {
			t.Errorf("%v", field)
		}
		row := c.rows(c.ask("PUT", users, jsonUTF8, `[{"id":"61510","`+name+`":"Beta"}]`))[0]
		if errorOf(row) != "INSUFFICIENT_ACCESS" {
			t.Errorf("%s: %v", name, row)
		}
	}
	if is := c.field("61510", groupName); is != "Alpha" {
		t.Errorf("the group is %v", is)
	}
	row := c.rows(c.ask("GET", "/api/v24.3/query?q=SELECT+remote_meeting_host_id__v,remote_meeting_host_token__v+FROM+user__sys+WHERE+id='61510'", "", ""))[0]
	if row[tokenName] == nil || row[hostName] == nil || row[tokenName] == row[hostName] {
		t.Errorf("%v", row)
	}
}

func TestARetryWithABlankRequestFails(t *testing.T) {
	c := converse(t, simulator.Options{Count: 10}, "")
	answer := c.put(jsonUTF8, `[{"id":"61510","engage_group_request__v":null,"engage_group_provisioning_status__v":"retry_request__v"}]`)
	if answer[0] != "SUCCESS" || c.field("61510", requestName) != nil || c.field("61510", groupName) != "Alpha" ||
		c.field("61510", statusName).([]any)[0] != "request_failed__v" {
		t.Errorf("%v: %v %v %v", answer, c.field("61510", requestName), c.field("61510", groupName), c.field("61510", statusName))
	}
	c.put(jsonUTF8, `[{"id":"61510","engage_group_provisioning_status__v":"retry_request__v"}]`)
	if c.field("61510", groupName) != nil {
		t.Error("with the request blank a retry alone removes")
	}
}

func TestAnotherStatusIsStoredAndAsksForNothing(t *testing.T) {
	c := converse(t, simulator.Options{Count: 10}, "")
	c.put(jsonUTF8, `[{"id":"61501","engage_group_provisioning_status__v":"success__v"}]`)
	if c.field("61501", statusName).([]any)[0] != "success__v" || c.org.Changes() != 0 {
		t.Errorf("%v", c.field("61501", statusName))
	}
}

func TestABodyWithoutRecordsIsRefused(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "")
	for _, x := range []struct{ kind, body string }{
		{jsonUTF8, ""}, {jsonUTF8, "[]"}, {jsonUTF8, "{}"}, {"text/csv", ""}, {"text/csv", "id,engage_group_request__v\n"}, {"application/x-www-form-urlencoded", ""},
	} {
		if answer := c.ask("PUT", users, x.kind, x.body); answer["responseStatus"] != "FAILURE" || errorOf(answer) != "INVALID_DATA" {
			t.Errorf("%s %q: %v", x.kind, x.body, answer)
		}
	}
	if answer := c.ask("POST", "/api/v24.3/services/loader/load", jsonUTF8, "[]"); errorOf(answer) != "INVALID_DATA" {
		t.Errorf("%v", answer)
	}
}

func TestTheStatusStandsFirstAndAddressesNameTheVersionAskedFor(t *testing.T) {
	c := converse(t, simulator.Options{Count: 3}, "")
	for call, want := range map[string]string{
		"GET " + users + "/61501": `{"responseStatus":"SUCCESS","responseDetails":{"object":`,
		"PUT " + users: `{"responseStatus":"SUCCESS","data":[{"responseStatus":"SUCCESS","data":{"id":"61501","url":"/api/v24.3/vobjects/user__sys/61501"}},` +
			`{"responseStatus":"FAILURE","errors":[{"type":"INVALID_DATA"`,
		"GET /api/v24.3/query?q=SELECT+status__v,id+FROM+user__sys": `{"responseStatus":"SUCCESS","responseDetails":{"pagesize":1000,"pageoffset":0,"size":4,"total":4},` +
			`"data":[{"status__v":["active__v"],"id":"61500"}`,
		"GET /api/v24.3/metadata/vobjects": `{"responseStatus":"SUCCESS","objects":[{"name":"user__sys","label":"User","prefix":"V0A"`,
	} {
		method, path, _ := strings.Cut(call, " ")
		if is := c.text(method, path, jsonUTF8, `[{"id":"61501","engage_group_request__v":"Beta"},{"id":"99"}]`); !strings.HasPrefix(is, want) {
			t.Errorf("%s\n%s", call, is)
		}
	}
}

func TestAnUnknownFieldIsRefusedWhereverItStands(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "switches: {hidden: [email__sys]}")
	for _, vql := range []string{
		"SELECT nothing__v FROM user__sys", "SELECT id FROM user__sys WHERE nothing__v = 'x'", "SELECT id FROM user__sys ORDER BY nothing__v",
		"SELECT id FROM user__sys WHERE id = '1' OR email__sys = 'x'",
	} {
		if answer := c.ask("POST", "/api/v24.3/query", "application/x-www-form-urlencoded", "q="+strings.ReplaceAll(vql, " ", "+")); errorOf(answer) != "ATTRIBUTE_NOT_SUPPORTED" {
			t.Errorf("%s: %v", vql, answer)
		}
	}
	answer := c.ask("PUT", users+"?idParam=nothing__v", jsonUTF8, `[{"id":"61501"}]`)
	if row := c.rows(answer)[0]; errorOf(row) != "INVALID_DATA" {
		t.Errorf("%v", answer)
	}
}

func TestASessionIsInNoLogOfRequests(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "")
	c.ask("GET", "/api/v24.3/objects/users/me?session="+c.session, "", "")
	c.ask("PUT", users, jsonUTF8, `[{"id":"61501","engage_group_request__v":"`+c.session+`"}]`)
	for _, asked := range c.org.Requests() {
		if text := asked.Path + asked.Query + asked.Body; strings.Contains(text, c.session) || strings.Contains(text, "password") {
			t.Errorf("%s %s: %s %s", asked.Method, asked.Path, asked.Query, asked.Body)
		}
	}
}

func TestEveryAddressIsAVaultOfItsOwn(t *testing.T) {
	seen := map[any]bool{}
	for _, o := range []simulator.Options{{}, {Seed: 1}, {Address: "127.0.0.1:8080"}, {Address: "127.0.0.1:8081"}} {
		o.Now = func() time.Time { return time.Unix(0, 0) }
		c := converse(t, o, "")
		id := c.ask("POST", "/api/v24.3/auth", "application/x-www-form-urlencoded", "username=a&password=b")["vaultId"]
		if seen[id] {
			t.Errorf("%+v: %v is there twice", o, id)
		}
		seen[id] = true
	}
}
