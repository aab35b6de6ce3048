package salesforce

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"rosterload/loader/connector"
	"rosterload/transform"
)

// Holders asks for users by what they hold, and by what is requested for them. A name may be stored composed or decomposed, and the org
// compares bytes: both are asked for.
func (t *Target) Holders(ctx context.Context, groups []string, found func(transform.Standing) error) error {
	fields := append([]string{"Username"}, standingFields...)
	seen := map[string]bool{}
	l := &looker{by: "Username", spell: Connector.Spelling.KeyOf("Username"), known: map[string]string{}, fields: fields, found: func(s transform.Standing) error {
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
		soql := "SELECT " + strings.Join(l.fields, ",") + " FROM " + object + " WHERE " + column + " != null"
		return t.wire.Query(ctx, l.fields, soql, l.report)
	}
	var spelled []string
	for _, g := range groups {
		if spelled = append(spelled, norm.NFC.String(g)); norm.NFD.String(g) != norm.NFC.String(g) {
			spelled = append(spelled, norm.NFD.String(g))
		}
	}
	return t.wire.QueryIn(ctx, l.fields, object, column, spelled, l.report)
}

var _ connector.HolderLooker = (*Target)(nil)
