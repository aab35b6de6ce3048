package vault

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"rosterload/loader/simulator"
)

func TestASessionIsTakenRawAndAsABearer(t *testing.T) {
	c := converse(t, simulator.Options{Count: 3}, "")
	if len(c.session) != 128 {
		t.Fatalf("session %q", c.session)
	}
	for _, header := range []string{c.session, "Bearer " + c.session} {
		me := c.ask("GET", "/api/v24.3/objects/users/me", "", "", "Authorization", header)
		if me["responseStatus"] != "SUCCESS" {
			t.Errorf("%v", me)
		}
	}
	gone := c.ask("GET", "/api/v24.3/objects/users/me", "", "", "Authorization", "nonsense")
	if gone["responseStatus"] != "FAILURE" || errorOf(gone) != "INVALID_SESSION_ID" {
		t.Errorf("%v", gone)
	}
	for _, version := range []string{"/api/", "/api/v24.3"} {
		values := c.ask("GET", version, "", "")["values"].(map[string]any)
		if values["v24.3"] != c.url+"/api/v24.3" {
			t.Errorf("%s: %v", version, values["v24.3"])
		}
	}
}

func TestSignInNamesTheVaultAndFailsWithAType(t *testing.T) {
	c := converse(t, simulator.Options{Username: "admin@acme.example", Password: "right"}, "")
	for form, want := range map[string]string{
		"username=admin@acme.example":                "NO_PASSWORD_PROVIDED",
		"username=admin@acme.example&password=wrong": "USERNAME_OR_PASSWORD_INCORRECT",
	} {
		answer := c.ask("POST", "/api/v24.3/auth", "application/x-www-form-urlencoded", form)
		if errorOf(answer) != want || answer["errorType"] != "AUTHENTICATION_FAILED" {
			t.Errorf("%s: %v", form, answer)
		}
	}
	in := c.ask("POST", "/api/v24.3/auth", "application/x-www-form-urlencoded", "username=admin@acme.example&password=right&vaultDNS=")
	vault := in["vaultIds"].([]any)[0].(map[string]any)
	if in["vaultId"] != vault["id"] || vault["url"] != c.url+"/api" {
		t.Errorf("%v", in)
	}
}

func TestQueriesPageByGetAndByPost(t *testing.T) {
	c := converse(t, simulator.Options{Count: 25}, "switches: {page_size: 10}")
	q := "SELECT id, username__sys, status__v FROM user__sys WHERE username__sys LIKE 'user%' ORDER BY username__sys"
	first := c.ask("POST", "/api/v24.3/query", "application/x-www-form-urlencoded", url.Values{"q": {q}}.Encode())
	details := first["responseDetails"].(map[string]any)
	if details["total"] != 25.0 || details["size"] != 10.0 || len(c.rows(first)) != 10 {
		t.Fatalf("%v", details)
	}
	if status := c.rows(first)[0]["status__v"].([]any); status[0] != "active__v" {
		t.Errorf("a picklist is a list even when single: %v", status)
	}
	seen := 10
	for _, method := range []string{"GET", "POST"} {
		next := details["next_page"].(string)
		page := c.ask(method, next, "", "")
		details = page["responseDetails"].(map[string]any)
		seen += len(c.rows(page))
	}
	if _, more := details["next_page"]; more || seen != 25 {
		t.Errorf("%d rows, %v", seen, details)
	}
}

