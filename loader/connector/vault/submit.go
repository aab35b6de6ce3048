package vault

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"rosterload/loader/connector"
	"rosterload/transform"
)

// row is all that is sent of a user: an id and one field. A nil value is JSON's null, which clears.
type row struct {
	id    string
	field string
	value *string
}

// MarshalJSON spells the two members and no third.
func (r row) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"id": r.id, r.field: r.value})
}

// Submit sends one sealed batch in one call, whose answers come at once.
func (t *Target) Submit(ctx context.Context, b transform.Batch, _ func(connector.Receipt) error, each func(...connector.Outcome) error) error {
	return t.put(ctx, b, requestField, each)
}

// Retry asks once more for the users' stored requests. The value is a constant: nothing else can be written into the status.
func (t *Target) Retry(ctx context.Context, a transform.Again, _ func(connector.Receipt) error, each func(...connector.Outcome) error) error {
	return t.put(ctx, a.Batch, statusField, each)
}

// RetrySpelling is the headings and the word of a retry's sealed files.
func (t *Target) RetrySpelling() (headings [2]string, word string) {
	return [2]string{"id", statusField}, words.Retry
}

// answered is the reply to a bulk update: one entry a row, in the order of the rows.
type answered struct {
	envelope
	Data []struct {
		envelope
		Data struct {
			ID json.RawMessage `json:"id"`
		} `json:"data"`
		Warnings []struct {
			Kind string `json:"warning_type"`
			Type string `json:"type"`
		} `json:"warnings"`
	} `json:"data"`
}

// put is never repeated by itself: a row that the first call has changed would answer the second that nothing changes. An end that is not known
// goes up, and is settled by looking.
func (t *Target) put(ctx context.Context, b transform.Batch, field string, each func(...connector.Outcome) error) error {
	var rows []row
	for c, err := range b.Changes() {
		if err != nil {
			return err
		}
		r := row{id: c.User, field: field}
		switch {
		case field == statusField:
			r.value = &words.Retry
		case c.Value != "":
			r.value = &c.Value
		}
		rows = append(rows, r)
	}
	if len(rows) > maxRows {
		return fmt.Errorf("%s has %d rows, a call takes %d", b.Name(), len(rows), maxRows)
	}
	var a answered
	if err := t.wire.do(ctx, call{method: http.MethodPut, path: "vobjects/" + object, json: rows}, &a); err != nil {
		return err
	}
	if len(a.Data) != len(rows) {
		return fmt.Errorf("%d rows were sent and %d answered: %w", len(rows), len(a.Data), connector.ErrLost)
	}
	outcomes := make([]connector.Outcome, len(rows))
	for i, entry := range a.Data {
		if id := unquoted(entry.Data.ID); id != "" && id != rows[i].id {
			return fmt.Errorf("answer %d speaks of user %s, row %d was %s: %w", i+1, id, i+1, rows[i].id, connector.ErrLost)
		}
		outcomes[i] = outcome(rows[i].id, entry.envelope)
		for _, w := range entry.Warnings {
			if entry.Status == "WARNING" && (w.Kind == "NO_DATA_CHANGES" || w.Type == "NO_DATA_CHANGES") {
				outcomes[i].State = connector.Same
			}
		}
	}
	return each(outcomes...)
}

// unquoted is an id, which Vault spells as a text here and as a number there.
func unquoted(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// advice is the next step for each type of error a row may have; again marks those that are about the moment.
var advice = map[string]struct {
	next  string
	again bool
}{
	"INSUFFICIENT_ACCESS":   {transform.AskAdmin, false},
	"OPERATION_NOT_ALLOWED": {transform.AskAdmin, false},
	"SDK_ERROR":             {transform.AskAdmin, false},
	"INACTIVE_USER":         {transform.AskAdmin, false},
	"USER_NOT_FOUND":        {transform.ChangeKey, false},
	"RACE_CONDITION":        {transform.FixAndLoad, true},
	"OPERATION_IN_PROGRESS": {transform.FixAndLoad, true},
	"API_LIMIT_EXCEEDED":    {transform.FixAndLoad, true},
	"UNEXPECTED_ERROR":      {transform.FixAndLoad, true},
}

// outcome reads a row's own status.
func outcome(id string, e envelope) connector.Outcome {
	if e.Status == "SUCCESS" || e.Status == "WARNING" {
		return connector.Outcome{User: id, State: connector.Accepted}
	}
	o := connector.Outcome{User: id, State: connector.Refused, Code: "VAULT_" + e.Status, Reason: "refused without a reason", Next: transform.FixAndLoad}
	if len(e.Errors) > 0 {
		o.Code, o.Reason = "VAULT_"+e.Errors[0].Type, e.Errors[0].Message
		if a, known := advice[e.Errors[0].Type]; known {
			o.Next, o.Again = a.next, a.again
		}
	}
	return o
}
