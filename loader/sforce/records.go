package sforce

import (
	"context"
	"fmt"
	"net/http"
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

// UpdateAll updates up to MaxCollection records of an object, each for itself. An update by id may be repeated. Answers come in the order of
// the updates; that they do is checked where the org names ids.
func (c *Client) UpdateAll(ctx context.Context, object string, updates []Update) ([]SaveResult, error) {
	records := make([]map[string]any, len(updates))
	for i, u := range updates {
		records[i] = map[string]any{"attributes": map[string]string{"type": object}, "id": u.ID, u.Field: u.Value}
	}
	var answers []struct {
		ID      string      `json:"id"`
		Success bool        `json:"success"`
		Errors  []SaveError `json:"errors"`
	}
	body := map[string]any{"allOrNone": false, "records": records}
	if err := c.get(ctx, call{method: http.MethodPatch, path: "composite/sobjects", json: body, again: true}, &answers); err != nil {
		return nil, err
	}
	if len(answers) != len(updates) {
		return nil, fmt.Errorf("collections: %d records were sent and %d answered", len(updates), len(answers))
	}
	results := make([]SaveResult, len(answers))
	for i, a := range answers {
		if a.ID != "" && a.ID != updates[i].ID {
			return nil, fmt.Errorf("collections: answer %d speaks of %s, record %d was %s", i+1, a.ID, i+1, updates[i].ID)
		}
		results[i] = SaveResult{ID: updates[i].ID, Success: a.Success, Errors: a.Errors}
	}
	return results, nil
}
