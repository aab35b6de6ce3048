package salesforce

import (
	"context"
	"fmt"
	"strings"

	"rosterload/loader/connector"
	"rosterload/transform"
	"rosterload/transform/engage"
)

// Holders asks for users by what they hold, and by what is requested for them.
func (t *Target) Holders(ctx context.Context, groups []string, found func(transform.Standing) error) error {
	fields := append([]string{"Username"}, standingFields...)
	l := &looker{
		by: "Username", spell: Connector.Spelling.KeyOf("Username"), known: map[string]string{},
		fields: fields, found: connector.Once(found),
	}
	for _, column := range []string{groupField, requestField} {
		if err := t.findHolders(ctx, l, column, groups); err != nil {
			return fmt.Errorf("%s: %w", column, err)
		}
	}
	return nil
}

func (t *Target) findHolders(ctx context.Context, l *looker, column string, groups []string) error {
	if len(groups) == 0 {
		soql := "SELECT " + strings.Join(l.fields, ",") + " FROM " + object + " WHERE " + column + " != null"
		return t.wire.Query(ctx, l.fields, soql, l.report)
	}
	return t.wire.QueryIn(ctx, l.fields, object, column, engage.BothForms(groups), l.report)
}

var _ connector.HolderLooker = (*Target)(nil)
