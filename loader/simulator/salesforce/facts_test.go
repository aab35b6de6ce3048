package salesforce

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"rosterload/loader/simulator"
)

func TestAWrongVerbIsAnsweredWithThoseThatAreAllowed(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "")
	job := c.object("POST", ingest, jsonUTF, update)["id"].(string)
	for call, want := range map[string]string{
		"PUT " + ingest:                            "GET, HEAD, POST",
		"POST " + ingest + "/" + job:               "DELETE, GET, HEAD, PATCH",
		"POST " + ingest + "/" + job + "/batches":  "GET, HEAD, PUT",
		"PUT " + v + "/jobs/query":                 "GET, HEAD, POST",
		"POST " + v + "/query?q=x":                 "GET, HEAD",
		"POST " + v + "/composite/sobjects":        "PATCH",
		"DELETE " + v + "/sobjects/user/" + job:    "GET, HEAD, PATCH",
		"POST " + v + "/sobjects/User/describe":    "GET, HEAD, PATCH",
		"GET /services/oauth2/token":               "POST",
		"DELETE " + v + "/sobjects/User/listviews": "GET, HEAD, PATCH",
	} {
		method, path, _ := strings.Cut(call, " ")
		resp := c.raw(method, path, "", "")
		var all []struct{ ErrorCode, Message string }
		err := json.NewDecoder(resp.Body).Decode(&all)
		_ = resp.Body.Close()
		if resp.StatusCode != 405 || resp.Header.Get("Allow") != want || err != nil || all[0].ErrorCode != "METHOD_NOT_ALLOWED" ||
			all[0].Message != "HTTP Method '"+method+"' not allowed. Allowed are "+strings.ReplaceAll(want, ", ", ",") {
			t.Errorf("%s: %d, Allow %q, %v", call, resp.StatusCode, resp.Header.Get("Allow"), all)
		}
	}
}

func TestKeysStandInTheOrderOfTheRealOrg(t *testing.T) {
	c := converse(t, simulator.Options{Count: 3}, "")
	job := c.object("POST", ingest, jsonUTF, update)["id"].(string)
	one := c.id("user0000001@acme.example")
	c.ask("PUT", ingest+"/"+job+"/batches", csvKind, "Id,Engage_Group_Request_vod__c\n"+one+",Beta\n")
	for _, x := range []struct{ method, path, body, keys string }{
		{"POST", ingest, update, "id operation object createdById createdDate systemModstamp state concurrencyMode contentType apiVersion contentUrl lineEnding columnDelimiter"},
		{"POST", ingest, `{"object":"User","operation":"upsert","externalIdFieldName":"Id"}`, "id operation object createdById createdDate systemModstamp state externalIdFieldName concurrencyMode"},
		{"PATCH", ingest + "/" + job, `{"state":"UploadComplete"}`, "id operation object createdById createdDate systemModstamp state concurrencyMode contentType apiVersion"},
		{"GET", ingest + "/" + job, "", "id operation object createdById createdDate systemModstamp state concurrencyMode contentType apiVersion jobType lineEnding columnDelimiter " +
			"numberRecordsProcessed numberRecordsFailed retries totalProcessingTime apiActiveProcessingTime apexProcessingTime"},
		{"GET", ingest, "", "done records"},
		{"GET", v + "/query?q=" + url.QueryEscape("SELECT Username, Profile.Name, Id FROM User LIMIT 1"), "", "totalSize done records attributes type url Username Profile attributes type url Name Id"},
		{"GET", v + "/query?q=SELECT+Nothing+FROM+User", "", "message errorCode"},
		{"GET", v + "/nothing", "", "errorCode message"},
		{"GET", v + "/sobjects/User/" + one + "?fields=Username,Id", "", "attributes type url Id Username"},
		{"PATCH", v + "/composite/sobjects", `{"records":[{"id":"` + one + `","Engage_Group_Request_vod__c":"Beta"},{"id":"x"}]}`, "id success errors success errors statusCode message fields"},
		{"GET", "/services/oauth2/userinfo", "", "sub user_id organization_id preferred_username nickname name email email_verified"},
		{"POST", "/services/oauth2/token", "grant_type=client_credentials&client_id=me&client_secret=mine", "access_token signature scope instance_url id token_type issued_at"},
		{"GET", "/services/data", "", "label url version label"},
	} {
		_, text := c.ask(x.method, x.path, jsonUTF, x.body)
		if is := strings.Join(keysOf(t, text), " "); !strings.HasPrefix(is, x.keys) {
			t.Errorf("%s %s\n is %s\nnot %s", x.method, x.path, is, x.keys)
		}
	}
}

