package vault

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"rosterload/loader/connector"
	"rosterload/transform"
	"rosterload/validate"
)

// fewUsers are asked for by name; more are found by paging through all of user__sys.
const fewUsers = 2000

// maxQuery bounds the text of a query; Vault takes 50,000 characters (VQL reference).
const maxQuery = 40_000

const everyUser = "SELECT id, username__sys, federated_id__sys, email__sys, status__v, " + requestField + ", " +
	groupField + ", " + statusField + " FROM " + object

// Look reports what the Vault holds of users. Without users it asks nothing.
func (t *Target) Look(
	ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error,
) (transform.Policy, error) {
	return t.look(ctx, users, everyUser, found)
}

// LookRemoved pages only through users who have a status and no request, where they are too many to be asked for by
// name: one who never had a group has neither.
func (t *Target) LookRemoved(
	ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error,
) (transform.Policy, error) {
	return t.look(ctx, users, everyUser+" WHERE "+requestField+" = null AND "+statusField+" != null", found)
}

var _ connector.RemovedLooker = (*Target)(nil)

// look asks for users by name, or for all that a query finds.
func (t *Target) look(
	ctx context.Context, users iter.Seq[transform.User], all string, found func(transform.Standing) error,
) (transform.Policy, error) {
	keys, by := connector.First(users, fewUsers+1)
	if len(keys) == 0 {
		return t.policy(), nil
	}
	column, known := columns[by]
	if !known {
		return nil, fmt.Errorf("users of a Vault cannot be found by %s", by)
	}
	l := &looker{by: by, column: column, spell: Connector.Spelling.KeyOf(by), found: found}
	find := func(ctx context.Context) error { return t.find(ctx, l, keys, all) }
	if err := connector.Together(ctx, t.measure, find); err != nil {
		return nil, err
	}
	return t.policy(), nil
}

// find asks for few users by name, and for all that a query finds when there are more. VQL compares with case, rosters
// do not: names are asked for whatever their case, and an older Vault that does not know how is paged through.
func (t *Target) find(ctx context.Context, l *looker, keys []string, all string) error {
	if len(keys) > fewUsers {
		return t.query(ctx, all, l.report)
	}
	l.wanted = make(map[string]bool, len(keys))
	for _, k := range keys {
		l.wanted[k] = true
	}
	column := l.column
	if l.by == "Username" || l.by == "Email" {
		column = "CASEINSENSITIVE(" + column + ")"
	}
	for n := 0; len(keys) > 0; keys = keys[n:] {
		var list string
		list, n = literals(keys)
		err := t.query(ctx, everyUser+" WHERE "+column+" CONTAINS ("+list+")", l.report)
		if isType(err, "INCORRECT_QUERY_SYNTAX_ERROR") && column != l.column && !l.reported {
			return t.query(ctx, everyUser, l.report)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// literals is a list of as many keys as a query has room for, one at least.
func literals(keys []string) (list string, n int) {
	var b strings.Builder
	for n < len(keys) && (n == 0 || b.Len()+len(keys[n])+4 < maxQuery) {
		if n > 0 {
			b.WriteString(",")
		}
		b.WriteString(literal(keys[n]))
		n++
	}
	return b.String(), n
}

var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// literal is a VQL string. Source: VQL reference, special characters.
func literal(text string) string { return "'" + escapes.Replace(text) + "'" }

// looker makes standings of records.
type looker struct {
	by, column string
	spell      validate.KeyFunc
	wanted     map[string]bool // empty: all
	found      func(transform.Standing) error
	reported   bool
}

// report makes a standing of one record. One without the key is no match; one without an id is no user.
func (l *looker) report(r record) error {
	spelled, fault := l.spell(nil, []byte(r[l.column]))
	if fault != nil || len(spelled) == 0 || len(l.wanted) > 0 && !l.wanted[string(spelled)] {
		return nil
	}
	if !isUserID(string(r["id"])) {
		return fmt.Errorf("the Vault names the user %q with the id %q: %w", spelled, r["id"], connector.ErrUnavailable)
	}
	l.reported = true
	return l.found(transform.Standing{
		User: transform.User{By: l.by, Key: string(spelled)}, ID: string(r["id"]),
		Active:  strings.TrimSuffix(string(r["status__v"]), "__v") == "active",
		Request: string(r[requestField]), Group: string(r[groupField]), Status: string(r[statusField]),
	})
}

// count asks how many users fit a condition.
func (t *Target) count(ctx context.Context, condition string) (int, error) {
	vql := "SELECT id FROM " + object + " WHERE " + condition + " PAGESIZE 1"
	p, err := ask[page](ctx, t.wire, call{
		method: http.MethodPost, path: "query", again: true,
		form: url.Values{"q": {vql}},
	})
	return p.total(), err
}

// HoldersOf counts the users who hold a group.
func (t *Target) HoldersOf(ctx context.Context, group string) (int, error) {
	return t.count(ctx, groupField+" = "+literal(group))
}

// measure asks once for what the policy must know of the whole Vault.
func (t *Target) measure(ctx context.Context) error {
	if t.counted {
		return nil
	}
	holders, err := t.CountHolders(ctx)
	switch {
	case isType(err, "INCORRECT_QUERY_SYNTAX_ERROR", "INVALID_DATA", "ATTRIBUTE_NOT_SUPPORTED", "INSUFFICIENT_ACCESS"):
		holders = unknown
	case err != nil:
		return err
	}
	f, err := t.describe(ctx)
	if err != nil && !isPlainNo(err) {
		return err
	}
	t.length = f.MaxLength
	t.holders, t.counted = holders, true
	return nil
}
