package salesforce

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
)

func TestWhatAJobsStateMeans(t *testing.T) {
	for name, c := range map[string]struct {
		job     http.HandlerFunc
		want    connector.Progress
		answers int
		aborts  int
	}{
		"open: the data never came":        {stands("Open"), connector.Progress{Phase: connector.Missed, State: "Open"}, 0, 1},
		"the org no longer knows it":       {nil, connector.Progress{Phase: connector.Gone}, 0, 0},
		"waiting":                          {stands("UploadComplete"), connector.Progress{Phase: connector.Running, State: "UploadComplete"}, 0, 0},
		"over, and it explains no failure": {stands("JobComplete", `"numberRecordsProcessed":4,"numberRecordsFailed":3`), connector.Progress{Phase: connector.Ended, State: "JobComplete", Processed: 4, Unlisted: 2, Code: "SF_ERROR", Reason: "the org gave no reason"}, 2, 0},
		"under way":                        {stands("InProgress", `"numberRecordsProcessed":2600,"numberRecordsFailed":7`), connector.Progress{Phase: connector.Running, State: "InProgress", Processed: 2600}, 0, 0},
		"a state that is not described":    {stands("Resting"), connector.Progress{Phase: connector.Running, State: "Resting"}, 0, 0},
		"over":                             {stands("JobComplete", `"numberRecordsProcessed":2,"numberRecordsFailed":1`), connector.Progress{Phase: connector.Ended, State: "JobComplete", Processed: 2}, 2, 0},
		"given up, with a code":            {stands("Failed", `"errorMessage":"InvalidBatch : Field name not found : X"`), connector.Progress{Phase: connector.Broken, State: "Failed", Code: "SF_InvalidBatch", Reason: "Field name not found : X"}, 2, 0},
		"given up, in words":               {stands("Failed", `"errorMessage":"it broke: somehow"`), connector.Progress{Phase: connector.Broken, State: "Failed", Code: "SF_ERROR", Reason: "the org gave the job up it broke: somehow"}, 2, 0},
		"aborted without a message":        {stands("Aborted"), connector.Progress{Phase: connector.Broken, State: "Aborted", Code: "SF_ABORTED", Reason: "the job was aborted in the org"}, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{
				"GET " + jobPath: c.job, "PATCH " + jobPath: obeyed,
				"GET " + jobPath + "/successfulResults/":  says("\"sf__Id\",\"sf__Created\",Id,X\n\"" + ann + "\",\"false\",\"0055f000001Abcd\",\"#N/A\"\n"),
				"GET " + jobPath + "/failedResults/":      says("\"sf__Id\",\"sf__Error\",Id,X\n\"\",\"UNABLE_TO_LOCK_ROW:busy:--\",\"0055f000001Abce\",\"\"\n"),
				"GET " + jobPath + "/unprocessedrecords/": says("Id,X\n\"001000000000001AAA\",\"\"\n"),
			})
			var a answers
			p, err := o.target("").Collect(t.Context(), connector.Receipt{ID: "750000000000001AAA"}, a.each)
			if err != nil || p != c.want || len(a.lines) != c.answers || len(o.saw("PATCH")) != c.aborts {
				t.Errorf("%+v, %v, %q, aborts %q", p, err, a.lines, o.saw("PATCH"))
			}
			if c.answers > 0 && !slices.Equal(slices.Compact(a.lines), []string{ann + "|accepted", ben + "|refused|SF_UNABLE_TO_LOCK_ROW|busy||fix-and-load again"}) {
				t.Errorf("%q", a.lines)
			}
		})
	}
}

func TestAJobThatWasAbortedBeforeItDidAnythingSaysNothingOfItsRows(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{
		"GET " + jobPath:                          stands("Aborted"),
		"GET " + jobPath + "/successfulResults/":  says("\"sf__Id\",\"sf__Created\",Id,X\n"),
		"GET " + jobPath + "/failedResults/":      says("\"sf__Id\",\"sf__Error\",Id,X\n"),
		"GET " + jobPath + "/unprocessedrecords/": says("Id,X\n\"" + ann + "\",\"\"\n"),
	})
	var a answers
	p, err := o.target("").Collect(t.Context(), connector.Receipt{ID: "750000000000001AAA"}, a.each)
	if err != nil || !p.Untouched || p.Phase != connector.Broken || len(a.lines) > 0 {
		t.Errorf("%+v, %v, %q", p, err, a.lines)
	}
}

