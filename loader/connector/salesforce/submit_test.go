package salesforce

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

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
	o := newOrg(t, map[string]http.HandlerFunc{"PUT " + jobPath + "/batches": created, "PATCH " + jobPath: obeyed})
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
	for name, trouble := range map[string]http.HandlerFunc{"the line drops": hangsUp, "a proxy answers": fails(502, "", "")} {
		for _, at := range []string{"POST /jobs/ingest", "PUT " + jobPath + "/batches"} {
			t.Run(name+" at "+at, func(t *testing.T) {
				o := newOrg(t, map[string]http.HandlerFunc{"PUT " + jobPath + "/batches": created, "PATCH " + jobPath: obeyed, at: trouble})
				s := o.target("")
				err := s.Submit(t.Context(), sealed(t, transform.Upserts, s.Limits(), ann+",Cardio"), none, nil)
				if !errors.Is(err, connector.ErrLost) || connector.NothingDone(err) || len(o.saw(at)) != 1 || len(o.saw("PATCH")) != 0 {
					t.Errorf("%v, %q", err, o.saw(""))
				}
			})
		}
	}
}

func TestAPlainNoIsFinalAndLeavesNoJobBehind(t *testing.T) {
	const upload, word = "PUT " + jobPath + "/batches", "PATCH " + jobPath
	aborts := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), "Aborted") {
			fails(400, "CLIENTINPUTERROR", "Found multiple contents")(w, r)
			return
		}
		write(w, `{"id":"750000000000001AAA","state":"Aborted"}`)
	}
	for name, c := range map[string]struct {
		at     string
		answer http.HandlerFunc
		abort  http.HandlerFunc
		says   string
		words  int // PATCHes of the job
		means  error
	}{
		"the job is not made":         {"POST /jobs/ingest", fails(400, "INVALIDENTITY", "no such object"), obeyed, "no such object", 0, connector.ErrUnavailable},
		"the data are refused":        {upload, fails(400, "CLIENTINPUTERROR", "Found multiple contents"), obeyed, "Found multiple contents", 1, connector.ErrUnavailable},
		"they are too many":           {upload, fails(413, "", ""), obeyed, "413", 1, connector.ErrUnavailable},
		"the day's calls are used up": {upload, fails(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), obeyed, "TotalRequests Limit exceeded.", 1, connector.ErrUnavailable},
		"we may not":                  {upload, fails(403, "INSUFFICIENT_ACCESS", "no"), obeyed, "INSUFFICIENT_ACCESS no", 1, connector.ErrDenied},
		"nor abort it":                {upload, fails(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), fails(403, "REQUEST_LIMIT_EXCEEDED", "x"), "could not be aborted", 1, connector.ErrUnavailable},
		"the end is refused":          {word, nil, aborts, "Found multiple contents", 2, connector.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{upload: created, word: c.abort})
			if c.answer != nil {
				o.answers[c.at] = c.answer
			}
			s := o.target("")
			err := s.Submit(t.Context(), sealed(t, transform.Upserts, s.Limits(), ann+",Cardio"), none, nil)
			if connector.NothingDone(err) == (name == "nor abort it") || errors.Is(err, connector.ErrLost) || !errors.Is(err, c.means) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
			if got := o.saw("PATCH"); len(got) != c.words || c.words > 0 && !strings.Contains(got[len(got)-1], "Aborted") || len(o.saw("PUT")) > 1 {
				t.Errorf("%q", o.saw(""))
			}
		})
	}
}

func TestAJobThatIsNoLongerOpenMustBeAsked(t *testing.T) {
	closed := fails(400, "INVALIDJOBSTATE", "Job is not open")
	for name, answers := range map[string]map[string]http.HandlerFunc{
		"its end was said already":   {"PUT " + jobPath + "/batches": created, "PATCH " + jobPath: closed},
		"its abort comes too late":   {"PUT " + jobPath + "/batches": fails(400, "CLIENTINPUTERROR", "x"), "PATCH " + jobPath: closed},
		"its data were there before": {"PUT " + jobPath + "/batches": closed},
	} {
		o := newOrg(t, answers)
		s := o.target("")
		if err := s.Submit(t.Context(), sealed(t, transform.Upserts, s.Limits(), ann+",Cardio"), none, nil); !errors.Is(err, connector.ErrLost) || connector.NothingDone(err) {
			t.Errorf("%s: %v", name, err)
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

// savesAll accepts each record of a collections call, in order.
func savesAll(w http.ResponseWriter, r *http.Request) {
	var sent struct{ Records []struct{ ID string } }
	_ = json.NewDecoder(r.Body).Decode(&sent)
	var all []string
	for _, record := range sent.Records {
		all = append(all, fmt.Sprintf(`{"id":%q,"success":true,"errors":[]}`, record.ID))
	}
	write(w, "["+strings.Join(all, ",")+"]")
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
		o := newOrg(t, map[string]http.HandlerFunc{"PUT " + jobPath + "/batches": created, "PATCH " + jobPath: obeyed, "PATCH /composite/sobjects": savesAll})
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
