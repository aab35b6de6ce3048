package vault

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

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
func (t *Target) Submit(
	ctx context.Context, b transform.Batch, _ func(connector.Receipt) error, each func(...connector.Outcome) error,
) error {
	return t.put(ctx, b, requestField, each)
}

// Retry asks once more for the users' stored requests. The value is a constant: nothing else can be written into the
// status.
func (t *Target) Retry(
	ctx context.Context, a transform.RetryBatch, _ func(connector.Receipt) error, each func(...connector.Outcome) error,
) error {
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
			ID cell `json:"id"`
		} `json:"data"`
		Warnings []struct {
			Kind string `json:"warning_type"` // as the reference prints it
			Type string `json:"type"`         // as Veeva's own library reads it
		} `json:"warnings"`
	} `json:"data"`
}

// put is never repeated by itself: a row that the first call has changed would answer the second that nothing changes.
// An end that is not known goes up, and is settled by looking.
func (t *Target) put(
	ctx context.Context, b transform.Batch, field string, each func(...connector.Outcome) error,
) error {
	rows, err := rowsOf(b, field)
	if err != nil {
		return err
	}
	a, err := ask[answered](ctx, t.wire, call{method: http.MethodPut, path: "vobjects/" + object, json: rows})
	if err != nil {
		return err
	}
	outcomes, err := outcomesOf(rows, a)
	if err != nil {
		return fmt.Errorf("%w: %w", err, connector.ErrLost)
	}
	return each(outcomes...)
}

// rowsOf are the rows of a call. The status is only ever set to retry.
func rowsOf(b transform.Batch, field string) ([]row, error) {
	var rows []row
	for c, err := range b.Changes() {
		if err != nil {
			return nil, err
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
		return nil, fmt.Errorf("%s has %d rows, a call takes %d", b.Name(), len(rows), maxRows)
	}
	return rows, nil
}

// outcomesOf joins answers to rows by position, as Vault does inside one call, and checks them by id. Answers that do
// not fit say nothing of any row.
func outcomesOf(rows []row, a answered) ([]connector.Outcome, error) {
	if len(a.Data) != len(rows) {
		return nil, fmt.Errorf("%d rows were sent and %d answered", len(rows), len(a.Data))
	}
	outcomes := make([]connector.Outcome, len(rows))
	for i, entry := range a.Data {
		if id := string(entry.Data.ID); id != "" && id != rows[i].id {
			return nil, fmt.Errorf("answer %d speaks of user %.40q, row %d was %s", i+1, id, i+1, rows[i].id)
		}
		if !slices.Contains([]string{"SUCCESS", "WARNING", "FAILURE", "EXCEPTION"}, entry.Status) {
			return nil, fmt.Errorf("answer %d has the status %.40q", i+1, entry.Status)
		}
		outcomes[i] = outcome(rows[i].id, entry.envelope)
		for _, w := range entry.Warnings {
			if entry.Status == "WARNING" && (w.Kind == noChanges || w.Type == noChanges) {
				outcomes[i].State = connector.Same
			}
		}
	}
	return outcomes, nil
}

// noChanges is Vault's warning that all of a row was stored already.
const noChanges = "NO_DATA_CHANGES"
