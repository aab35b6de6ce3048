package vault

import (
	"context"
	"fmt"

	"rosterload/loader/connector"
	"rosterload/transform"
	"rosterload/transform/engage"
)

// Holders asks for users by what they hold, and by what is requested for them.
func (t *Target) Holders(ctx context.Context, groups []string, found func(transform.Standing) error) error {
	l := &looker{
		by: "Username", column: columns["Username"], spell: Connector.Spelling.KeyOf("Username"),
		found: connector.Once(found),
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
		return t.query(ctx, everyUser+" WHERE "+column+" != null", l.report)
	}
	spelled := engage.BothForms(groups)
	for n := 0; len(spelled) > 0; spelled = spelled[n:] {
		var list string
		list, n = literals(spelled)
		if err := t.query(ctx, everyUser+" WHERE "+column+" CONTAINS ("+list+")", l.report); err != nil {
			return err
		}
	}
	return nil
}

var _ connector.HolderLooker = (*Target)(nil)
