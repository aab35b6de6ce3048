package sforce

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rosterload/loader/transport"
)

// Query runs SOQL and hands over each record as the texts of its fields, in the order given; null is "". The slice is valid until the next.
func (c *Client) Query(ctx context.Context, fields []string, soql string, each func([]string) error) error {
	q := call{method: http.MethodGet, path: "query", query: url.Values{"q": {soql}}, again: true}
	row := make([]string, len(fields))
	for {
		var page struct {
			Done    bool                         `json:"done"`
			Next    string                       `json:"nextRecordsUrl"`
			Records []map[string]json.RawMessage `json:"records"`
		}
		if err := c.get(ctx, q, &page); err != nil {
			return err
		}
		for _, record := range page.Records {
			for i, f := range fields {
				row[i] = fieldText(record, f)
			}
			if err := each(row); err != nil {
				return err
			}
		}
		if page.Done || page.Next == "" {
			return nil
		}
		q = call{method: http.MethodGet, path: page.Next, again: true}
	}
}

// fieldText is a field of a record, or of a parent of it ("Profile.Name"), whatever its letters' case.
func fieldText(record map[string]json.RawMessage, field string) string {
	name, rest, nested := strings.Cut(field, ".")
	raw, ok := record[name]
	if !ok {
		for known, value := range record {
			if strings.EqualFold(known, name) {
				raw = value
			}
		}
	}
	if nested {
		var parent map[string]json.RawMessage
		if json.Unmarshal(raw, &parent) != nil {
			return ""
		}
		return fieldText(parent, rest)
	}
	var text string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case raw[0] == '"' && json.Unmarshal(raw, &text) == nil:
		return text
	}
	return string(raw)
}

// Count answers SELECT COUNT().
func (c *Client) Count(ctx context.Context, soql string) (int, error) {
	var page struct {
		Total int `json:"totalSize"`
	}
	err := c.get(ctx, call{method: http.MethodGet, path: "query", query: url.Values{"q": {soql}}, again: true}, &page)
	return page.Total, err
}

// maxURL bounds the address of a query; the org refuses 16,384 bytes (REST guide, status 414), and proxies some fewer.
const maxURL = 15000

// QueryIn runs `SELECT fields FROM object WHERE column IN (values)` in as many calls as the length of an address asks for, a few of them
// side by side. Each is called by one goroutine at a time.
func (c *Client) QueryIn(ctx context.Context, fields []string, object, column string, values []string, each func([]string) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	var mu sync.Mutex
	head := fmt.Sprintf("SELECT %s FROM %s WHERE %s IN (", strings.Join(fields, ","), object, column)
	for len(values) > 0 {
		var list strings.Builder
		room, n := maxURL-len(*c.base.Load())-len(url.QueryEscape(head)), 0
		for n < len(values) && n < 1000 {
			literal := Literal(values[n])
			if room -= len(url.QueryEscape(literal)) + 3; room < 0 && n > 0 {
				break
			}
			if n > 0 {
				list.WriteByte(',')
			}
			list.WriteString(literal)
			n++
		}
		soql := head + list.String() + ")"
		values = values[n:]
		g.Go(func() error {
			return c.Query(ctx, fields, soql, func(row []string) error {
				mu.Lock()
				defer mu.Unlock()
				return each(row)
			})
		})
	}
	return g.Wait()
}

var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

// Literal is a SOQL string. Source: SOQL guide, Quoted String Escape Sequences.
func Literal(text string) string { return "'" + escapes.Replace(text) + "'" }

// BulkQuery runs SOQL as a Bulk API 2.0 query job and hands over each record as it streams in, in the order of fields. The job is deleted
// afterwards, whatever its end.
func (c *Client) BulkQuery(ctx context.Context, fields []string, soql string, each func([]string) error) error {
	var job jobInfo
	body := map[string]string{"operation": "query", "query": soql}
	// A query job that was created twice harms nobody but the day's allowance.
	if err := c.get(ctx, call{method: http.MethodPost, path: "jobs/query", json: body, again: true}, &job); err != nil {
		return err
	}
	defer func() {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = c.get(clean, call{method: http.MethodDelete, path: "jobs/query/" + job.ID}, nil)
	}()
	if err := c.waitForQuery(ctx, job.ID); err != nil {
		return err
	}
	for locator := ""; ; {
		next, err := c.queryPage(ctx, job.ID, locator, fields, each)
		if err != nil || next == "" || next == "null" {
			return err
		}
		locator = next
	}
}

func (c *Client) waitForQuery(ctx context.Context, id string) error {
	for pause := 100 * time.Millisecond; ; pause = min(pause*3/2, 10*time.Second) {
		var job jobInfo
		if err := c.get(ctx, call{method: http.MethodGet, path: "jobs/query/" + id, again: true}, &job); err != nil {
			return err
		}
		switch job.State {
		case "JobComplete":
			return nil
		case "Failed", "Aborted":
			return fmt.Errorf("query job %s: %s: %s: %w", id, job.State, job.ErrorMessage, transport.ErrUnavailable)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// queryPage streams one page of results and answers where the next begins.
func (c *Client) queryPage(ctx context.Context, id, locator string, fields []string, each func([]string) error) (string, error) {
	q := call{method: http.MethodGet, path: "jobs/query/" + id + "/results", accept: "text/csv", again: true, query: url.Values{"maxRecords": {strconv.Itoa(250_000)}}}
	if locator != "" {
		q.query.Set("locator", locator)
	}
	resp, err := c.send(ctx, q)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := table(resp.Body, fields, each); err != nil {
		return "", fmt.Errorf("query job %s: %w", id, err)
	}
	return resp.Header.Get("Sforce-Locator"), nil
}

// table reads a CSV answer and hands over the wanted columns, found by name. A column that is not there is "".
func table(r io.Reader, fields []string, each func([]string) error) error {
	in := csv.NewReader(r)
	in.ReuseRecord, in.FieldsPerRecord = true, -1
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	places, row := make([]int, len(fields)), make([]string, len(fields))
	for i, f := range fields {
		places[i] = -1
		for at, name := range header {
			if strings.EqualFold(name, f) {
				places[i] = at
			}
		}
	}
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, at := range places {
			if row[i] = ""; at >= 0 && at < len(rec) {
				row[i] = rec[at]
			}
		}
		if err := each(row); err != nil {
			return err
		}
	}
}
