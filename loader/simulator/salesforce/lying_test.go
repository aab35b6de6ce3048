package salesforce

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"rosterload/loader/simulator"
)

// lies is the example of an org that lies, as the manual prints it.
func lies(t *testing.T) string {
	t.Helper()
	manual, err := os.ReadFile("../FAULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(manual), "An org that lies:\n\n```yaml\n")
	example, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("FAULTS.md has no example of an org that lies")
	}
	return example
}

func TestTheManualsLiesAreTold(t *testing.T) {
	c := converse(t, simulator.Options{Count: 2100}, "")
	one, two := c.id("user0000001@acme.example"), c.id("user0000002@acme.example")
	job := c.load(update, "Id,Engage_Group_Request_vod__c\n"+one+",Beta\n"+two+",Beta\n")["id"].(string)
	const older = "/services/data/v64.0"
	query := c.object("POST", older+"/jobs/query", jsonUTF, `{"operation":"query","query":"SELECT Id FROM User"}`)["id"].(string)
	open := c.object("POST", ingest, jsonUTF, update)["id"].(string)
	if err := c.org.SetFaults([]byte(lies(t))); err != nil {
		t.Fatal(err)
	}
	soql := "/query?q=" + url.QueryEscape("SELECT Id FROM User")
	successful := ingest + "/" + job + "/successfulResults"
	for _, x := range []struct {
		story, method, path string
		is                  func(status int, text string) bool
	}{
		{"a describe of nothing", "GET", v + "/sobjects/User/describe", func(_ int, text string) bool { return text == "{}" }},
		{"an empty 200", "GET", v + "/sobjects/User/" + one, func(status int, text string) bool { return status == 200 && text == "" }},
		{"a page for people", "GET", v + "/limits", func(status int, text string) bool { return status == 200 && strings.HasPrefix(text, "<html>") }},
		{"answered well, never applied", "PUT", ingest + "/" + open + "/batches", func(status int, _ string) bool { return status == 204 }},
		{"more, and no next page", "GET", v + soql, func(_ int, text string) bool {
			return strings.Contains(text, `"done":false`) && !strings.Contains(text, "nextRecordsUrl")
		}},
		{"a total too large", "GET", "/services/data/v65.0" + soql, func(_ int, text string) bool { return strings.HasPrefix(text, `{"totalSize":99999,`) }},
		{"a missing column", "GET", successful, func(_ int, text string) bool {
			return strings.HasPrefix(text, "\"sf__Created\",\"Id\"") && strings.Count(text, "\n") == 3
		}},
		{"a strange id", "GET", successful, func(_ int, text string) bool {
			return strings.Count(text, "\n\"0015f00000AbcdeAAA\",\"false\",\"005") == 1 && strings.Count(text, "\n\"005") == 1
		}},
		{"rows without an id", "GET", successful, func(_ int, text string) bool { return strings.Count(text, "\n\"\",\"false\",\"005") == 2 }},
		{"the truth again", "GET", successful, func(_ int, text string) bool { return strings.Count(text, "\n\"005") == 2 }},
		{"byte by byte", "GET", ingest + "/" + job + "/unprocessedrecords", func(status int, text string) bool {
			return status == 200 && text == "Id,Engage_Group_Request_vod__c\n"
		}},
		{"a version that is gone", "GET", "/services/data/v62.0/limits", func(status int, text string) bool {
			return status == 200 || status == 410 && strings.Contains(text, "GONE")
		}},
		{"a version that is gone, elsewhere", "GET", "/services/data/v62.0/query?q=x", func(status int, text string) bool { return status == 410 && strings.Contains(text, "GONE") }},
	} {
		if status, text := c.ask(x.method, x.path, csvKind, "Id\n"); !x.is(status, text) {
			t.Errorf("%s: %d %.200s", x.story, status, text)
		}
	}
	resp := c.raw("GET", older+"/jobs/query/"+query+"/results", "", "")
	_ = resp.Body.Close()
	if resp.Header.Get("Sforce-NumberOfRecords") != "99999" {
		t.Errorf("%v", resp.Header)
	}
	resp = c.raw("PATCH", ingest+"/"+open, jsonUTF, `{"state":"UploadComplete"}`)
	_ = resp.Body.Close()
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "the day after tomorrow" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	if err := c.org.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	if state := c.object("GET", ingest+"/"+open, "", "")["state"]; state != "Open" {
		t.Errorf("the job that never got its data is %v", state)
	}
	if status, text := c.ask("PUT", ingest+"/"+open+"/batches", csvKind, "Id\n"); status != 201 {
		t.Errorf("a first real upload: %d %s", status, text)
	}
}
