package salesforce

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"strconv"
	"strings"
	"testing"
	"time"

	"rosterload/loader/simulator"
)

func TestAJobFromItsCreationToItsEnd(t *testing.T) {
	c := converse(t, simulator.Options{Count: 20, Delay: time.Hour}, "")
	job := c.object("POST", "/services/data/v66.0/jobs/ingest//", jsonUTF, update)
	id := job["id"].(string)
	if len(id) != 18 || !strings.HasPrefix(id, "750") || job["state"] != "Open" || job["apiVersion"] != 66.0 || job["contentUrl"] != "services/data/v66.0/jobs/ingest/"+id+"/batches" ||
		job["createdDate"] != "2026-11-23T02:15:00.000+0000" || job["lineEnding"] != "LF" || job["columnDelimiter"] != "COMMA" || job["concurrencyMode"] != "Parallel" {
		t.Errorf("created as %v", job)
	}
	if _, there := c.object("GET", ingest+"/"+id, "", "")["numberRecordsProcessed"]; there {
		t.Error("an open job has counters")
	}
	leaver, joiner := c.id("user0000010@acme.example"), c.id("user0000001@acme.example")
	c.ask("PUT", ingest+"/"+id+"/batches", csvKind, "Id,Engage_Group_Request_vod__c\n"+leaver[:15]+",#N/A\n"+joiner+",\n")
	c.object("PATCH", ingest+"/"+id, jsonUTF, `{"state":"UploadComplete"}`)
	for _, step := range []struct {
		later time.Duration
		state string
	}{{0, "UploadComplete"}, {200 * time.Millisecond, "InProgress"}, {200 * time.Millisecond, "JobComplete"}} {
		c.later(step.later)
		if is := c.object("GET", ingest+"/"+id+"/", "", "")["state"]; is != step.state {
			t.Errorf("after %v more: %v, want %s", step.later, is, step.state)
		}
	}
	done := c.object("GET", ingest+"/"+id, "", "")
	if done["numberRecordsProcessed"] != 2.0 || done["numberRecordsFailed"] != 0.0 || done["jobType"] != "V2Ingest" || done["contentUrl"] != nil {
		t.Errorf("ended as %v", done)
	}
	if text := c.results(done, "successfulResults/"); !strings.HasPrefix(text, "\"sf__Id\",\"sf__Created\",Id,Engage_Group_Request_vod__c\n") || !strings.Contains(text, `"`+leaver+`","false","`+leaver[:15]+`","#N/A"`) {
		t.Errorf("%s", text)
	}
	if text := c.results(done, "failedResults"); text != "\"sf__Id\",\"sf__Error\",Id,Engage_Group_Request_vod__c\n" {
		t.Errorf("%s", text)
	}
	if text := c.results(done, "unprocessedRecords"); text != "Id,Engage_Group_Request_vod__c\n" {
		t.Errorf("%s", text)
	}
	if c.user("user0000010@acme.example", "Engage_Group_Request_vod__c") != nil || c.user("user0000010@acme.example", "Engage_Group_vod__c") != "Alpha" || c.user("user0000010@acme.example", "Engage_Group_Provisioning_Status_vod__c") != "Request_Sent_vod" {
		t.Error("#N/A has not cleared the request, or has cleared the group at once")
	}
	if c.user("user0000001@acme.example", "Engage_Group_Provisioning_Status_vod__c") != nil {
		t.Error("an empty cell has asked for something")
	}
	c.later(time.Hour)
	if c.user("user0000010@acme.example", "Engage_Group_vod__c") != nil || c.user("user0000010@acme.example", "Engage_Group_Provisioning_Status_vod__c") != "Success_vod" {
		t.Error("the Engage server has not answered")
	}
	if status, _ := c.ask("DELETE", ingest+"/"+id, "", ""); status != 204 {
		t.Errorf("DELETE: %d", status)
	}
	if status, code, message := c.refused("GET", ingest+"/"+id, "", ""); status != 404 || code != "NOT_FOUND" || message != "The requested resource does not exist" {
		t.Errorf("%d %s %s", status, code, message)
	}
}

