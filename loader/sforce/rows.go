package sforce

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// saved is how the org answers for one record of a collections call.
type saved struct {
	ID      string      `json:"id"`
	Success bool        `json:"success"`
	Errors  []SaveError `json:"errors"`
}

// InsertAll makes up to MaxCollection records of an object, each for itself. It is not repeated: an answer that is lost is found out by
// looking. Answers come in the order of the records.
func (c *Client) InsertAll(ctx context.Context, object string, records []map[string]string) ([]SaveResult, error) {
	all := make([]map[string]any, len(records))
	for i, r := range records {
		all[i] = map[string]any{"attributes": map[string]string{"type": object}}
		for name, value := range r {
			all[i][name] = value
		}
	}
	var answers []saved
	body := map[string]any{"allOrNone": false, "records": all}
	if err := c.get(ctx, call{method: http.MethodPost, path: "composite/sobjects", json: body}, &answers); err != nil {
		return nil, err
	}
	return results(answers, len(records))
}

// DeleteAll deletes up to MaxCollection records by id, each for itself. It may be repeated: what is gone is refused as gone.
func (c *Client) DeleteAll(ctx context.Context, ids []string) ([]SaveResult, error) {
	var answers []saved
	query := url.Values{"ids": {strings.Join(ids, ",")}, "allOrNone": {"false"}}
	if err := c.get(ctx, call{method: http.MethodDelete, path: "composite/sobjects", query: query, again: true}, &answers); err != nil {
		return nil, err
	}
	return results(answers, len(ids))
}

func results(answers []saved, want int) ([]SaveResult, error) {
	if len(answers) != want {
		return nil, fmt.Errorf("collections: %d records were sent and %d answered", want, len(answers))
	}
	all := make([]SaveResult, len(answers))
	for i, a := range answers {
		all[i] = SaveResult(a)
	}
	return all, nil
}
