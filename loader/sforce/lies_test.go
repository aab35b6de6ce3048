package sforce

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"rosterload/loader/transport"
)

// in answers with a content type.
func in(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write([]byte(body))
	}
}

// lies are answers with status 200 that are none, whatever was asked.
var lies = map[string]http.HandlerFunc{
	"a web page":                         in("text/html; charset=utf-8", "<html>Sign in to the proxy</html>"),
	"a web page that says it is JSON":    in("application/json", "<html>Sign in to the proxy</html>"),
	"a web page that says it is a table": in("text/csv", "<html><p>Sign in, please</p>\n<p>to the proxy</p>"),
	"an empty object":                    in("application/json", "{}"),
	"an object of null":                  in("application/json", "null"),
	"half an object":                     in("application/json", `{"id":"7505fEXAMPLE4C2AAM","sta`),
	"two objects":                        in("application/json", `{}{}`),
	"a list of nothings":                 in("application/json", `[null,{},[],0,"x"]`),
	"an object in a list of objects":     in("application/json", `{"totalSize":1,"done":false,"records":[{}],"fields":[{}],"id":{}}`),
	"a table of something else":          in("text/csv", "\"Name\"\n\"x\"\n"),
}

func TestALieIsNoAnswer(t *testing.T) {
	type told struct {
		r     request
		name  string
		often int
	}
	cases := map[string]told{}
	for _, r := range requests {
		for name := range lies {
			for _, often := range []int{1, 99} {
				cases[fmt.Sprintf("%s: %s, %d times", r.name, name, often)] = told{r, name, often}
			}
		}
	}
	sideBySide(t, cases, func(t named, c told) { lieTo(t, c.r, c.name, lies[c.name], c.often) })
}

// lieTo answers one request so often with a lie, and all others rightly.
func lieTo(t named, r request, name string, lie http.HandlerFunc, often int) {
	answers := map[string]http.HandlerFunc{"DELETE " + query: says(204, "")}
	for _, other := range requests {
		answers[other.name] = says(other.status(), other.ok)
	}
	o := newOrg(t.T, answers)
	answers[r.name] = func(w http.ResponseWriter, q *http.Request) {
		if o.count(r.name) > often {
			says(r.status(), r.ok)(w, q)
			return
		}
		lie(w, q)
	}
	patience := impatient
	if often == 1 {
		patience = func(o *Options) { o.RetryFor = time.Minute }
	}
	err, asked := r.send(o.wire(patience), t.T), o.count(r.name)
	switch {
	case r.name == "GET /limits" && name == "an empty object": // of an org whose setup we may not see
	case !r.again && errors.Is(err, transport.ErrLost) && asked == 1:
	case r.again && often == 1 && err == nil && asked == 2:
	case r.again && often == 99 && errors.Is(err, transport.ErrUnavailable):
	default:
		t.Errorf("asked %d times, %v", asked, err)
	}
}

func TestAnUploadHasArrivedOnlyWhenTheOrgSaysCreated(t *testing.T) {
	for status, want := range map[int]error{200: transport.ErrLost, 202: transport.ErrLost, 204: transport.ErrLost, 201: nil, 413: transport.ErrUnavailable, 307: transport.ErrSetup} {
		o := newOrg(t, map[string]http.HandlerFunc{"PUT " + theJob + "/batches": says(status, "")})
		if err := o.wire().Upload(t.Context(), "7505fEXAMPLE4C2AAM", sealed(t)); !errors.Is(err, want) || o.count("PUT "+theJob+"/batches") != 1 {
			t.Errorf("%d: sent %d times, %v", status, o.count("PUT "+theJob+"/batches"), err)
		}
	}
}

func TestAPlainNoToAnUploadIsToldInTheOrgsWords(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"PUT " + theJob + "/batches": says(403, `[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]`)})
	err := o.wire().Upload(t.Context(), "7505fEXAMPLE4C2AAM", sealed(t))
	if !errors.Is(err, transport.ErrUnavailable) || errors.Is(err, transport.ErrLost) || !strings.Contains(err.Error(), "TotalRequests Limit exceeded.") {
		t.Errorf("%v", err)
	}
}

