package salesforce

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
)

// Members streams the whole object. An org without query jobs is paged through.
func (t *Target) Members(ctx context.Context, each func(connector.Member) error) error {
	fields, came := append([]string{"Username"}, standingFields...), false
	soql := "SELECT " + strings.Join(fields, ",") + " FROM " + object
	report := func(row []string) error {
		came = true
		if row[0] == "" || !sforce.IsUserID(row[1]) {
			return fmt.Errorf("the org names the user %q with the id %q: %w", row[0], row[1], connector.ErrUnavailable)
		}
		row = slices.Clone(row) // valid until the next
		return each(connector.Member{
			Username: row[0], ID: row[1], Active: row[2] == "true", Request: row[3], Group: row[4], Status: row[5],
			UnderWay: words.UnderWay(row[5]), Failed: words.Failed(row[5]),
		})
	}
	err := t.wire.BulkQuery(ctx, fields, soql, report)
	if isAnswer(err) && !came {
		return t.wire.Query(ctx, fields, soql, report)
	}
	return err
}