func TestWhatJobsRefuse(t *testing.T) {
	c := converse(t, simulator.Options{Count: 2}, "")
	open := c.object("POST", ingest, jsonUTF, update)["id"].(string)
	c.ask("PUT", ingest+"/"+open+"/batches", csvKind, "Id\n")
	done := c.load(update, "Id\n")["id"].(string)
	for call, want := range map[string]string{
		"PUT " + ingest + "/" + open + "/batches Id":                   "400 CLIENTINPUTERROR Found multiple contents for job:",
		"PATCH " + ingest + "/" + done + ` {"state":"UploadComplete"}`: "400 INVALIDJOBSTATE Closing already Completed Job not allowed",
		"PATCH " + ingest + "/" + done + ` {"state":"Aborted"}`:        "400 INVALIDJOBSTATE Aborting already Completed Job not allowed",
		"POST " + ingest + ` {"object":"Usr","operation":"update"}`:    "400 ",
		"POST " + ingest + ` {"object":"User","operation":"Update"}`:   "400 ",
		"POST " + ingest + ` {"object":"User","operation":"upsert"}`:   "400 INVALIDJOB External ID was blank",
		"POST " + ingest + ` {"object":`:                               "400 JSON_PARSER_ERROR",
		"GET " + ingest + "/7500000000000000AA ":                       "404 NOT_FOUND",
		"GET /services/data/v68.0/jobs/ingest ":                        "404 NOT_FOUND",
		"GET /services/data/v20.0/jobs/ingest ":                        "410 ",
		"PUT " + ingest + " x":                                         "405 METHOD_NOT_ALLOWED HTTP Method 'PUT' not allowed. Allowed are",
		"DELETE " + ingest + "/" + open + " ":                          "400 API_ERROR Error encountered when deleting the job because the job is not terminated",
	} {
		method, rest, _ := strings.Cut(call, " ")
		path, body, _ := strings.Cut(rest, " ")
		status, code, message := c.refused(method, path, jsonUTF, body)
		if is := strings.Join([]string{strconv.Itoa(status), code, message}, " "); !strings.HasPrefix(is, want) {
			t.Errorf("%s: %s, want %s", call, is, want)
		}
	}
	if !strings.Contains(strings.Join(c.org.Violations(), ";"), "a second PUT") {
		t.Error("a second PUT is not reported")
	}
}

func TestJobsThatFailAsAWhole(t *testing.T) {
	const header = "Id,Engage_Group_Request_vod__c"
	for story, x := range map[string]struct{ create, data, faults, want string }{
		"line endings differ":       {update, header + "\r\nx,Alpha\r\n", "", "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"},
		"the other way":             {`{"object":"User","operation":"update","lineEnding":"CRLF"}`, header + "\nx,Alpha\n", "", "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF"},
		"a byte order mark":         {update, "\ufeff" + header + "\n", "", "InvalidBatch : Field name not found : \ufeffId"},
		"an unknown column":         {update, "Id,Foo__c\n", "", "InvalidBatch : Field name not found : Foo__c"},
		"a hidden column":           {update, header + "\n", "switches: {hidden: [Engage_Group_Request_vod__c]}", "InvalidBatch : Field name not found : Engage_Group_Request_vod__c"},
		"another delimiter":         {update, "Id;Engage_Group_Request_vod__c\n", "", "InvalidBatch : Field name not found : Id;Engage_Group_Request_vod__c"},
		"the org's own trouble":     {update, header + "\n", "jobs: [{error: 'InternalServerError : boom'}]", "InternalServerError : boom"},
		"another program aborts it": {update, header + "\n", "jobs: [{error: 'aborted', abort: true}]", "aborted"},
	} {
		c := converse(t, simulator.Options{Count: 2}, x.faults)
		job := c.load(x.create, x.data)
		state := "Failed"
		if strings.Contains(x.faults, "abort") {
			state = "Aborted"
		}
		if job["state"] != state || job["errorMessage"] != x.want {
			t.Errorf("%s: %v %q", story, job["state"], job["errorMessage"])
		}
	}
}

