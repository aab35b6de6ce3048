package salesforce

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
)

const (
	jobPath = "/jobs/ingest/750000000000001AAA"
	ann     = "0055f000001AbcdAAC"
	ben     = "0055f000001AbceAAC"
	cleared = ann + ",#N/A"
)

func TestABatchGoesOutAsItIsSealedAfterItsReceiptIsKept(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"PUT " + jobPath + "/batches": says(""), "PATCH " + jobPath: says(`{}`)})
	s := o.target("")
	b := sealed(t, transform.Removals, s.Limits(), cleared)
	err := s.Submit(t.Context(), b, func(r connector.Receipt) error {
		if got := o.saw("PUT"); len(got) != 0 || r.ID != "750000000000001AAA" {
			t.Errorf("receipt %v came after %q", r, got)
		}
		return nil
	}, nil)
	want := []string{"PUT " + jobPath + "/batches Id,Engage_Group_Request_vod__c\n" + cleared}
	if got := o.saw("PUT"); err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if got := o.saw("PATCH"); !slices.Equal(got, []string{"PATCH " + jobPath + ` {"state":"UploadComplete"}`}) {
		t.Errorf("%q", got)
	}
}

func TestNothingIsUploadedWithoutAReceipt(t *testing.T) {
	o, full := newOrg(t, nil), errors.New("disk full")
	s := o.target("")
	err := s.Submit(t.Context(), sealed(t, transform.Upserts, s.Limits(), ann+",Cardio"), func(connector.Receipt) error { return full }, nil)
	if !errors.Is(err, full) || len(o.saw("PUT")) != 0 {
		t.Errorf("%v, %q", err, o.saw("PUT"))
	}
}

func TestAnUnknownEndIsLostAndNeverRepeated(t *testing.T) {
	for name, trouble := range map[string]http.HandlerFunc{"the line drops": hangsUp, "a proxy answers": fails(502, "", ""), "the org refuses": fails(400, "CLIENTINPUTERROR", "Found multiple contents")} {
		for _, at := range []string{"POST /jobs/ingest", "PUT " + jobPath + "/batches"} {
			t.Run(name+" at "+at, func(t *testing.T) {
				o := newOrg(t, map[string]http.HandlerFunc{"PUT " + jobPath + "/batches": says(""), "PATCH " + jobPath: says(`{}`), at: trouble})
				s := o.target("")
				err := s.Submit(t.Context(), sealed(t, transform.Upserts, s.Limits(), ann+",Cardio"), none, nil)
				refusedJob := name == "the org refuses" && strings.HasPrefix(at, "POST") // then there is no job, and nothing was lost
				if errors.Is(err, connector.ErrLost) == refusedJob || err == nil || len(o.saw(at)) != 1 || len(o.saw("PATCH")) != 0 {
					t.Errorf("%v, %q", err, o.saw(""))
				}
			})
		}
	}
}

func TestAFileWithAnotherColumnIsNeverSent(t *testing.T) {
	o := newOrg(t, nil)
	s := o.target("")
	wrong := s.Limits()
	wrong.Headings[1] = "Engage_Group_vod__c"
	if err := s.Submit(t.Context(), sealed(t, transform.Upserts, wrong, ann+",Cardio"), none, nil); err == nil || len(o.saw("POST")) != 0 {
		t.Errorf("%v, %q", err, o.saw("POST"))
	}
}