func TestVQLComparesWithCaseUnlessAskedOtherwise(t *testing.T) {
	c := converse(t, simulator.Options{Count: 12}, "")
	for where, want := range map[string]int{
		`username__sys CONTAINS ('USER0000001@acme.example')`:                                             0,
		`CASEINSENSITIVE(username__sys) CONTAINS ('USER0000001@acme.example','user0000002@acme.example')`: 2,
		`username__sys IN ('user0000001@acme.example')`:                                                   1,
		`engage_group__v = null AND username__sys != 'admin@acme.example'`:                                11,
		`engage_group__v != null OR username__sys = 'user0000003@acme.example'`:                           2,
		`(engage_group__v = 'Alpha' OR engage_group__v = 'it''s') AND status__v = 'active__v'`:            1,
		`engage_group__v = 'back\\slash'`:                                                                 0,
	} {
		answer := c.ask("POST", "/api/v24.3/query", "application/x-www-form-urlencoded", url.Values{"q": {"SELECT id FROM user__sys WHERE " + where}}.Encode())
		if len(c.rows(answer)) != want {
			t.Errorf("%s: %d rows, want %d (%v)", where, len(c.rows(answer)), want, answer["errors"])
		}
	}
	for q, want := range map[string]string{
		"SELECT id FROM": "INVALID_DATA", "SELECT nothing__v FROM user__sys": "ATTRIBUTE_NOT_SUPPORTED", "SELECT id FROM user__sys WHERE": "INCORRECT_QUERY_SYNTAX_ERROR",
		`SELECT id FROM user__sys WHERE username__sys = 'a\b'`: "INCORRECT_QUERY_SYNTAX_ERROR", "": "PARAMETER_REQUIRED",
	} {
		answer := c.ask("POST", "/api/v24.3/query", "application/x-www-form-urlencoded", url.Values{"q": {q}}.Encode())
		if errorOf(answer) != want {
			t.Errorf("%s: %v", q, answer)
		}
	}
}

// put updates by JSON and answers each row as "status type".
func (c *conversation) put(kind, body string) []string {
	c.Helper()
	var all []string
	for _, r := range c.rows(c.ask("PUT", "/api/v24.3/vobjects/user__sys", kind, body, "Accept", "application/json")) {
		all = append(all, strings.TrimSpace(r["responseStatus"].(string)+" "+errorOf(r)))
	}
	return all
}

func (c *conversation) field(id, name string) any {
	c.Helper()
	return c.ask("GET", "/api/v24.3/vobjects/user__sys/"+id, "", "")["data"].(map[string]any)[name]
}

func TestRowsAreJudgedOneByOneInTheirOrder(t *testing.T) {
	c := converse(t, simulator.Options{Count: 12}, "")
	is := c.put(jsonUTF8, `[{"id":"61501","engage_group_request__v":"Beta"},{"id":"99","engage_group_request__v":"Beta"},{"id":61501,"engage_group_request__v":"Alpha"},
		{"id":"61502","engage_group_request__v":null},{"id":"61503","engage_group_request__v":"`+strings.Repeat("x", 256)+`"},{"id":"61504","engage_group_provisioning_status__v":"hello"}]`)
	want := []string{"SUCCESS", "FAILURE INVALID_DATA", "FAILURE INVALID_DATA", "WARNING", "FAILURE INVALID_DATA", "FAILURE INVALID_DATA"}
	if strings.Join(is, "|") != strings.Join(want, "|") {
		t.Errorf("%v, want %v", is, want)
	}
	if c.field("61501", "engage_group__v") != "Beta" || c.field("61501", statusName).([]any)[0] != "success__v" {
		t.Error("the assignment was not carried out")
	}
	if again := c.put(jsonUTF8, `[{"id":"61501","engage_group_request__v":"Beta"}]`); again[0] != "WARNING" {
		t.Errorf("the same again: %v", again)
	}
	for body, want := range map[string]string{
		`[{"id":"61501","nothing__v":"x"}]`:                              "ATTRIBUTE_NOT_SUPPORTED",
		"[" + strings.Repeat(`{"id":"61501"},`, 500) + `{"id":"61501"}]`: "INVALID_DATA",
		`{"id":"61501"}`: "INVALID_DATA",
	} {
		if answer := c.ask("PUT", "/api/v24.3/vobjects/user__sys", jsonUTF8, body); errorOf(answer) != want {
			t.Errorf("%.40s: %v", body, answer["errors"])
		}
	}
}