func TestRowErrorsInTheirGrammar(t *testing.T) {
	c := converse(t, simulator.Options{Count: 5}, "switches: {request_length: 9}")
	one := c.id("user0000001@acme.example")
	rows := map[string]string{
		"005000000000000AAA,Alpha": "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--",
		"001000000000000AAA,Alpha": "MALFORMED_ID:User ID: id value of incorrect type: 001000000000000AAA:Id --",
		one[:17] + "9,Alpha":       "MALFORMED_ID:User ID: id value of incorrect type: " + one[:17] + "9:Id --",
		",Alpha":                   "MISSING_ARGUMENT:Id not specified in an update call:--",
	}
	data := "Id,Engage_Group_Request_vod__c\n" + one + ",Alpha\n" + one + ",Beta\n"
	for row := range rows {
		data += row + "\n"
	}
	job := c.load(update, data)
	if job["state"] != "JobComplete" || job["numberRecordsProcessed"] != 6.0 || job["numberRecordsFailed"] != 5.0 {
		t.Errorf("%v", job)
	}
	failed, err := csv.NewReader(strings.NewReader(c.results(job, "failedResults"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range failed[1:] {
		want := rows[rec[2]+","+rec[3]]
		if want == "" {
			want = "DUPLICATE_VALUE:Duplicate id specified: " + one + ":--"
		}
		if rec[1] != want {
			t.Errorf("%v: want %s", rec, want)
		}
	}
	for data, want := range map[string]string{
		"Id,IsActive\n" + one + ",#N/A\n":                                  "REQUIRED_FIELD_MISSING:",
		"Id,Engage_Group_Provisioning_Status_vod__c\n" + one + ",Macy's\n": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:Engage Group Provisioning Status: bad value for restricted picklist field: Macy&#39;s:Engage_Group_Provisioning_Status_vod__c --",
		"Id,UserType\n" + one + ",x\n":                                     "INVALID_FIELD_FOR_INSERT_UPDATE:Unable to create/update fields: UserType.",
	} {
		if text := c.results(c.load(update, data), "failedResults"); !strings.Contains(text, want) {
			t.Errorf("%s: %s", data, text)
		}
	}
}

func TestBodiesInEveryShape(t *testing.T) {
	c := converse(t, simulator.Options{Count: 2}, "")
	one := c.id("user0000001@acme.example")
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(update))
	_ = z.Close()
	if status, body := c.ask("POST", ingest, jsonUTF, zipped.String(), "Content-Encoding", "gzip"); status != 200 {
		t.Errorf("gzip: %d %s", status, body)
	}
	if status, code, _ := c.refusedWith("POST", ingest, "no gzip", "Content-Encoding", "gzip"); status != 400 || code != "UNKNOWN_EXCEPTION" {
		t.Errorf("a body that is no gzip: %d %s", status, code)
	}
	if status, _ := c.ask("GET", v+"/limits", "", "", "Content-Encoding", "gzip"); status != 200 {
		t.Error("a GET without a body may say what it likes of it")
	}
	resp := c.raw("GET", v+"/limits", "", "", "Accept-Encoding", "gzip")
	if resp.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(resp.Header.Get("Sforce-Limit-Info"), "api-usage=") {
		t.Errorf("%v", resp.Header)
	}
	_ = resp.Body.Close()
	multipart := "--X\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=\"job\"\r\n\r\n" + update + "\r\n--X\r\nContent-Type: text/csv\r\nContent-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\nId,Engage_Group_Request_vod__c\n" + one + ",Beta\r\n--X--\r\n"
	job := c.object("POST", ingest, "multipart/form-data; boundary=X", multipart)
	if job["state"] != "UploadComplete" || job["contentUrl"] != nil {
		t.Errorf("%v", job)
	}
	c.later(time.Minute)
	if c.object("GET", ingest+"/"+job["id"].(string), "", "")["numberRecordsProcessed"] != 1.0 || c.user("user0000001@acme.example", "Engage_Group_vod__c") != "Beta" {
		t.Error("the multipart job was not carried out")
	}
	semicolons := c.load(`{"object":"User","operation":"update","columnDelimiter":"SEMICOLON","lineEnding":"CRLF"}`, "Id;Engage_Group_Request_vod__c\r\n"+one+";\"Al;pha\"\r\n")
	if text := c.results(semicolons, "successfulResults"); !strings.HasSuffix(text, `;"Al;pha"`+"\r\n") {
		t.Errorf("%q", text)
	}
}

func (c *talk) refusedWith(method, path, body string, headers ...string) (int, string, string) {
	c.Helper()
	status, text := c.ask(method, path, jsonUTF, body, headers...)
	code, message, _ := strings.Cut(strings.Trim(text, `[]{}`), `","message":"`)
	return status, strings.TrimPrefix(code, `"errorCode":"`), message
}

func TestEachSwitchOfJobsIsPulledOnce(t *testing.T) {
	const header = "Id,Engage_Group_Request_vod__c\n"
	data := func(c *talk) string {
		return header + c.id("user0000001@acme.example") + ",Beta\n" + c.id("user0000002@acme.example") + ",Beta\n" + c.id("user0000003@acme.example") + ",Beta\n"
	}
	for faults, look := range map[string]func(c *talk, job map[string]any) bool{
		"switches: {stuck_jobs: true}": func(_ *talk, j map[string]any) bool { return j["state"] == "UploadComplete" },
		"switches: {stuck_counters: true}": func(_ *talk, j map[string]any) bool {
			return j["state"] == "JobComplete" && j["numberRecordsProcessed"] == 0.0
		},
		"switches: {empty_jobs: true}": func(_ *talk, j map[string]any) bool {
			return j["state"] == "JobComplete" && j["numberRecordsProcessed"] == 0.0
		},
		"switches: {empty_results: '204'}": func(c *talk, j map[string]any) bool { return c.results(j, "failedResults") == "" },
		"jobs: [{rows: 2, error: 'TooManyLockFailure : x'}]": func(c *talk, j map[string]any) bool {
			return j["state"] == "Failed" && strings.Count(c.results(j, "unprocessedrecords"), "Beta") == 1 && strings.Count(c.results(j, "successfulResults"), "Beta") == 2
		},
		"rows: [{user: user0000002@acme.example, error: 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY:T: execution of BeforeUpdate:--', innocents: 'UNKNOWN_EXCEPTION:Too many retries of batch save:--'}]": func(c *talk, j map[string]any) bool {
			return j["numberRecordsFailed"] == 3.0 && strings.Count(c.results(j, "failedResults"), "Too many retries") == 2 && c.user("user0000001@acme.example", "Engage_Group_Request_vod__c") == nil
		},
		"rows: [{rate: 1, error: \"FIELD_CUSTOM_VALIDATION_EXCEPTION:a \\\"rule\\\", with\\nlines:--\", times: 1}]": func(c *talk, j map[string]any) bool {
			return strings.Contains(c.results(j, "failedResults"), "a \"\"rule\"\", with\nlines")
		},
		"switches: {shuffle_rows: true}": func(_ *talk, j map[string]any) bool { return j["numberRecordsFailed"] == 0.0 },
	} {
		c := converse(t, simulator.Options{Count: 4}, faults)
		if job := c.load(update, data(c)); !look(c, job) {
			t.Errorf("%s: %v", faults, job)
		}
	}
	c := converse(t, simulator.Options{Count: 4}, "switches: {blind_failed_results: true}\nrows: [{rate: 1, error: 'X:y:--'}]")
	job := c.load(update, strings.Replace(data(c), "Engage_Group", "ENGAGE_Group", 1))
	if text := c.results(job, "failedResults"); strings.Contains(text, "Beta") || !strings.Contains(text, "ENGAGE_Group") {
		t.Errorf("%s", text)
	}
	c = converse(t, simulator.Options{Count: 4}, "")
	job = c.load(update, data(c))
	if err := c.org.SetFaults([]byte("switches: {purged: true}")); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := c.refused("GET", ingest+"/"+job["id"].(string), "", ""); status != 404 {
		t.Errorf("a purged job: %d", status)
	}
}

func TestTheListHoldsTheJobsOfEveryProgram(t *testing.T) {
	c := converse(t, simulator.Options{Count: 1}, "")
	for range 3 {
		c.object("POST", ingest, jsonUTF, update)
	}
	list := c.object("GET", ingest+"?jobType=V2Ingest", "", "")
	if list["done"] != true || len(list["records"].([]any)) != 3 {
		t.Errorf("%v", list)
	}
}