func TestWhatAJobsStateMeans(t *testing.T) {
	for name, c := range map[string]struct {
		job     http.HandlerFunc
		want    connector.Progress
		answers int
		aborts  int
	}{
		"open: the data never came":       {says(`{"state":"Open"}`), connector.Progress{Phase: connector.Missed, State: "Open"}, 0, 1},
		"known no more":                   {nil, connector.Progress{Phase: connector.Gone}, 0, 0},
		"waiting":                         {says(`{"state":"UploadComplete"}`), connector.Progress{Phase: connector.Running, State: "UploadComplete"}, 0, 0},
		"under way":                       {says(`{"state":"InProgress","numberRecordsProcessed":2600,"numberRecordsFailed":7}`), connector.Progress{Phase: connector.Running, State: "InProgress", Processed: 2600}, 0, 0},
		"a state that nobody described":   {says(`{"state":"Resting"}`), connector.Progress{Phase: connector.Running, State: "Resting"}, 0, 0},
		"over":                            {says(`{"state":"JobComplete","numberRecordsProcessed":2,"numberRecordsFailed":1}`), connector.Progress{Phase: connector.Ended, State: "JobComplete", Processed: 2}, 3, 0},
		"given up, with a code":           {says(`{"state":"Failed","errorMessage":"InvalidBatch : Field name not found : X"}`), connector.Progress{Phase: connector.Broken, State: "Failed", Code: "SF_InvalidBatch", Reason: "Field name not found : X"}, 3, 0},
		"given up, in words":              {says(`{"state":"Failed","errorMessage":"it broke: somehow"}`), connector.Progress{Phase: connector.Broken, State: "Failed", Code: "SF_ERROR", Reason: "the org gave the job up it broke: somehow"}, 3, 0},
		"aborted by somebody, in silence": {says(`{"state":"Aborted"}`), connector.Progress{Phase: connector.Broken, State: "Aborted", Code: "SF_ABORTED", Reason: "the job was aborted in the org"}, 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{
				"GET " + jobPath: c.job, "PATCH " + jobPath: says(`{}`),
				"GET " + jobPath + "/successfulResults/":  says("\"sf__Id\",\"sf__Created\",Id,X\n\"" + ann + "\",\"false\",\"0055f000001Abcd\",\"#N/A\"\n"),
				"GET " + jobPath + "/failedResults/":      says("\"sf__Id\",\"sf__Error\",Id,X\n\"\",\"UNABLE_TO_LOCK_ROW:busy:--\",\"0055f000001Abce\",\"\"\n"),
				"GET " + jobPath + "/unprocessedrecords/": says("Id,X\n\"odd\",\"\"\n"),
			})
			var a answers
			p, err := o.target("").Collect(t.Context(), connector.Receipt{ID: "750000000000001AAA"}, a.each)
			if err != nil || p != c.want || len(a.lines) != c.answers || len(o.saw("PATCH")) != c.aborts {
				t.Errorf("%+v, %v, %q, aborts %q", p, err, a.lines, o.saw("PATCH"))
			}
			if c.answers > 0 && !slices.Equal(a.lines, []string{ann + "|accepted", ben + "|refused|SF_UNABLE_TO_LOCK_ROW|busy||fix-and-load again", "odd|unprocessed"}) {
				t.Errorf("%q", a.lines)
			}
		})
	}
}

