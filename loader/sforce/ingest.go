package sforce

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// jobInfo is what the org says of a job. Counters are absent while nothing was processed.
type jobInfo struct {
	ID           string `json:"id"`
	State        string `json:"state"`
	Object       string `json:"object"`
	Operation    string `json:"operation"`
	CreatedBy    string `json:"createdById"`
	Created      string `json:"createdDate"`
	JobType      string `json:"jobType"`
	Processed    int64  `json:"numberRecordsProcessed"`
	FailedRows   int64  `json:"numberRecordsFailed"`
	ErrorMessage string `json:"errorMessage"`
}

// Job is an ingest job.
type Job struct {
	ID        string
	State     string // Open, UploadComplete, InProgress, JobComplete, Failed, Aborted
	CreatedBy string
	Created   time.Time
	Processed int64 // failed ones included
	Failed    int64
	Message   string
}

// stampLayout is how the org writes times; RFC 3339 it is not.
const stampLayout = "2006-01-02T15:04:05.000-0700"

func (j jobInfo) job() Job {
	created, _ := time.Parse(stampLayout, j.Created)
	return Job{ID: j.ID, State: j.State, CreatedBy: j.CreatedBy, Created: created, Processed: j.Processed, Failed: j.FailedRows, Message: j.ErrorMessage}
}

const ingest = "jobs/ingest"

// CreateUpdate makes an open job that updates an object by Id: it can create nothing. Never repeated: a lost answer leaves an open job behind.
func (c *Client) CreateUpdate(ctx context.Context, object string) (Job, error) {
	body := map[string]string{"object": object, "operation": "update", "contentType": "CSV", "lineEnding": "LF", "columnDelimiter": "COMMA"}
	var info jobInfo
	if err := c.get(ctx, call{method: http.MethodPost, path: ingest, json: body}, &info); err != nil {
		return Job{}, err
	}
	if info.ID == "" {
		return Job{}, fmt.Errorf("create job: the answer names no job")
	}
	return info.job(), nil
}

// Upload puts a sealed file. It is done once a job and never repeated (Bulk API 2.0 guide, Upload Job Data).
func (c *Client) Upload(ctx context.Context, id, path string) error {
	return c.get(ctx, call{method: http.MethodPut, path: ingest + "/" + id + "/batches", file: path, kind: "text/csv"}, nil)
}

// Close says that the data are complete. Abort ends a job.
func (c *Client) Close(ctx context.Context, id string) error {
	return c.state(ctx, id, "UploadComplete")
}

// Abort ends a job that is not complete; rows already processed stay processed.
func (c *Client) Abort(ctx context.Context, id string) error { return c.state(ctx, id, "Aborted") }

func (c *Client) state(ctx context.Context, id, state string) error {
	return c.get(ctx, call{method: http.MethodPatch, path: ingest + "/" + id, json: map[string]string{"state": state}, again: true}, &jobInfo{})
}

// Job asks for a job.
func (c *Client) Job(ctx context.Context, id string) (Job, error) {
	var info jobInfo
	err := c.get(ctx, call{method: http.MethodGet, path: ingest + "/" + id, again: true}, &info)
	return info.job(), err
}

// Jobs lists the ingest jobs on an object that have not ended.
func (c *Client) Jobs(ctx context.Context, object string) ([]Job, error) {
	var jobs []Job
	q := call{method: http.MethodGet, path: ingest, query: url.Values{"jobType": {"V2Ingest"}}, again: true}
	for {
		var page struct {
			Done    bool      `json:"done"`
			Records []jobInfo `json:"records"`
			Next    string    `json:"nextRecordsUrl"`
		}
		if err := c.get(ctx, q, &page); err != nil {
			return nil, err
		}
		for _, info := range page.Records {
			if info.Object == object && !ended(info.State) {
				jobs = append(jobs, info.job())
			}
		}
		if page.Done || page.Next == "" {
			return jobs, nil
		}
		q = call{method: http.MethodGet, path: page.Next, again: true}
	}
}

func ended(state string) bool {
	return state == "JobComplete" || state == "Failed" || state == "Aborted"
}

// RowResult is what the org says of one row of an ingest job.
type RowResult struct {
	ID    string // as the org names it, else as it was sent
	Error string // sf__Error, whole
}

// The three result files of a job.
const (
	Successful  = "successfulResults"
	FailedRows  = "failedResults"
	Unprocessed = "unprocessedrecords"
)

// Results streams one of a job's result files. No content, an empty answer and a header alone are all no rows.
func (c *Client) Results(ctx context.Context, id, which string, each func(RowResult) error) error {
	resp, err := c.send(ctx, call{method: http.MethodGet, path: ingest + "/" + id + "/" + which + "/", accept: "text/csv", again: true})
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusNoContent {
		return nil
	}
	return table(resp.Body, []string{"sf__Id", "sf__Error", "Id"}, func(row []string) error {
		r := RowResult{ID: row[0], Error: row[1]}
		if r.ID == "" {
			r.ID = row[2]
		}
		return each(r)
	})
}

// RowError is sf__Error taken apart: "CODE:message:FIELD,FIELD --". The message may hold colons, commas, quotes and line breaks.
type RowError struct {
	Code    string
	Message string
	Fields  string // ";" between
}

// ParseRowError never loses a character of the message.
func ParseRowError(text string) RowError {
	code, rest, found := strings.Cut(text, ":")
	if !found || strings.ContainsAny(code, " \t") {
		return RowError{Message: strings.TrimSpace(text)}
	}
	e := RowError{Code: code, Message: rest}
	body, ok := strings.CutSuffix(strings.TrimRight(rest, " "), "--")
	if !ok {
		return e
	}
	body = strings.TrimRight(body, " ")
	if i := strings.LastIndexByte(body, ':'); i >= 0 && areFields(body[i+1:]) {
		e.Message, e.Fields = body[:i], strings.ReplaceAll(strings.ReplaceAll(body[i+1:], " ", ""), ",", ";")
	}
	return e
}

func areFields(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return r != '_' && r != ',' && r != ' ' && r != '.' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}
