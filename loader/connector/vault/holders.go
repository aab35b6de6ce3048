package vault

import (
	"context"
	"fmt"

	"golang.org/x/text/unicode/norm"

	"rosterload/loader/connector"
	"rosterload/transform"
)

// Holders asks for users by what they hold, and by what is requested for them. A name may be stored composed or decomposed, and the Vault
// compares bytes: both are asked for.
func (t *Target) Holders(ctx context.Context, groups []string, found func(transform.Standing) error) error {
	seen := map[string]bool{}
	l := &looker{by: "Username", column: columns["Username"], spell: Connector.Spelling.KeyOf("Username"), found: func(s transform.Standing) error {
		if seen[s.ID] {
			return nil
		}
		seen[s.ID] = true
		return found(s)
	}}
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
	var spelled []string
	for _, g := range groups {
		if spelled = append(spelled, norm.NFC.String(g)); norm.NFD.String(g) != norm.NFC.String(g) {
			spelled = append(spelled, norm.NFD.String(g))
		}
	}
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
