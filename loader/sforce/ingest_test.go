package sforce

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rosterload/loader/transport"
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
		"PATCH " + theJob: asks(t, `{"state":"UploadComplete"}`, says(200, closed)),
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
	if _, err := o.wire().CreateUpdate(t.Context(), "User"); !errors.Is(err, transport.ErrLost) {
		t.Error("the list of jobs was taken for a new one")
	}
}

func TestUnfinishedJobsAreFoundOnEveryPage(t *testing.T) {
	page := func(done bool, next string, states ...string) http.HandlerFunc {
		var records []string
		for i, s := range states {
			records = append(records, fmt.Sprintf(`{"id":"%015d","object":"User","state":"%s","jobType":"V2Ingest"}`, i, s))
		}
		return says(200, fmt.Sprintf(`{"done":%v,"records":[%s,{"id":"750000000000009","object":"Account","state":"Open"}],"nextRecordsUrl":%s}`, done, strings.Join(records, ","), next))
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
		got = append(got, j.State+"-"+strings.TrimLeft(j.ID, "0"))
	}
	if want := []string{"Open-", "InProgress-3", "UploadComplete-"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}