func TestNullBlankAndAbsentInEachForm(t *testing.T) {
	for story, x := range map[string]struct {
		faults, kind, body string
		want               any
	}{
		"JSON null clears":                         {"", jsonUTF8, `[{"id":"61510","engage_group_request__v":null}]`, nil},
		"an empty JSON text clears":                {"", jsonUTF8, `[{"id":"61510","engage_group_request__v":""}]`, nil},
		"an absent key leaves":                     {"", jsonUTF8, `[{"id":"61510"}]`, "Alpha"},
		"an empty CSV cell clears":                 {"", "text/csv", "id,engage_group_request__v\n61510,\n", nil},
		"a quoted empty CSV cell clears":           {"", "text/csv", "id,engage_group_request__v\r\n61510,\"\"\r\n", nil},
		"with blank: keep an empty CSV cell stays": {"switches: {blank: keep}", "text/csv", "id,engage_group_request__v\n61510,\n", "Alpha"},
		"a doubled backslash in CSV is one":        {"", "text/csv", "id,engage_group_request__v\n61510,A\\\\B\n", `A\B`},
		"#N/A is a group's name":                   {"", jsonUTF8, `[{"id":"61510","engage_group_request__v":"#N/A"}]`, "#N/A"},
	} {
		c := converse(t, simulator.Options{Count: 10}, x.faults)
		c.put(x.kind, x.body)
		if is := c.field("61510", "engage_group_request__v"); is != x.want {
			t.Errorf("%s: the request is %v", story, is)
		}
	}
}

func TestASingleRecordByForm(t *testing.T) {
	c := converse(t, simulator.Options{Count: 3}, "")
	answer := c.ask("PUT", "/api/v24.3/vobjects/user__sys/61501", "application/x-www-form-urlencoded", "engage_group_request__v=Beta", "X-VaultAPI-MigrationMode", "false")
	if data := answer["data"].(map[string]any); answer["responseStatus"] != "SUCCESS" || data["id"] != "61501" {
		t.Errorf("%v", answer)
	}
	if len(c.org.Violations()) != 0 {
		t.Errorf("an honest program is accused: %v", c.org.Violations())
	}
}

func TestRetryAsksForWhatIsStored(t *testing.T) {
	c := converse(t, simulator.Options{UsersFrom: strings.NewReader("username__sys,engage_group_request__v,engage_group__v,engage_group_provisioning_status__v\nstuck@acme.example,,Alpha,success__v\nfailed@acme.example,Beta,,request_failed__v\n")}, "")
	c.put(jsonUTF8, `[{"id":"61501","engage_group_provisioning_status__v":"retry_request__v"},{"id":"61502","engage_group_provisioning_status__v":"retry_request__v"}]`)
	if c.field("61501", "engage_group__v") != nil || c.field("61502", "engage_group__v") != "Beta" {
		t.Errorf("%v, %v", c.field("61501", "engage_group__v"), c.field("61502", "engage_group__v"))
	}
}

func TestItJudges(t *testing.T) {
	for story, x := range map[string]struct{ method, path, body, header string }{
		"another field is written":         {"PUT", "/api/v24.3/vobjects/user__sys", `[{"id":"61501","email__sys":"x@y.example"}]`, ""},
		"removals and upserts in one call": {"PUT", "/api/v24.3/vobjects/user__sys", `[{"id":"61501","engage_group_request__v":null},{"id":"61502","engage_group_request__v":"Beta"}]`, ""},
		"request and status in one row":    {"PUT", "/api/v24.3/vobjects/user__sys", `[{"id":"61510","engage_group_request__v":null,"engage_group_provisioning_status__v":"retry_request__v"}]`, ""},
		"a status that is not ours":        {"PUT", "/api/v24.3/vobjects/user__sys", `[{"id":"61510","engage_group_provisioning_status__v":"success__v"}]`, ""},
		"an upsert could create":           {"POST", "/api/v24.3/vobjects/user__sys?idParam=username__sys", `[{"username__sys":"x"}]`, ""},
		"the host token is selected":       {"POST", "/api/v24.3/query?q=SELECT+remote_meeting_host_token__v+FROM+user__sys", "", ""},
		"NoTriggers would start nothing":   {"GET", "/api/v24.3/objects/users/me", "", "X-VaultAPI-NoTriggers"},
		"MigrationMode is never needed":    {"GET", "/api/v24.3/objects/users/me", "", "X-VaultAPI-MigrationMode"},
		"a session is ended too early":     {"DELETE", "/api/v24.3/session", "", ""},
	} {
		c := converse(t, simulator.Options{Count: 10, Delay: time.Hour}, "")
		if x.method == "DELETE" {
			c.put(jsonUTF8, `[{"id":"61501","engage_group_request__v":"Beta"}]`)
		}
		c.ask(x.method, x.path, jsonUTF8, x.body, x.header, "true")
		if len(c.org.Violations()) != 1 {
			t.Errorf("%s: %v", story, c.org.Violations())
		}
	}
}

