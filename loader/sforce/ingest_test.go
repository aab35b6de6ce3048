package sforce

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAJobFromItsCreationToItsEnd(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{
		"POST /jobs/ingest": asks(t, `{"columnDelimiter":"COMMA","contentType":"CSV","lineEnding":"LF","object":"User","operation":"update"}`, says(200, job)),
		"PUT " + theJob + "/batches": asks(t, "Id,Engage_Group_Request_vod__c\n0055f000001AbcdAAA,#N/A\n", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Content-Type") != "text/csv" {
				t.Errorf("uploaded as %q", r.Header.Get("Content-Type"))
			}
			w.WriteHeader(201)
		}),
		"PATCH " + theJob: asks(t, `{"state":"UploadComplete"}`, says(200, job)),
		"GET " + theJob:   says(200, complete),
	})
	c := o.wire()
	made, err := c.CreateUpdate(t.Context(), "User")
	if err != nil || made.ID != "7505fEXAMPLE4C2AAM" || made.State != "Open" || !made.Created.Equal(time.Date(2022, 1, 2, 21, 33, 43, 0, time.UTC)) {
		t.Fatalf("%+v, %v", made, err)
	}
	if err := c.Upload(t.Context(), made.ID, sealed(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	if done, err := c.Job(t.Context(), made.ID); err != nil || done.State != "JobComplete" || done.Processed != 5 || done.Failed != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	want := []string{"POST /jobs/ingest", "PUT " + theJob + "/batches", "PATCH " + theJob, "GET " + theJob}
	if !slices.Equal(o.seen, want) {
		t.Errorf("the org saw %q", o.seen)
	}
}

func TestAnAnswerWithoutAnIDIsNoJob(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"POST /jobs/ingest": says(200, `{"done":true,"records":[]}`)})
	if _, err := o.wire().CreateUpdate(t.Context(), "User"); err == nil {
		t.Error("the list of jobs was taken for a new one")
	}
}

func TestUnfinishedJobsAreFoundOnEveryPage(t *testing.T) {
	page := func(done bool, next string, states ...string) http.HandlerFunc {
		var records []string
		for i, s := range states {
			records = append(records, fmt.Sprintf(`{"id":"%s-%d","object":"User","state":"%s","jobType":"V2Ingest"}`, s, i, s))
		}
		return says(200, fmt.Sprintf(`{"done":%v,"records":[%s,{"id":"x","object":"Account","state":"Open"}],"nextRecordsUrl":%s}`, done, strings.Join(records, ","), next))
	}
	second := page(true, "null", "UploadComplete", "Aborted")
	o := newOrg(t, map[string]http.HandlerFunc{"GET /jobs/ingest": func(w http.ResponseWriter, r *http.Request) {
		switch q := r.URL.Query(); {
		case q.Get("queryLocator") == "more":
			second(w, r)
		case q.Get("jobType") == "V2Ingest":
			page(false, `"/services/data/v66.0/jobs/ingest?queryLocator=more"`, "Open", "JobComplete", "Failed", "InProgress")(w, r)
		}
	}})
	jobs, err := o.wire().Jobs(t.Context(), "User")
	var got []string
	for _, j := range jobs {
		got = append(got, j.ID)
	}
	if want := []string{"Open-0", "InProgress-3", "UploadComplete-0"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestResultsInEveryShape(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   []string
	}{
		"no content":        {status: 204},
		"an empty answer":   {status: 200},
		"a header alone":    {200, "\"sf__Id\",\"sf__Error\",Id,Engage_Group_Request_vod__c\n", nil},
		"rows with a story": {200, "\"sf__Id\",\"sf__Error\",Id,X\n\"005A\",\"CODE:says \"\"no\"\", twice\nand again:--\",\"005a\",\"#N/A\"\n", []string{"005A|CODE:says \"no\", twice\nand again:--"}},
		"columns otherwise": {200, "\"sf__Error\",\"sf__Id\",Id\n\"E:x:--\",\"005A\",\"005a\"\n", []string{"005A|E:x:--"}},
		"no id of the org":  {200, "\"sf__Id\",\"sf__Error\",Id\n\"\",\"E:x:--\",\"005a\"\n", []string{"005a|E:x:--"}},
		"never attempted":   {200, "Id,X\r\n\"005a\",\"Group B\"\r\n", []string{"005a|"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"GET " + theJob + "/failedResults/": says(c.status, c.body)})
			var got []string
			err := o.wire().Results(t.Context(), "7505fEXAMPLE4C2AAM", FailedRows, func(r RowResult) error {
				got = append(got, r.ID+"|"+r.Error)
				return nil
			})
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestAnAnswerThatBreaksOffIsNoEndOfResults(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET " + theJob + "/successfulResults/": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, "\"sf__Id\",Id\n\"005A\",\"005a\"\n")
	}})
	err := o.wire().Results(t.Context(), "7505fEXAMPLE4C2AAM", Successful, func(RowResult) error { return nil })
	if err == nil {
		t.Error("half an answer was taken for a whole one")
	}
}

