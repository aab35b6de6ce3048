package sforce

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rosterload/loader/transport"
)

// jobInfo is what the org says of a job. Counters are absent while nothing was processed.
type jobInfo struct {
	ID           string `json:"id"`
	State        string `json:"state"`
	Object       string `json:"object"`
	Operation    string `json:"operation"`
	CreatedBy    string `json:"createdById"`
	Created      string `json:"createdDate"`
	Processed    *int64 `json:"numberRecordsProcessed"`
	FailedRows   *int64 `json:"numberRecordsFailed"`
	ErrorMessage string `json:"errorMessage"`
}

func (j jobInfo) processed() int64 { return orZero(j.Processed) }

func (j jobInfo) failed() int64 { return orZero(j.FailedRows) }

func orZero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// Job is an ingest job.
type Job struct {
	ID        string
	State     string // Open, UploadComplete, InProgress, JobComplete, Failed, Aborted
	CreatedBy string
	Created   time.Time
	Processed int64 // failed ones included
	Failed    int64
	Message   string // at most 1 MiB of it
}

// stampLayout is how the org writes times; RFC 3339 it is not.
const stampLayout = "2006-01-02T15:04:05.000-0700"

// maxMessage bounds a job's sentence, which stands in the results of each of its rows.
const maxMessage = 1 << 20

// cut shortens a sentence that is longer, and marks it.
func cut(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	return strings.ToValidUTF8(text[:maxMessage], "") + " … cut"
}

func (c *Client) job(j jobInfo) Job {
	created, _ := time.Parse(stampLayout, j.Created)
	return Job{
		ID: j.ID, State: j.State, CreatedBy: j.CreatedBy, Created: created, Processed: j.processed(),
		Failed: j.failed(), Message: cut(c.http.Struck(j.ErrorMessage)),
	}
}

const ingest = "jobs/ingest"

// CreateUpdate makes an open job that updates an object by Id: it can create nothing. Never repeated: a lost answer
// leaves an open job behind.
func (c *Client) CreateUpdate(ctx context.Context, object string) (Job, error) {
	body := map[string]string{
		"object": object, "operation": "update", "contentType": "CSV", "lineEnding": "LF",
		"columnDelimiter": "COMMA",
	}
	info, err := ask(ctx, c, call{method: http.MethodPost, path: ingest, json: body}, func(j jobInfo) error {
		if j.State != "Open" || j.Object != "" && j.Object != object || j.Operation != "" && j.Operation != "update" {
			return errors.New("the answer speaks of another job than was asked for")
		}
		return j.named()
	})
	return c.job(info), err
}

// Upload puts a sealed file. It is done once a job and never repeated (Bulk API 2.0 guide, Upload Job Data). Only 201
// says that the data have arrived: 200 and 204 are what proxies answer.
func (c *Client) Upload(ctx context.Context, id, path string) error {
	return c.send(ctx, call{
		method: http.MethodPut, path: ingest + "/" + id + "/batches", file: path,
		status: http.StatusCreated,
	}, nothing)
}

// Close says that the data are complete. A job that is on its way already was closed by a request whose answer was
// lost.
func (c *Client) Close(ctx context.Context, id string) error {
	err := c.state(ctx, id, "UploadComplete")
	if !IsCode(err, "INVALIDJOBSTATE") {
		return err
	}
	job, asked := c.Job(ctx, id)
	if asked == nil && (job.State == "UploadComplete" || job.State == "InProgress" || job.State == "JobComplete") {
		return nil
	}
	return err
}

// Abort ends a job that is not complete; rows already processed stay processed.
func (c *Client) Abort(ctx context.Context, id string) error { return c.state(ctx, id, "Aborted") }

func (c *Client) state(ctx context.Context, id, state string) error {
	q := call{
		method: http.MethodPatch, path: ingest + "/" + id, json: map[string]string{"state": state},
		repeatable: true,
	}
	_, err := ask(ctx, c, q, func(j jobInfo) error {
		if j.State == "Open" || state == "Aborted" && j.State != state {
			return errors.New("the job has kept its state " + j.State)
		}
		return j.isThe(id)
	})
	return err
}

// Job asks for a job.
func (c *Client) Job(ctx context.Context, id string) (Job, error) {
	info, err := ask(ctx, c, call{method: http.MethodGet, path: ingest + "/" + id, repeatable: true},
		func(j jobInfo) error {
			if j.State == "JobComplete" && (j.Processed == nil || j.FailedRows == nil) {
				return errors.New("the job has ended and counts nothing")
			}
			return j.isThe(id)
		})
	if err != nil {
		return Job{}, err
	}
	return c.job(info), nil
}

// maxJobPages bounds the list of jobs: a thousand a page, of seven days.
const maxJobPages = 1000

// Jobs lists the ingest jobs on an object that have not ended.
func (c *Client) Jobs(ctx context.Context, object string) ([]Job, error) {
	var jobs []Job
	q := call{method: http.MethodGet, path: ingest, query: url.Values{"jobType": {"V2Ingest"}}, repeatable: true}
	for seen := map[string]bool{}; ; {
		var p jobPage
		q.wants = transport.JSON
		err := c.send(ctx, q, func(a *transport.Answer) (err error) {
			if p, err = readJobs(a, object); err != nil {
				return err
			}
			return p.complete(seen)
		})
		if err != nil {
			return nil, err
		}
		for _, info := range p.jobs {
			jobs = append(jobs, c.job(info))
		}
		if *p.Done {
			return jobs, nil
		}
		seen[p.Next] = true
		q = call{method: http.MethodGet, path: p.Next, repeatable: true}
	}
}

// jobPage is one page of the list of jobs.
type jobPage struct {
	Done *bool  `json:"done"`
	Next string `json:"nextRecordsUrl"`
	jobs []jobInfo
}

func readJobs(a *transport.Answer, object string) (jobPage, error) {
	var p jobPage
	var jobs []jobInfo
	all := 0
	err := listing(a.Body, "records", func(decoder *json.Decoder) error {
		info, err := record[jobInfo](decoder)
		if err != nil {
			return err
		}
		if err := info.named(); err != nil || info.State == "" || all == maxPage {
			return transport.NoAnswer("the list of jobs is none")
		}
		if all++; info.Object == object && !ended(info.State) {
			jobs = append(jobs, info)
		}
		return nil
	}, &p)
	p.jobs = jobs
	return p, err
}

func (p jobPage) complete(seen map[string]bool) error {
	switch {
	case p.Done == nil:
		return transport.NoAnswer("the answer does not say whether it is the last page")
	case *p.Done:
		return nil
	case len(seen) == maxJobPages:
		return transport.NoAnswer("the list of jobs does not end")
	}
	return nextPage(p.Next, seen)
}

func ended(state string) bool {
	return state == "JobComplete" || state == "Failed" || state == "Aborted"
}