func TestWhatIsNotThereIsSaidWith200(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "")
	for call, want := range map[string]string{
		"GET /api/v24.3/nothing": "MALFORMED_URL", "GET /api/v24.3/keep-alive": "METHOD_NOT_SUPPORTED", "DELETE /api/v24.3/vobjects/user__sys": "OPERATION_NOT_ALLOWED",
		"GET /api/v24.3/metadata/vobjects/user__sys/fields/nothing__v": "INVALID_DATA",
	} {
		method, path, _ := strings.Cut(call, " ")
		if answer := c.ask(method, path, "", ""); errorOf(answer) != want {
			t.Errorf("%s: %v", call, answer)
		}
	}
	field := c.ask("GET", "/api/v24.3/metadata/vobjects/user__sys/fields/engage_group_request__v", "", "")["field"].(map[string]any)
	if field["max_length"] != 255.0 || field["editable"] != true {
		t.Errorf("%v", field)
	}
	if answer := c.ask("POST", "/api/v24.3/keep-alive", "", ""); answer["responseStatus"] != "SUCCESS" {
		t.Errorf("%v", answer)
	}
}

func TestVaultLoaderRunsItsTasksInOrder(t *testing.T) {
	c := converse(t, simulator.Options{Count: 10}, "")
	staged := c.ask("POST", "/api/v24.3/services/file_staging/items", "application/x-www-form-urlencoded", url.Values{"kind": {"file"}, "path": {"/u1/removals.csv"}, "file": {"id,engage_group_request__v\n61510,\n99,\n"}}.Encode())
	if staged["data"].(map[string]any)["name"] != "removals.csv" {
		t.Fatal(staged)
	}
	job := c.ask("POST", "/api/v24.3/services/loader/load?sendNotification=false", jsonUTF8, `[{"object_type":"vobjects__v","object":"user__sys","action":"update","file":"/u1/removals.csv"}]`)
	id := job["job_id"].(string)
	if status := c.ask("GET", "/api/v24.3/services/jobs/"+id, "", "")["data"].(map[string]any)["status"]; status != "ERRORS_ENCOUNTERED" {
		t.Error(status)
	}
	if again := c.ask("GET", "/api/v24.3/services/jobs/"+id, "", ""); errorOf(again) != "API_LIMIT_EXCEEDED" {
		t.Error(again)
	}
	well, bad := c.text("GET", "/api/v24.3/services/loader/"+id+"/tasks/1/successlog", jsonUTF8, ""), c.text("GET", "/api/v24.3/services/loader/"+id+"/tasks/1/failurelog", jsonUTF8, "")
	if !strings.Contains(well, "SUCCESS,61510") || !strings.Contains(bad, "FAILURE,99") || c.field("61510", "engage_group__v") != nil {
		t.Errorf("%s\n%s", well, bad)
	}
}

func TestAnAnswerAsCSVForWhoeverWantsIt(t *testing.T) {
	c := converse(t, simulator.Options{Count: 3}, "")
	is := c.text("PUT", "/api/v24.3/vobjects/user__sys", "text/csv; charset=utf-8", "id,engage_group_request__v\n61501,Beta\n99,Beta\n", "Accept", "text/csv")
	if is != "responseStatus,id,errors,rowId\nSUCCESS,61501,,1\nFAILURE,,INVALID_DATA|The resource [99] does not exist,2\n" {
		t.Error(is)
	}
}

func FuzzVQL(f *testing.F) {
	f.Add(`SELECT id FROM user__sys WHERE (username__sys CONTAINS ('a','b') OR name__v != null) AND status__v = 'x\\' ORDER BY id DESC MAXROWS 3 PAGESIZE 2`)
	f.Add(`SELECT`)
	f.Fuzz(func(t *testing.T, q string) {
		st, _, err := parse(q, true)
		if err == nil && st.where != nil {
			st.where(func(string) (string, bool) { return "x", true })
		}
	})
}