// keysOf are the keys of a JSON document in their order, at every depth.
func keysOf(t *testing.T, text string) (keys []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	var open []bool // whether each open bracket is an object's
	isKey := false
	for {
		token, err := d.Token()
		if err != nil {
			return keys
		}
		inObject := len(open) > 0 && open[len(open)-1]
		switch token {
		case json.Delim('{'), json.Delim('['):
			open = append(open, token == json.Delim('{'))
			isKey = token == json.Delim('{')
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
			isKey = len(open) > 0 && open[len(open)-1]
			continue
		}
		if inObject && isKey {
			keys = append(keys, token.(string))
		}
		isKey = inObject && !isKey
	}
}

func TestAnIDHas15CharactersOr18InAnyCase(t *testing.T) {
	c := converse(t, simulator.Options{Count: 40}, "")
	name := "user0000037@acme.example" // its id ends with a small letter, user0000011's with a capital one
	full := c.id(name)
	job := c.object("POST", ingest, jsonUTF, update)["id"].(string)
	for _, id := range []string{full, full[:15], strings.ToLower(full), strings.ToUpper(full)} {
		if u := c.object("GET", v+"/sobjects/User/"+id+"?fields=Username", "", ""); u["Username"] != name {
			t.Errorf("GET of %s: %v", id, u)
		}
		if found := c.query("SELECT Id FROM User WHERE Id = '" + id + "'"); found["totalSize"] != 1.0 {
			t.Errorf("a query of %s: %v", id, found)
		}
		if found := c.query("SELECT Id FROM User WHERE IsActive = true AND (Id IN ('" + id + "') OR Username = 'x')"); found["totalSize"] != 1.0 {
			t.Errorf("a longer query of %s: %v", id, found)
		}
		done := c.load(update, "Id,Engage_Group_Request_vod__c\n"+id+",Beta\n")
		if done["numberRecordsFailed"] != 0.0 || !strings.Contains(c.results(done, "successfulResults"), `"`+full+`","false","`+id+`"`) {
			t.Errorf("a row with %s: %v", id, c.results(done, "failedResults"))
		}
	}
	for _, id := range []string{job, job[:15], strings.ToLower(job)} {
		if is := c.object("GET", ingest+"/"+id, "", "")["id"]; is != job {
			t.Errorf("job %s: %v", id, is)
		}
	}
	capital := c.id("user0000011@acme.example")[:15]
	if is := c.object("GET", v+"/sobjects/User/"+strings.ToLower(capital)+"?fields=Username", "", "")["Username"]; is != name {
		t.Errorf("15 characters in another case are another id, and not %v", is)
	}
}

func TestAnUnknownColumnIsRefusedWhereverItStands(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "switches: {hidden: [Email]}")
	for _, soql := range []string{
		"SELECT Bacon__c FROM User", "SELECT Id FROM User WHERE Bacon__c = 'x'", "SELECT Id FROM User WHERE NOT (IsActive = true OR Bacon__c IN ('x'))",
		"SELECT Id FROM User ORDER BY Bacon__c", "SELECT Id FROM User WHERE Email = 'x'", "SELECT Profile.Bacon FROM User", "SELECT COUNT(Bacon__c) n FROM User",
		"SELECT Id FROM Organization WHERE Bacon__c = 'x'", "SELECT Bacon__c FROM Organization", "SELECT Id FROM Profile ORDER BY Bacon__c",
	} {
		if status, code, message := c.refused("GET", v+"/query?q="+url.QueryEscape(soql), "", ""); status != 400 || code != "INVALID_FIELD" || !strings.Contains(message, "No such column '") {
			t.Errorf("%s: %d %s %s", soql, status, code, message)
		}
		body, _ := json.Marshal(map[string]string{"operation": "query", "query": soql})
		if status, _, _ := c.refused("POST", v+"/jobs/query", jsonUTF, string(body)); status != 400 {
			t.Errorf("a job of %s: %d", soql, status)
		}
	}
	one := c.id("user0000001@acme.example")
	if status, code, _ := c.refused("GET", v+"/sobjects/User/"+one+"?fields=Id,Bacon__c", "", ""); status != 400 || code != "INVALID_FIELD" {
		t.Errorf("%d %s", status, code)
	}
}

