package sforce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"rosterload/loader/transport"
)

// pageRows is how many rows a page of results is asked for with.
const pageRows = 250_000

// queryPatience is how many times the patience of one call a query job may take from its creation to its end.
const queryPatience = 15

// BulkQuery runs SOQL as a Bulk API 2.0 query job and hands over each record as it streams in, in the order of fields.
// What comes is counted against what the job has processed. The job is deleted afterwards, whatever its end.
func (c *Client) BulkQuery(ctx context.Context, fields []string, soql string, each func([]string) error) error {
	body := map[string]string{"operation": "query", "query": soql}
	// A query job that was created twice harms nothing but the day's allowance.
	job, err := ask(ctx, c, call{method: http.MethodPost, path: "jobs/query", json: body, repeatable: true},
		jobInfo.named)
	if err != nil {
		return err
	}
	defer func() {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = c.send(clean, call{method: http.MethodDelete, path: "jobs/query/" + job.ID}, nothing)
	}()
	counted, err := c.waitForQuery(ctx, job.ID)
	if err != nil {
		return err
	}
	seen, rows := map[string]bool{}, 0
	for locator := ""; ; {
		next, n, err := c.queryPage(ctx, job.ID, locator,
			resultPages{fields: fields, counted: counted, before: rows, seen: seen, each: each})
		if err != nil || next == "" {
			return err
		}
		rows, locator = rows+n, next
		seen[next] = true
	}
}

// waitForQuery answers how many records the job has found, -1 when it does not say.
func (c *Client) waitForQuery(ctx context.Context, id string) (int64, error) {
	patience := time.NewTimer(queryPatience * cmp.Or(c.options.RetryFor, 2*time.Minute))
	defer patience.Stop()
	for pause := 100 * time.Millisecond; ; pause = min(pause*3/2, 10*time.Second) {
		job, err := ask(ctx, c, call{method: http.MethodGet, path: "jobs/query/" + id, repeatable: true},
			func(j jobInfo) error { return j.isThe(id) })
		if err != nil {
			return 0, err
		}
		switch {
		case job.State == "JobComplete" && job.Processed == nil:
			return -1, nil
		case job.State == "JobComplete":
			return *job.Processed, nil
		case ended(job.State):
			return 0, fmt.Errorf("query job %s: %s: %s: %w", id, job.State, c.http.Said(cut(job.ErrorMessage)),
				transport.ErrUnavailable)
		}
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-patience.C:
			return 0, fmt.Errorf("query job %s does not end (%s): %w", id, c.http.Said(job.State),
				transport.ErrUnavailable)
		case <-time.After(pause):
		}
	}
}

// resultPages is what is known of a query job's results while they are read page by page.
type resultPages struct {
	fields  []string
	counted int64 // by the job, -1: it does not say
	before  int   // rows of the pages before
	seen    map[string]bool
	each    func([]string) error
}

// queryPage streams one page of results, and answers where the next begins, "" behind the last, and how many rows it
// had.
func (c *Client) queryPage(ctx context.Context, id, locator string, p resultPages) (next string, rows int, err error) {
	q := call{
		method: http.MethodGet, path: "jobs/query/" + id + "/results", wants: transport.CSV, repeatable: true,
		most: pageRows*maxRowBytes + maxTableBytes,
	}
	q.query = url.Values{"maxRecords": {strconv.Itoa(pageRows)}}
	if locator != "" {
		q.query.Set("locator", locator)
	}
	t := newTable(p.fields, p.fields, pageRows, nil, p.each)
	err = c.send(ctx, q, func(a *transport.Answer) error {
		if next = a.Header.Get("Sforce-Locator"); next == "null" {
			next = ""
		}
		return t.read(a.Body, func(n int) error {
			rows = n
			return p.complete(n, a.Header.Get("Sforce-NumberOfRecords"), next)
		})
	})
	if err != nil {
		return "", 0, fmt.Errorf("query job %s: %w", id, err)
	}
	return next, rows, nil
}

// complete compares a page with what its own header and the job count.
func (p resultPages) complete(rows int, header, next string) error {
	counted := p.counted
	if said, err := strconv.ParseInt(header, 10, 64); err == nil && said != int64(rows) {
		return transport.NoAnswer("the org counts %d rows on this page and gives %d", said, rows)
	} else if err != nil && header != "" {
		return transport.NoAnswer("the org counts %q rows", header)
	} else if header == "" && counted < 0 {
		return transport.NoAnswer("the org does not say how many rows there are")
	}
	switch sum := int64(p.before + rows); {
	case counted >= 0 && (sum > counted || next == "" && sum < counted):
		return transport.NoAnswer("the job counts %d records and gives %d", counted, sum)
	case next != "" && rows == 0:
		return transport.NoAnswer("the page is empty, and is not the last")
	case p.seen[next]:
		return transport.NoAnswer("the next page is one that was there before")
	}
	return nil
}

// named: a job without an id that can stand in an address is none.
func (j jobInfo) named() error {
	if !isID(j.ID) {
		return errors.New("the answer names no job")
	}
	return nil
}

// isThe checks that an answer speaks of this job, and says how it stands.
func (j jobInfo) isThe(id string) error {
	switch {
	case !sameID(j.ID, id):
		return fmt.Errorf("the answer speaks of job %q", j.ID)
	case j.State == "":
		return errors.New("the answer does not say how the job stands")
	case j.Processed != nil && *j.Processed < 0, j.FailedRows != nil && *j.FailedRows < 0, j.processed() < j.failed():
		return errors.New("the job's counters make no sense")
	}
	return nil
}
