package sforce

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"rosterload/loader/transport"
)

// MaxCollection is how many records one collections call may hold.
const MaxCollection = 200

// Update is one record of a collections call: an id and one field. A nil value clears the field.
type Update struct {
	ID    string
	Field string
	Value *string
}

// SaveResult is the org's answer for one record.
type SaveResult struct {
	ID      string
	Success bool
	Errors  []SaveError
}

// SaveError is one reason of a refusal.
type SaveError struct {
	Code    string   `json:"statusCode"`
	Message string   `json:"message"`
	Fields  []string `json:"fields"`
}

// UpdateAll updates up to MaxCollection records of an object, each for itself. An update by id may be repeated. Answers
// come in the order of the updates; that they do is checked where the org names ids.
func (c *Client) UpdateAll(ctx context.Context, object string, updates []Update) ([]SaveResult, error) {
	records, ids := make([]map[string]any, len(updates)), make([]string, len(updates))
	for i, u := range updates {
		ids[i] = u.ID
		records[i] = map[string]any{"attributes": map[string]string{"type": object}, "id": u.ID, u.Field: u.Value}
	}
	body := map[string]any{"allOrNone": false, "records": records}
	return c.save(ctx, call{method: http.MethodPatch, path: "composite/sobjects", json: body, repeatable: true}, ids)
}

// InsertAll makes up to MaxCollection records of an object, each for itself. It is not repeated: an answer that is lost
// is found out by looking. Answers come in the order of the records.
func (c *Client) InsertAll(ctx context.Context, object string, records []map[string]string) ([]SaveResult, error) {
	all := make([]map[string]any, len(records))
	for i, r := range records {
		all[i] = map[string]any{"attributes": map[string]string{"type": object}}
		for name, value := range r {
			all[i][name] = value
		}
	}
	body := map[string]any{"allOrNone": false, "records": all}
	return c.save(ctx, call{method: http.MethodPost, path: "composite/sobjects", json: body},
		make([]string, len(records)))
}

// DeleteAll deletes up to MaxCollection records by id, each for itself. It may be repeated: what is gone is refused as
// gone.
func (c *Client) DeleteAll(ctx context.Context, ids []string) ([]SaveResult, error) {
	query := url.Values{"ids": {strings.Join(ids, ",")}, "allOrNone": {"false"}}
	return c.save(ctx, call{method: http.MethodDelete, path: "composite/sobjects", query: query, repeatable: true}, ids)
}

// save sends a collection and answers what became of each record. Ids are those that were sent, "" for a record that
// has none yet.
func (c *Client) save(ctx context.Context, q call, ids []string) (results []SaveResult, err error) {
	q.wants = transport.JSON
	err = c.send(ctx, q, func(a *transport.Answer) (err error) {
		results, err = c.saved(a, ids)
		return err
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// saved reads one answer for each record. An answer that speaks of another record, or that has made one and does not
// name it, makes the whole no answer.
func (c *Client) saved(a *transport.Answer, ids []string) ([]SaveResult, error) {
	results := make([]SaveResult, 0, len(ids))
	in := &pieces{body: a.Body}
	in.next()
	decoder := json.NewDecoder(in)
	err := elements(decoder, in, func(decoder *json.Decoder) error {
		one, err := record[struct {
			ID      string      `json:"id"`
			Success *bool       `json:"success"`
			Errors  []SaveError `json:"errors"`
		}](decoder)
		i := len(results)
		switch {
		case err != nil:
			return err
		case i == len(ids):
			return transport.NoAnswer("%d records were sent, and more are answered", len(ids))
		case one.Success == nil, *one.Success && !isID(one.ID), *one.Success && len(one.Errors) > 0:
			return transport.NoAnswer("answer %d does not say what became of its record", i+1)
		case one.ID != "" && ids[i] != "" && !sameID(one.ID, ids[i]):
			return transport.NoAnswer("answer %d speaks of %q, record %d was %s", i+1, one.ID, i+1, ids[i])
		}
		id := ids[i]
		if id == "" {
			id = one.ID
		}
		for j := range one.Errors {
			one.Errors[j].Message = c.http.Struck(one.Errors[j].Message)
		}
		results = append(results, SaveResult{ID: id, Success: *one.Success, Errors: one.Errors})
		return nil
	})
	if err == nil {
		err = atEnd(decoder)
	}
	if err == nil && len(results) < len(ids) {
		err = transport.NoAnswer("%d records were sent and %d answered", len(ids), len(results))
	}
	return results, err
}