func TestAWordThatIsNoneOfItsListIsRefused(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "")
	for _, member := range []string{`"contentType":"XML"`, `"contentType":"csv"`, `"lineEnding":"CR"`, `"lineEnding":"lf"`, `"columnDelimiter":"COLON"`, `"columnDelimiter":"comma"`} {
		if status, code, _ := c.refused("POST", ingest, jsonUTF, `{"object":"User","operation":"update",`+member+`}`); status != 400 || code != "INVALIDJOB" {
			t.Errorf("%s: %d %s", member, status, code)
		}
		if status, _, _ := c.refused("POST", v+"/jobs/query", jsonUTF, `{"operation":"query","query":"SELECT Id FROM User",`+member+`}`); status != 400 {
			t.Errorf("a query with %s: %d", member, status)
		}
	}
	for _, operation := range []string{"Query", "insert", ""} {
		if status, _, _ := c.refused("POST", v+"/jobs/query", jsonUTF, `{"operation":"`+operation+`","query":"SELECT Id FROM User"}`); status != 400 {
			t.Errorf("operation %q: %d", operation, status)
		}
	}
	job := c.object("POST", ingest, jsonUTF, update)["id"].(string)
	if status, _, _ := c.refused("PATCH", ingest+"/"+job, jsonUTF, `{"state":"InProgress"}`); status != 400 {
		t.Errorf("a state that no client may set: %d", status)
	}
}

func TestAQueryJobKeepsItsForm(t *testing.T) {
	c := converse(t, simulator.Options{Count: 2}, "")
	job := c.object("POST", v+"/jobs/query", jsonUTF, `{"operation":"query","query":"SELECT Username, Email FROM User WHERE Username LIKE 'user%'","columnDelimiter":"SEMICOLON","lineEnding":"CRLF"}`)
	id := job["id"].(string)
	if job["columnDelimiter"] != "SEMICOLON" || job["lineEnding"] != "CRLF" {
		t.Errorf("%v", job)
	}
	if info := c.object("GET", v+"/jobs/query/"+id, "", ""); info["columnDelimiter"] != "SEMICOLON" || info["lineEnding"] != "CRLF" {
		t.Errorf("%v", info)
	}
	want := "\"Username\";\"Email\"\r\n\"user0000001@acme.example\";\"person0000001@mail.example\"\r\n\"user0000002@acme.example\";\"person0000002@mail.example\"\r\n"
	if _, text := c.ask("GET", v+"/jobs/query/"+id+"/results", "", ""); text != want {
		t.Errorf("%q", text)
	}
}

func TestListsOfJobsAreFilteredByTheirType(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "")
	c.object("POST", ingest, jsonUTF, update)
	c.object("POST", v+"/jobs/query", jsonUTF, `{"operation":"query","query":"SELECT Id FROM User"}`)
	for path, want := range map[string]int{
		ingest: 1, ingest + "?jobType=V2Ingest": 1, ingest + "?jobType=Classic": 0, ingest + "?jobType=BigObjectIngest": 0,
		v + "/jobs/query": 1, v + "/jobs/query?jobType=V2Query": 1, v + "/jobs/query?jobType=Classic": 0,
	} {
		if is := c.object("GET", path, "", "")["records"].([]any); len(is) != want {
			t.Errorf("%s lists %d", path, len(is))
		}
	}
}