func TestRowErrorsAreTakenApart(t *testing.T) {
	for text, want := range map[string]RowError{
		"UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--":                      {"UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", ""},
		"STRING_TOO_LONG:Group: data value too large: a:b (max length=80):Engage_Group__c --":         {"STRING_TOO_LONG", "Group: data value too large: a:b (max length=80)", "Engage_Group__c"},
		"REQUIRED_FIELD_MISSING:Required fields are missing: [A, B]:A,B --":                           {"REQUIRED_FIELD_MISSING", "Required fields are missing: [A, B]", "A;B"},
		"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY:T: execution of BeforeUpdate\n\ncaused by: System.X:--": {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "T: execution of BeforeUpdate\n\ncaused by: System.X", ""},
		"FIELD_CUSTOM_VALIDATION_EXCEPTION:ask: \"who, and why\":--":                                  {"FIELD_CUSTOM_VALIDATION_EXCEPTION", `ask: "who, and why"`, ""},
		"something went wrong: nobody knows":                                                          {"", "something went wrong: nobody knows", ""},
		"no colon at all":                                                                             {"", "no colon at all", ""},
		"CODE:cut off":                                                                                {"CODE", "cut off", ""},
		"":                                                                                            {},
	} {
		if got := ParseRowError(text); got != want {
			t.Errorf("%q became %+v", text, got)
		}
	}
}

func TestNoMessageIsEverShortened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.StringMatching(`[A-Z][A-Z_]{2,30}`).Draw(t, "code")
		message := rapid.String().Draw(t, "message")
		fields := rapid.SliceOfN(rapid.StringMatching(`[A-Za-z][A-Za-z0-9_]{0,20}__c`), 0, 3).Draw(t, "fields")
		text := code + ":" + message + ":" + strings.Join(fields, ",") + " --"
		if len(fields) == 0 {
			text = code + ":" + message + ":--"
		}
		if got, want := ParseRowError(text), (RowError{code, message, strings.Join(fields, ";")}); got != want {
			t.Fatalf("%q became %+v, want %+v", text, got, want)
		}
	})
}

func TestRecordsAreUpdatedOneByOneInOneCall(t *testing.T) {
	group := "Cardio East"
	sent := []Update{{"0055f000001AbcdAAA", "Engage_Group_Request_vod__c", &group}, {"0055f000001AbceAAA", "Engage_Group_Request_vod__c", nil}}
	o := newOrg(t, map[string]http.HandlerFunc{"PATCH /composite/sobjects": asks(t,
		`{"allOrNone":false,"records":[{"Engage_Group_Request_vod__c":"Cardio East","attributes":{"type":"User"},"id":"0055f000001AbcdAAA"},{"Engage_Group_Request_vod__c":null,"attributes":{"type":"User"},"id":"0055f000001AbceAAA"}]}`,
		says(200, `[{"id":"0055f000001AbcdAAA","success":true,"errors":[]},{"success":false,"errors":[{"statusCode":"STRING_TOO_LONG","message":"too long","fields":["X"]}]}]`))})
	got, err := o.wire().UpdateAll(t.Context(), "User", sent)
	if err != nil || !got[0].Success || got[1].Success || got[1].ID != sent[1].ID || got[1].Errors[0].Code != "STRING_TOO_LONG" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAnswersThatFitNoRecordAreNotTaken(t *testing.T) {
	for name, body := range map[string]string{"one too few": `[]`, "of somebody else": `[{"id":"0055f000001XXXXAAA","success":true}]`} {
		o := newOrg(t, map[string]http.HandlerFunc{"PATCH /composite/sobjects": says(200, body)})
		if got, err := o.wire().UpdateAll(t.Context(), "User", []Update{{ID: "0055f000001AbcdAAA", Field: "F"}}); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