func TestAnEndThatIsHeardOnceIsNone(t *testing.T) {
	for _, state := range []string{"Failed", "Aborted"} {
		calls := 0
		o := newOrg(t, map[string]http.HandlerFunc{"GET " + jobPath: func(w http.ResponseWriter, r *http.Request) {
			if calls++; calls == 1 {
				stands(state)(w, r)
				return
			}
			stands("InProgress")(w, r)
		}})
		p, err := o.target("").Collect(t.Context(), connector.Receipt{ID: "750000000000001AAA"}, nil)
		if err != nil || p.Phase != connector.Running || calls != 2 {
			t.Errorf("%s: %+v, %v, %d calls", state, p, err, calls)
		}
	}
}

func TestAJobThatWasClosedAfterAllIsNotMissed(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET " + jobPath: stands("Open"), "PATCH " + jobPath: fails(400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")})
	if p, err := o.target("").Collect(t.Context(), connector.Receipt{ID: "750000000000001AAA"}, nil); err != nil || p.Phase != connector.Running {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestResultsThatCannotBeFetchedAreAnError(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET " + jobPath: stands("JobComplete"), "GET " + jobPath + "/successfulResults/": says(""), "GET " + jobPath + "/unprocessedrecords/": says("")})
	if p, err := o.target("").Collect(t.Context(), connector.Receipt{ID: "750000000000001AAA"}, nil); err == nil {
		t.Errorf("%+v", p)
	}
}

func TestASweepAbortsOurOwnForgottenJobsAndNoOthers(t *testing.T) {
	job := func(id, state, by, created string) string {
		return fmt.Sprintf(`{"id":%q,"object":"User","state":%q,"createdById":%q,"createdDate":"2026-11-23T%s.000+0000"}`, id, state, by, created)
	}
	me := "005000000000ME1AAA"
	o := newOrg(t, map[string]http.HandlerFunc{
		"GET /jobs/ingest": says(`{"done":true,"records":[` + strings.Join([]string{
			job("750000000000F01AAA", "Open", me, "02:15:01"), job("750000000000K01AAA", "Open", me, "02:15:02"), job("750000000000L01AAA", "Open", me, "02:14:59"),
			job("750000000000T01AAA", "Open", "005000000000XX1AAA", "02:15:03"), job("750000000000R01AAA", "InProgress", me, "02:15:04"),
		}, ",") + `]}`),
		"PATCH /jobs/ingest/750000000000F01AAA": obeyed,
	})
	err := o.target("").Sweep(t.Context(), time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC), func(r connector.Receipt) bool { return r.ID == "750000000000K01AAA" })
	if got := o.saw("PATCH"); err != nil || !slices.Equal(got, []string{`PATCH /jobs/ingest/750000000000F01AAA {"state":"Aborted"}`}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNothingIsSweptBeforeTheOrgHasToldWhoWeAre(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /jobs/ingest": says(`{"done":true,"records":[{"id":"750000000000X01AAA","object":"User","state":"Open","createdById":"005000000000XX1AAA","createdDate":"2026-11-23T02:15:01.000+0000"}]}`)})
	s := o.target("")
	s.who = sforce.Identity{}
	if err := s.Sweep(t.Context(), time.Time{}, func(connector.Receipt) bool { return false }); err != nil || len(o.saw("PATCH")) != 0 {
		t.Errorf("%v, %q", err, o.saw("PATCH"))
	}
}

func TestOnlyAJobThatHasNotBegunIsAborted(t *testing.T) {
	begun := fails(400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
	for _, c := range []struct {
		state   string
		answer  http.HandlerFunc
		words   int
		aborted bool
	}{
		{"Open", obeyed, 1, true},
		{"UploadComplete", obeyed, 1, true},
		{"UploadComplete", begun, 1, false},
		{"InProgress", begun, 0, false},
		{"JobComplete", begun, 0, false},
		{"Aborted", begun, 0, true},
		{"Aborted\",\"numberRecordsProcessed\":3,\"x\":\"", begun, 0, false},
		{"unknown", begun, 0, false},
	} {
		o := newOrg(t, map[string]http.HandlerFunc{"PATCH " + jobPath: c.answer})
		if c.state != "unknown" {
			o.answers["GET "+jobPath] = says(`{"id":"750000000000001AAA","numberRecordsFailed":0,"numberRecordsProcessed":0,"state":"` + c.state + `"}`)
		}
		aborted, err := o.target("").Abort(t.Context(), connector.Receipt{ID: "750000000000001AAA"})
		if err != nil || aborted != c.aborted || len(o.saw("PATCH")) != c.words {
			t.Errorf("%s: %v, %v, %q", c.state, aborted, err, o.saw("PATCH"))
		}
	}
}

const (
	heading   = "\"sf__Id\",\"sf__Error\",Id,X\n"
	webPage   = "<html><body>\nWe are down for maintenance, back soon.\n</body></html>\n"
	jobIsOver = `{"id":"750000000000001AAA","state":"JobComplete","numberRecordsProcessed":3,"numberRecordsFailed":1}`
)

// listing is an org whose job is over, with these result files.
func listing(t *testing.T, job, successful, failed, unprocessed string) *org {
	return newOrg(t, map[string]http.HandlerFunc{
		"GET " + jobPath: says(job), "GET " + jobPath + "/successfulResults/": says(successful),
		"GET " + jobPath + "/failedResults/": says(failed), "GET " + jobPath + "/unprocessedrecords/": says(unprocessed),
	})
}

func TestRowsOfNoUserAreNoOutcomes(t *testing.T) {
	good := heading + ann + ",,,\n"
	for name, c := range map[string]struct {
		successful, failed, unprocessed string
		none                            bool // the answer is none
	}{
		"a web page instead of a file": {good, webPage, webPage, true},
		"rows without an id":           {good + ",,,\n", heading + ",NO:no:--,,\n", heading + ",,,\n", true},
		"ids of other objects":         {good + "001000000000001AAA,,,\n", heading + "00D000000000001AAA,NO:no:--,,\n", "Id,X\n001000000000002AAA,1\n", false},
		"other columns":                {good, "Name,Why\n" + ben + ",no\n", "Name\n" + ben + "\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			var a answers
			p, err := listing(t, `{"id":"750000000000001AAA","state":"JobComplete","numberRecordsProcessed":0,"numberRecordsFailed":0}`, c.successful, c.failed, c.unprocessed).target("").Collect(t.Context(), connector.Receipt{ID: "750000000000001AAA"}, a.each)
			if c.none && errors.Is(err, connector.ErrUnavailable) {
				return
			}
			if c.none || err != nil || p.Phase != connector.Ended || !slices.Equal(a.lines, []string{ann + "|accepted"}) {
				t.Errorf("%+v, %v, %q", p, err, a.lines)
			}
		})
	}
}

func TestAJobThatListsFewerRowsThanItCountsIsReadOnceMore(t *testing.T) {
	const two = heading + ann + ",,,\n" + ben + ",,,\n"
	for name, c := range map[string]struct {
		first, then string
		complete    bool
	}{
		"the second file is whole": {heading + ann + ",,,\n", two, true},
		"it stays short":           {heading + ann + ",,,\n", heading + ann + ",,,\n", false},
		"it stays a web page":      {webPage, webPage, false},
		"it is whole at once":      {two, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			o := listing(t, jobIsOver, "", heading+ben+",NO:no:--,,\n", "")
			n := 0
			o.answers["GET "+jobPath+"/successfulResults/"] = func(w http.ResponseWriter, r *http.Request) {
				n++
				says(map[bool]string{true: c.first, false: c.then}[n == 1])(w, r)
			}
			var a answers
			p, err := o.target("").Collect(t.Context(), connector.Receipt{ID: "750000000000001AAA"}, a.each)
			if c.complete != (err == nil) || !c.complete && !errors.Is(err, connector.ErrUnavailable) || n > 2 {
				t.Errorf("%+v, %v after %d files", p, err, n)
			}
		})
	}
}

func TestAnAnswerThatIsNoJobIsNone(t *testing.T) {
	for name, body := range map[string]string{"no state": `{}`, "another job": `{"id":"750000000000009AAA","state":"JobComplete"}`} {
		o := newOrg(t, map[string]http.HandlerFunc{"GET " + jobPath: says(body)})
		s, r := o.target(""), connector.Receipt{ID: "750000000000001AAA"}
		if p, err := s.Collect(t.Context(), r, nil); !errors.Is(err, connector.ErrUnavailable) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		if _, err := s.Abort(t.Context(), r); !errors.Is(err, connector.ErrUnavailable) || len(o.saw("PATCH")) != 0 {
			t.Errorf("%s: %v, %q", name, err, o.saw("PATCH"))
		}
	}
}