func TestARevokedSessionIsDeadAndOthersLive(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "")
	first := c.token
	sign := func() string {
		return c.object("POST", "/services/oauth2/token", "application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=me")["access_token"].(string)
	}
	second, third, fourth := sign(), sign(), sign()
	logout := "<se:Envelope><se:Header><SessionHeader><sessionId>" + fourth + "</sessionId></SessionHeader></se:Header><se:Body><logout/></se:Body></se:Envelope>"
	if status, body := c.ask("POST", "/services/Soap/u/62.0", "text/xml", logout); status != 200 || !strings.Contains(body, "logoutResponse") {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := c.ask("POST", "/services/oauth2/revoke", "application/x-www-form-urlencoded", "token="+url.QueryEscape(first)); status != 200 {
		t.Errorf("%d", status)
	}
	if status, _ := c.ask("GET", "/services/oauth2/revoke?token="+url.QueryEscape(second), "", ""); status != 200 {
		t.Errorf("%d", status)
	}
	for token, want := range map[string]int{first: 401, second: 401, third: 200, fourth: 401} {
		c.token = token
		if status, body := c.ask("GET", v+"/limits", "", ""); status != want {
			t.Errorf("%s: %d %s", token, status, body)
		}
	}
}

func TestResultsAreAnsweredBeforeThereAreAny(t *testing.T) {
	c := converse(t, simulator.Options{Count: 2, Delay: time.Hour}, "")
	job := c.object("POST", ingest, jsonUTF, update)
	for file, want := range map[string]string{"successfulResults": "\"sf__Id\",\"sf__Created\"\n", "failedResults": "\"sf__Id\",\"sf__Error\"\n", "unprocessedrecords": "\n"} {
		if status, text := c.ask("GET", ingest+"/"+job["id"].(string)+"/"+file, "", ""); status != 200 || text != want {
			t.Errorf("an open job's %s: %d %q", file, status, text)
		}
	}
	c.ask("PUT", ingest+"/"+job["id"].(string)+"/batches", csvKind, "Id,Engage_Group_Request_vod__c\n"+c.id("user0000001@acme.example")+",Beta\n")
	c.object("PATCH", ingest+"/"+job["id"].(string), jsonUTF, `{"state":"UploadComplete"}`)
	if text := c.results(job, "successfulresults"); text != "\"sf__Id\",\"sf__Created\",Id,Engage_Group_Request_vod__c\n" {
		t.Errorf("a queued job's: %q", text)
	}
	query := c.object("POST", v+"/jobs/query", jsonUTF, `{"operation":"query","query":"SELECT Id FROM User"}`)["id"].(string)
	if status, code, _ := c.refused("GET", v+"/jobs/query/"+query+"/results", "", ""); status != 400 || code != "INVALIDJOBSTATE" {
		t.Errorf("a queued query's: %d %s", status, code)
	}
}

func TestAWrongQuoteCostsItsRowAndNoOther(t *testing.T) {
	c := converse(t, simulator.Options{Count: 9}, "")
	var data strings.Builder
	data.WriteString("Id,Engage_Group_Request_vod__c\n")
	for n, value := range []string{` "Beta"`, `"Beta" `, `Be"ta`, `"Beta"`, `"Be""ta"`, "Beta,x", `"Be,ta"`, "\"Be\nta\""} {
		data.WriteString(c.id("user000000"+string(rune('1'+n))+"@acme.example") + "," + value + "\n")
	}
	job := c.load(update, data.String())
	if job["state"] != "JobComplete" || job["numberRecordsProcessed"] != 8.0 || job["numberRecordsFailed"] != 4.0 {
		t.Fatalf("%v\n%s", job, c.results(job, "failedResults"))
	}
	for n, want := range []any{nil, nil, nil, "Beta", `Be"ta`, nil, "Be,ta", "Be\nta"} {
		if is := c.user("user000000"+string(rune('1'+n))+"@acme.example", requestName); is != want {
			t.Errorf("row %d: %v, want %v", n+1, is, want)
		}
	}
	if text := c.results(job, "failedResults"); strings.Count(text, "quoted wrongly") != 3 || strings.Count(text, "Row has 3 columns") != 1 {
		t.Errorf("%s", text)
	}
}