func TestAJobThatWasClosedAfterAllIsNotMissed(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET " + jobPath: says(`{"state":"Open"}`), "PATCH " + jobPath: fails(400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")})
	if p, err := o.target("").Collect(t.Context(), connector.Receipt{ID: "750000000000001AAA"}, nil); err != nil || p.Phase != connector.Running {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestResultsThatCannotBeFetchedAreAnError(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET " + jobPath: says(`{"state":"JobComplete"}`), "GET " + jobPath + "/successfulResults/": says(""), "GET " + jobPath + "/unprocessedrecords/": says("")})
	if p, err := o.target("").Collect(t.Context(), connector.Receipt{ID: "750000000000001AAA"}, nil); err == nil {
		t.Errorf("%+v", p)
	}
}

func TestASweepAbortsOurOwnForgottenJobsAndNobodyElses(t *testing.T) {
	job := func(id, state, by, created string) string {
		return fmt.Sprintf(`{"id":%q,"object":"User","state":%q,"createdById":%q,"createdDate":"2026-11-23T%s.000+0000"}`, id, state, by, created)
	}
	me := "005000000000ME1AAA"
	o := newOrg(t, map[string]http.HandlerFunc{
		"GET /jobs/ingest": says(`{"done":true,"records":[` + strings.Join([]string{
			job("forgotten", "Open", me, "02:15:01"), job("known", "Open", me, "02:15:02"), job("older", "Open", me, "02:14:59"),
			job("theirs", "Open", "005000000000XX1AAA", "02:15:03"), job("running", "InProgress", me, "02:15:04"),
		}, ",") + `]}`),
		"PATCH /jobs/ingest/forgotten": says(`{}`),
	})
	err := o.target("").Sweep(t.Context(), time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC), func(r connector.Receipt) bool { return r.ID == "known" })
	if got := o.saw("PATCH"); err != nil || !slices.Equal(got, []string{`PATCH /jobs/ingest/forgotten {"state":"Aborted"}`}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWhoDoesNotKnowItselfSweepsNothing(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /jobs/ingest": says(`{"done":true,"records":[{"id":"x","object":"User","state":"Open","createdById":"005000000000XX1AAA","createdDate":"2026-11-23T02:15:01.000+0000"}]}`)})
	s := o.target("")
	s.who = sforce.Identity{}
	if err := s.Sweep(t.Context(), time.Time{}, func(connector.Receipt) bool { return false }); err != nil || len(o.saw("PATCH")) != 0 {
		t.Errorf("%v, %q", err, o.saw("PATCH"))
	}
}

func TestOnlyAJobThatHasNotBegunIsAborted(t *testing.T) {
	for state, want := range map[string]int{"Open": 1, "UploadComplete": 1, "InProgress": 0, "JobComplete": 0, "Aborted": 0, "": 0} {
		o := newOrg(t, map[string]http.HandlerFunc{"PATCH " + jobPath: fails(400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")})
		if state != "" {
			o.answers["GET "+jobPath] = says(`{"state":"` + state + `"}`)
		}
		if err := o.target("").Abort(t.Context(), connector.Receipt{ID: "750000000000001AAA"}); err != nil || len(o.saw("PATCH")) != want {
			t.Errorf("%s: %v, %q", state, err, o.saw("PATCH"))
		}
	}
}

// savesAll accepts each record of a collections call, in order.
func savesAll(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	n := strings.Count(string(body), `"attributes"`)
	_, _ = io.WriteString(w, "["+strings.TrimSuffix(strings.Repeat(`{"success":true},`, n), ",")+"]")
}

func TestCollectionsCarryTheSameBatchTwoHundredACall(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"PATCH /composite/sobjects": savesAll})
	s := o.target("    api: collections\n")
	var rows []string
	for i := range 401 {
		rows = append(rows, fmt.Sprintf("0055f0000%06dAAA,#N/A", i))
	}
	rows[1] = ben + `,"Cardio, ""East"""`
	var a answers
	err := s.Submit(t.Context(), sealed(t, transform.Removals, s.Limits(), rows...), none, a.each)
	calls := o.saw("PATCH")
	if err != nil || len(calls) != 3 || a.calls != 3 || len(a.lines) != 401 {
		t.Fatalf("%d calls, %d answers in %d, %v", len(calls), len(a.lines), a.calls, err)
	}
	for _, want := range []string{`"allOrNone":false`, `{"Engage_Group_Request_vod__c":null,"attributes":{"type":"User"},"id":"0055f0000000000AAA"}`, `{"Engage_Group_Request_vod__c":"Cardio, \"East\"","attributes":{"type":"User"},"id":"` + ben + `"}`} {
		if !strings.Contains(calls[0], want) {
			t.Errorf("the first call lacks %s", want)
		}
	}
	if len(o.saw("POST")) != 0 {
		t.Errorf("a job was made: %q", o.saw("POST"))
	}
}

func TestACollectionsRefusalIsReadLikeABulkOne(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"PATCH /composite/sobjects": says(`[{"success":false,"errors":[{"statusCode":"STRING_TOO_LONG","message":"data value too large","fields":["Engage_Group_Request_vod__c","X"]}]},{"success":false,"errors":[]}]`)})
	s := o.target("    api: collections\n")
	var a answers
	err := s.Submit(t.Context(), sealed(t, transform.Upserts, s.Limits(), ann+",A", ben+",B"), none, a.each)
	want := []string{ann + "|refused|SF_STRING_TOO_LONG|data value too large|Engage_Group_Request_vod__c;X|fix-and-load", ben + "|refused|SF_ERROR|refused without a reason||fix-and-load"}
	if err != nil || !slices.Equal(a.lines, want) {
		t.Errorf("%q, %v", a.lines, err)
	}
}

func TestARetryWritesTheOneWordIntoTheStatusAndNothingElse(t *testing.T) {
	for _, api := range []string{"bulk", "collections"} {
		o := newOrg(t, map[string]http.HandlerFunc{"PUT " + jobPath + "/batches": says(""), "PATCH " + jobPath: says(`{}`), "PATCH /composite/sobjects": savesAll})
		s := o.target("    api: " + api + "\n")
		limits := s.Limits()
		limits.Headings, limits.Nothing = s.RetrySpelling()
		again := transform.RetryBatch{Batch: sealed(t, transform.RetryJobs(1)[1], limits, ann+",Retry_Request_vod")}
		var a answers
		if err := s.Retry(t.Context(), again, none, a.each); err != nil {
			t.Fatal(err)
		}
		sent := strings.Join(append(o.saw("PUT"), o.saw("PATCH")...), "\n")
		if strings.Contains(sent, requestField) || !strings.Contains(sent, statusField) || !strings.Contains(sent, ann) || !strings.Contains(sent, "Retry_Request_vod") {
			t.Errorf("%s sent %s", api, sent)
		}
		before := len(o.saw(""))
		other := transform.RetryBatch{Batch: sealed(t, transform.RetryJobs(1)[1], limits, ann+",Success_vod")}
		if err := s.Retry(t.Context(), other, none, a.each); err == nil || len(o.saw("")) != before {
			t.Errorf("%s: another word for the status was sent: %v", api, err)
		}
	}
}

func TestEachRefusalHasItsNextStep(t *testing.T) {
	for text, want := range map[string]string{
		"UNABLE_TO_LOCK_ROW:busy:--":                                "SF_UNABLE_TO_LOCK_ROW fix-and-load true",
		"SERVER_UNAVAILABLE:busy:--":                                "SF_SERVER_UNAVAILABLE fix-and-load true",
		"INSUFFICIENT_ACCESS_OR_READONLY:no:--":                     "SF_INSUFFICIENT_ACCESS_OR_READONLY ask-admin false",
		"INVALID_FIELD_FOR_INSERT_UPDATE:no:F --":                   "SF_INVALID_FIELD_FOR_INSERT_UPDATE ask-admin false",
		"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY:T: LimitException:--": "SF_CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY ask-admin false",
		"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY:T: Too many retries of batch save in the presence of Apex triggers:--": "SF_CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY fix-and-load true",
		"FIELD_CUSTOM_VALIDATION_EXCEPTION:no:--":                            "SF_FIELD_CUSTOM_VALIDATION_EXCEPTION fix-and-load false",
		"INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--":          "SF_INVALID_CROSS_REFERENCE_KEY change-key false",
		"ENTITY_IS_DELETED:entity is deleted:--":                             "SF_ENTITY_IS_DELETED change-key false",
		"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:bad value: Macy&#39;s:F --": "SF_INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST fix-and-load false",
		"STRING_TOO_LONG:too long:F --":                                      "SF_STRING_TOO_LONG fix-and-load false",
		"whatever":                                                           "SF_ERROR fix-and-load false",
	} {
		o := refusal(ann, sforce.ParseRowError(text))
		if got := fmt.Sprintf("%s %s %v", o.Code, o.Next, o.Transient); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