func TestAProxysNotFoundSaysNothingOfTheOrg(t *testing.T) {
	for body, want := range map[string]bool{"<html>404</html>": false, `{"message":"not found"}`: false, "": false, `[{"errorCode":"NOT_FOUND","message":"gone"}]`: true} {
		o := newOrg(t, map[string]http.HandlerFunc{"GET " + theJob: says(404, body)})
		if _, err := o.wire().Job(t.Context(), "7505fEXAMPLE4C2AAM"); IsMissing(err) != want {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// named is a test that says which case of a table it speaks of.
type named struct {
	*testing.T
	name string
}

func (n named) Errorf(format string, args ...any) {
	n.Helper()
	n.T.Errorf("%s: "+format, append([]any{n.name}, args...)...)
}

// sideBySide tries the cases of a table at the same time: most of their time is a pause between two attempts.
func sideBySide[C any](t *testing.T, cases map[string]C, try func(t named, c C)) {
	var all errgroup.Group
	all.SetLimit(100)
	for name, c := range cases {
		all.Go(func() error {
			try(named{t, name}, c)
			return nil
		})
	}
	_ = all.Wait()
}

// pageOf is a page of a query with so many records, of a total, and the path of the next.
func pageOf(records, total int, next string) http.HandlerFunc {
	return says(200, fmt.Sprintf(`{"totalSize":%d,"done":%v,"nextRecordsUrl":%q,"records":[%s]}`, total, next == "", next, strings.TrimSuffix(strings.Repeat(`{"Id":"0055f000001AbcdAAA"},`, records), ",")))
}

func TestAQueryIsCountedAgainstWhatTheOrgSays(t *testing.T) {
	const more = "/services/data/v66.0/query/01g-2"
	type lie struct {
		first, second http.HandlerFunc
		rows          int // that were handed over before the end
	}
	sideBySide(t, map[string]lie{
		"fewer than counted, done":          {first: pageOf(1, 2, "")},
		"more than counted":                 {first: pageOf(3, 2, "")},
		"not done and no next page":         {first: says(200, `{"totalSize":2,"done":false,"records":[{"Id":"x"}]}`)},
		"no count":                          {first: says(200, `{"done":true,"records":[]}`)},
		"a count below nothing":             {first: says(200, `{"totalSize":-1,"done":true,"records":[]}`)},
		"no records":                        {first: says(200, `{"totalSize":0,"done":true}`)},
		"no word on the end":                {first: says(200, `{"totalSize":0,"records":[]}`)},
		"records twice":                     {first: says(200, `{"totalSize":1,"done":true,"records":[{"Id":"x"}],"records":[]}`)},
		"a record without the field":        {first: says(200, `{"totalSize":1,"done":true,"records":[{"Name":"x"}]}`)},
		"a field that is a list":            {first: says(200, `{"totalSize":1,"done":true,"records":[{"Id":["x"]}]}`)},
		"a next page of another host":       {first: pageOf(1, 2, "https://evil.example/services/data/")},
		"an empty page in the middle":       {first: pageOf(0, 2, more)},
		"a last page that is short":         {first: pageOf(2, 4, more), second: pageOf(1, 4, ""), rows: 2},
		"another count on the second page":  {first: pageOf(2, 4, more), second: pageOf(1, 3, ""), rows: 2},
		"a next page that was there before": {first: pageOf(2, 1_000_000, more), second: pageOf(2, 1_000_000, more), rows: 2},
	}, func(t named, c lie) {
		o := newOrg(t.T, map[string]http.HandlerFunc{"GET /query": c.first, "GET /query/01g-2": c.second})
		rows := 0
		err := o.wire(impatient).Query(t.Context(), []string{"Id"}, "SELECT Id FROM User", func([]string) error { rows++; return nil })
		if !errors.Is(err, transport.ErrUnavailable) || rows != c.rows {
			t.Errorf("%d rows, %v", rows, err)
		}
	})
}

// csvPage is a page of a query job's results.
func csvPage(rows, counted, locator string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if counted != "" {
			w.Header().Set("Sforce-NumberOfRecords", counted)
		}
		if locator != "" {
			w.Header().Set("Sforce-Locator", locator)
		}
		says(200, rows)(w, r)
	}
}

func TestABulkQueryIsCountedAgainstWhatTheOrgSays(t *testing.T) {
	const whole, half = "\"Id\",\"Name\"\n\"1\",\"Cardio\"\n\"2\",\"Cardio East\"\n", "\"Id\",\"Name\"\n\"1\",\"Cardio\"\n"
	type lie struct {
		job  string // what the job counts
		lies []http.HandlerFunc
		bad  bool // it does not end well
	}
	sideBySide(t, map[string]lie{
		"a page that is whole":                        {job: "2", lies: []http.HandlerFunc{csvPage(whole, "2", "null")}},
		"half a page, then the whole":                 {job: "2", lies: []http.HandlerFunc{csvPage(half, "2", "null"), csvPage(whole, "2", "null")}},
		"half a page that only the job tells":         {job: "2", lies: []http.HandlerFunc{csvPage(half, "", ""), csvPage(whole, "", "")}},
		"a page cut in its last cell":                 {job: "2", lies: []http.HandlerFunc{csvPage("Id,Name\n1,Cardio\n2,Car", "3", "null"), csvPage(whole, "2", "null")}},
		"a page cut inside of quotes":                 {job: "2", lies: []http.HandlerFunc{csvPage(whole[:len(whole)-3], "2", "null"), csvPage(whole, "2", "null")}},
		"nothing":                                     {job: "2", lies: []http.HandlerFunc{csvPage("", "", "null"), csvPage(whole, "2", "null")}},
		"nothing of a job that found nothing":         {job: "0", lies: []http.HandlerFunc{csvPage("", "0", "null")}},
		"half a page for ever":                        {job: "2", lies: []http.HandlerFunc{csvPage(half, "2", "null")}, bad: true},
		"more than the job counts":                    {job: "1", lies: []http.HandlerFunc{csvPage(whole, "2", "null")}, bad: true},
		"a page that is another one when asked again": {job: "3", lies: []http.HandlerFunc{csvPage(whole, "3", "null"), csvPage(strings.Replace(whole, "Cardio\"", "Onco\"", 1)+"\"3\",\"x\"\n", "3", "null")}, bad: true},
		"a column that is missing":                    {job: "1", lies: []http.HandlerFunc{csvPage("\"Id\"\n\"1\"\n", "1", "null")}, bad: true},
		"a column that is there twice":                {job: "1", lies: []http.HandlerFunc{csvPage("Id,Name,Id\n1,x,2\n", "1", "null")}, bad: true},
		"a row that is short":                         {job: "1", lies: []http.HandlerFunc{csvPage("Id,Name\n1\n", "1", "null")}, bad: true},
		"a count that is no number":                   {job: "2", lies: []http.HandlerFunc{csvPage(whole, "two", "null")}, bad: true},
		"a next page that was there before":           {job: "2000000", lies: []http.HandlerFunc{csvPage(whole, "2", "MTAw")}, bad: true},
		"an empty page in the middle":                 {job: "2", lies: []http.HandlerFunc{csvPage("Id,Name\n", "0", "MTAw")}, bad: true},
	}, func(t named, c lie) {
		asked := 0
		o := newOrg(t.T, map[string]http.HandlerFunc{
			"POST /jobs/query": says(200, `{"id":"7505fEXAMPLE4C2AAM"}`),
			"GET " + query:     says(200, `{"id":"7505fEXAMPLE4C2AAM","state":"JobComplete","numberRecordsProcessed":`+c.job+`}`),
			"DELETE " + query:  says(204, ""),
			"GET " + query + "/results": func(w http.ResponseWriter, r *http.Request) {
				c.lies[min(asked, len(c.lies)-1)](w, r)
				asked++
			},
		})
		var got []string
		patience := func(o *Options) { o.RetryFor = time.Minute }
		if c.bad {
			patience = impatient
		}
		err := o.wire(patience).BulkQuery(t.Context(), []string{"Id", "Name"}, "SELECT Id,Name FROM User", collect(&got))
		switch {
		case c.bad && !errors.Is(err, transport.ErrUnavailable):
			t.Errorf("%q, %v", got, err)
		case !c.bad && (err != nil || c.job == "2" && !slices.Equal(got, []string{"1|Cardio", "2|Cardio East"})):
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestResultsAreCountedAgainstTheJob(t *testing.T) {
	const a, b = "\"0055f000001AbcdAAA\",\"\",\"0055f000001AbcdAAA\"\n", "\"0055f000001AbceAAA\",\"E:x:--\",\"0055f000001AbceAAA\"\n"
	const header = "sf__Id,sf__Error,Id\n"
	type lie struct {
		which string
		job   Job
		body  string
		rows  int
		bad   bool
	}
	sideBySide(t, map[string]lie{
		"as many as counted":                 {Successful, Job{State: "JobComplete", Processed: 3, Failed: 1}, header + a + b, 2, false},
		"fewer than counted":                 {Successful, Job{State: "JobComplete", Processed: 3}, header + a + b, 1, true},
		"more than counted":                  {Successful, Job{State: "JobComplete", Processed: 1}, header + a + b, 0, true},
		"more than a stopped job counts":     {Successful, Job{State: "Aborted", Processed: 1}, header + a + b, 2, false},
		"counters that never moved":          {Successful, Job{State: "JobComplete"}, header + a + b, 2, false},
		"an empty answer of a job with rows": {Successful, Job{State: "JobComplete", Processed: 2}, "", 0, true},
		"failures that are not listed":       {FailedRows, Job{State: "JobComplete", Processed: 3, Failed: 2}, header + b, 1, false},
		"more failures than counted":         {FailedRows, Job{State: "JobComplete", Processed: 3, Failed: 1}, header + b + b, 0, true},
		"a row without an id":                {FailedRows, Job{State: "JobComplete", Processed: 1, Failed: 1}, header + "\"\",\"E:x:--\",\"\"\n", 0, true},
		"a row of words":                     {Successful, Job{State: "JobComplete", Processed: 1}, header + "sign,in,please\n", 0, true},
		"no column with an id":               {Successful, Job{State: "JobComplete", Processed: 1}, "Id\n0055f000001AbcdAAA\n", 0, true},
		"failures without a column for them": {FailedRows, Job{State: "JobComplete", Processed: 1, Failed: 1}, "sf__Id,Id\n,0055f000001AbcdAAA\n", 0, true},
		"a row that is too wide":             {Unprocessed, Job{State: "Failed"}, "Id\n0055f000001AbcdAAA,x\n", 0, true},
	}, func(t named, c lie) {
		c.job.ID = "7505fEXAMPLE4C2AAM"
		o := newOrg(t.T, map[string]http.HandlerFunc{"GET " + theJob + "/" + c.which + "/": in("text/csv", c.body)})
		rows := 0
		err := o.wire(impatient).Results(t.Context(), c.job, c.which, func(RowResult) error { rows++; return nil })
		if c.bad != errors.Is(err, transport.ErrUnavailable) || !c.bad && err != nil || rows != c.rows {
			t.Errorf("%d rows, %v", rows, err)
		}
	})
}

func TestRowsWithoutAnEndAreGivenUp(t *testing.T) {
	t.Parallel()
	o := newOrg(t, map[string]http.HandlerFunc{"GET " + theJob + "/" + Successful + "/": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		_, _ = w.Write([]byte("sf__Id,Id\n"))
		for err := error(nil); err == nil; {
			_, err = w.Write([]byte(strings.Repeat("0055f000001AbcdAAA,0055f000001AbcdAAA\n", 1000)))
		}
	}})
	rows := 0
	err := o.wire(impatient).Results(t.Context(), Job{ID: "7505fEXAMPLE4C2AAM", State: "JobComplete", Processed: 5}, Successful, func(RowResult) error { rows++; return nil })
	if !errors.Is(err, transport.ErrUnavailable) || rows > 5 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestACellWithoutAnEndIsGivenUp(t *testing.T) {
	t.Parallel()
	o := newOrg(t, map[string]http.HandlerFunc{"GET " + theJob + "/" + Successful + "/": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		_, _ = w.Write([]byte("sf__Id,Id\n\""))
		for err := error(nil); err == nil; {
			_, err = w.Write(make([]byte, 1<<20))
		}
	}})
	err := o.wire(impatient).Results(t.Context(), Job{ID: "7505fEXAMPLE4C2AAM", State: "Failed"}, Successful, func(RowResult) error { return nil })
	if !errors.Is(err, transport.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

func TestALongSentenceOfAJobIsCutWithAMark(t *testing.T) {
	for _, n := range []int{100, maxMessage, maxMessage + 1, 5 << 20} {
		o := newOrg(t, map[string]http.HandlerFunc{"GET " + theJob: says(200, `{"id":"7505fEXAMPLE4C2AAM","state":"Failed","errorMessage":"`+strings.Repeat("ü", n/2)+strings.Repeat("x", n%2)+`"}`)})
		job, err := o.wire().Job(t.Context(), "7505fEXAMPLE4C2AAM")
		if marked := strings.HasSuffix(job.Message, " … cut"); err != nil || len(job.Message) > maxMessage+10 || marked != (n > maxMessage) {
			t.Errorf("%d bytes: %d bytes, marked %v, %v", n, len(job.Message), marked, err)
		}
	}
}

func TestAJobThatWasClosedByALostRequestIsClosed(t *testing.T) {
	for state, ok := range map[string]bool{"InProgress": true, "JobComplete": true, "UploadComplete": true, "Aborted": false, "Failed": false} {
		o := newOrg(t, map[string]http.HandlerFunc{
			"PATCH " + theJob: says(400, `[{"errorCode":"INVALIDJOBSTATE","message":"Closing already closed Job not allowed"}]`),
			"GET " + theJob:   says(200, `{"id":"7505fEXAMPLE4C2AAM","state":"`+state+`","numberRecordsProcessed":0,"numberRecordsFailed":0}`),
		})
		if err := o.wire().Close(t.Context(), "7505fEXAMPLE4C2AAM"); (err == nil) != ok {
			t.Errorf("%s: %v", state, err)
		}
	}
}

func TestASecretThatTheOrgSaysBackIsStruckOut(t *testing.T) {
	const said = "who is 00D5f000000AbCd!AQ.x with shhh?"
	o := newOrg(t, map[string]http.HandlerFunc{
		"GET /limits":                            says(400, `[{"errorCode":"X","message":"`+said+`"}]`),
		"GET " + theJob:                          says(200, `{"id":"7505fEXAMPLE4C2AAM","state":"Failed","errorMessage":"`+said+`"}`),
		"GET " + theJob + "/" + FailedRows + "/": says(200, "\"sf__Error\",Id\n\"E:"+said+":--\",0055f000001AbcdAAA\n"),
		"PATCH /composite/sobjects":              says(200, `[{"success":false,"errors":[{"statusCode":"X","message":"`+said+`"}]}]`),
	})
	c := o.wire(func(o *Options) { o.Auth.ClientSecret = secret("shhh") })
	_, err := c.DailyCalls(t.Context())
	texts := []string{fmt.Sprint(err)}
	job, err := c.Job(t.Context(), "7505fEXAMPLE4C2AAM")
	texts = append(texts, job.Message, fmt.Sprint(err))
	err = c.Results(t.Context(), job, FailedRows, func(r RowResult) error { texts = append(texts, r.Error); return nil })
	saved, bad := c.UpdateAll(t.Context(), "User", []Update{{ID: "0055f000001AbcdAAA", Field: "F"}})
	if err != nil || bad != nil {
		t.Fatal(err, bad)
	}
	for _, text := range append(texts, saved[0].Errors[0].Message) {
		if strings.Contains(text, "shhh") || strings.Contains(text, "00D5f000000AbCd!AQ") {
			t.Errorf("%q", text)
		}
	}
}