func TestWhoAmIWithTheTokenInTheAddress(t *testing.T) {
	c := converse(t, simulator.Options{}, "")
	grant := c.object("POST", "/services/oauth2/token", "application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=me")
	path := strings.TrimPrefix(grant["id"].(string), c.url)
	if resources := c.object("GET", v, "", ""); resources["identity"] != grant["id"] {
		t.Errorf("%v", resources)
	}
	token := grant["access_token"].(string)
	c.token = ""
	who := c.object("GET", path+"?version=latest&format=json&oauth_token="+token, "", "")
	if who["username"] != adminName || !strings.Contains(who["urls"].(map[string]any)["rest"].(string), "/v67.0/") {
		t.Errorf("%v", who)
	}
	if status, _ := c.ask("GET", path+"?oauth_token=nonsense", "", ""); status != 403 {
		t.Errorf("%d", status)
	}
	if len(c.org.Violations()) != 0 {
		t.Errorf("%v", c.org.Violations())
	}
	for _, asked := range c.org.Requests() {
		if strings.Contains(asked.Path+asked.Query+asked.Body, token) {
			t.Errorf("the token is kept of %s: %s", asked.Path, asked.Query)
		}
	}
	c.token = token
	if status, _ := c.ask("GET", "/id/00D000000000001EAA/005000000000001AAA", "", ""); status != 404 {
		t.Errorf("another org's user: %d", status)
	}
}

func TestEveryAddressIsAnOrgOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range []simulator.Options{{}, {Seed: 1}, {Address: "127.0.0.1:8080"}, {Address: "127.0.0.1:8081"}} {
		c, again := converse(t, o, ""), converse(t, o, "")
		id := c.query("SELECT Id FROM Organization")["records"].([]any)[0].(map[string]any)["Id"].(string)
		if seen[id] || len(id) != 18 || !strings.HasPrefix(id, "00D") || !strings.HasPrefix(c.token, id[:15]+"!") || again.org.id != id {
			t.Errorf("%+v: %s, again %s", o, id, again.org.id)
		}
		seen[id] = true
	}
}

func TestAnotherStatusIsStoredAndAsksForNothing(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "")
	c.load(update, "Id,"+statusName+"\n"+c.id("user0000001@acme.example")+",Success_vod\n")
	if c.user("user0000001@acme.example", statusName) != "Success_vod" || c.org.Changes() != 0 {
		t.Errorf("%v", c.user("user0000001@acme.example", statusName))
	}
}

func TestOneRowInTwoFiles(t *testing.T) {
	c := converse(t, simulator.Options{Count: 2}, "switches: {twice_reported: true}")
	one := c.id("user0000001@acme.example")
	job := c.load(update, "Id,Engage_Group_Request_vod__c\n"+one+",Beta\n")
	if !strings.Contains(c.results(job, "successfulResults"), one) || !strings.Contains(c.results(job, "failedResults"), one) {
		t.Errorf("%s\n%s", c.results(job, "successfulResults"), c.results(job, "failedResults"))
	}
}

// FuzzUpload: whatever is uploaded, each physical line belongs to at most one row, and reading ends.
func FuzzUpload(f *testing.F) {
	f.Add("Id,Group\n1,\"a\"\"b\"\r\n2, \"x\"\n\n\"open")
	f.Add("\"\"\"\n,,\n")
	f.Fuzz(func(t *testing.T, data string) {
		u := &upload{data: data, delimiter: ','}
		rows, before := 0, 0
		for u.next() {
			if rows++; u.at <= before || len(u.cells) == 0 || u.broken && len(u.cells) != 1 {
				t.Fatalf("row %d of %q: from %d to %d, %q", rows, data, before, u.at, u.cells)
			}
			before = u.at
		}
		if u.at != len(data) || rows > strings.Count(data, "\n")+1 {
			t.Fatalf("%q: %d rows, read up to %d", data, rows, u.at)
		}
	})
}
