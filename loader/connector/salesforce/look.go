package salesforce

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
	"rosterload/validate"
)

// fewUsers are asked for by name; more are found by streaming the whole object, which costs fewer calls.
const fewUsers = 2000

var standingFields = []string{"Id", "IsActive", requestField, groupField, statusField}

// Look reports what the org holds of users. Without users it asks nothing.
func (t *Target) Look(
	ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error,
) (transform.Policy, error) {
	return t.look(ctx, users, everyone, found)
}

// LookRemoved streams only users who have a status and no request, where they are too many to be asked for by name:
// one who never had a group has neither.
func (t *Target) LookRemoved(
	ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error,
) (transform.Policy, error) {
	return t.look(ctx, users, " WHERE "+requestField+" = null AND "+statusField+" != null", found)
}

// everyone is the condition that each user fits.
const everyone = ""

// look asks for users by name, or for all who fit a condition.
func (t *Target) look(
	ctx context.Context, users iter.Seq[transform.User], which string, found func(transform.Standing) error,
) (transform.Policy, error) {
	keys, by := connector.First(users, fewUsers+1)
	if len(keys) == 0 {
		return t.policy(), nil
	}
	l := &looker{
		by: by, spell: Connector.Spelling.KeyOf(by), known: map[string]string{}, found: found,
		fields: standingFields,
	}
	if by != "Id" {
		l.fields = append([]string{by}, standingFields...)
	}
	find := func(ctx context.Context) error { return t.find(ctx, l, keys, users, which) }
	if err := connector.Together(ctx, t.measure, find); err != nil {
		return nil, err
	}
	return t.policy(), nil
}

func (t *Target) find(
	ctx context.Context, l *looker, keys []string, users iter.Seq[transform.User], which string,
) error {
	if len(keys) <= fewUsers {
		return t.wire.QueryIn(ctx, l.fields, object, l.by, keys, l.report)
	}
	soql := "SELECT " + strings.Join(l.fields, ",") + " FROM " + object + which
	err := t.wire.BulkQuery(ctx, l.fields, soql, l.report)
	if isAnswer(err) && !l.reported { // query jobs are switched off here; what was reported once must not be reported again
		return t.findInPages(ctx, l, users)
	}
	return err
}

func (t *Target) findInPages(ctx context.Context, l *looker, users iter.Seq[transform.User]) error {
	keys := make([]string, 0, fewUsers)
	for u := range users {
		if keys = append(keys, u.Key); len(keys) < fewUsers {
			continue
		}
		if err := t.wire.QueryIn(ctx, l.fields, object, l.by, keys, l.report); err != nil {
			return err
		}
		keys = keys[:0]
	}
	return t.wire.QueryIn(ctx, l.fields, object, l.by, keys, l.report)
}

// looker makes standings of rows.
type looker struct {
	by       string
	fields   []string
	spell    validate.KeyFunc
	cell     []byte
	buf      []byte
	known    map[string]string // groups and statuses: a few texts, held by a million users
	found    func(transform.Standing) error
	reported bool
}

// intern answers the one copy of a text, so that no row of an answer is held by a word of it.
func (l *looker) intern(text string) string {
	if text == "" {
		return ""
	}
	one, ok := l.known[text]
	if !ok {
		one = strings.Clone(text)
		l.known[one] = one
	}
	return one
}

// report makes a standing of one record. A record without the key is no match; one whose key or id no user of an org
// can have is an answer to another question.
func (l *looker) report(row []string) error {
	key := row[0]
	if key == "" {
		return nil
	}
	l.cell = append(l.cell[:0], key...)
	spelled, fault := l.spell(l.buf[:0], l.cell)
	if fault != nil {
		return fmt.Errorf("the org names a user %q by %s: %s: %w", key, l.by, fault.Reason, connector.ErrUnavailable)
	}
	l.buf = spelled
	if key != string(spelled) { // few names are spelled otherwise
		key = string(spelled)
	}
	s := transform.Standing{User: transform.User{By: l.by, Key: key}}
	if l.by == "Id" {
		s.ID = s.User.Key
	} else if row = row[1:]; !sforce.IsUserID(row[0]) {
		return fmt.Errorf("the org names the user %q with the id %q: %w", key, row[0], connector.ErrUnavailable)
	} else {
		s.ID = row[0]
	}
	s.Active, s.Request, s.Group, s.Status = row[1] == "true", l.intern(row[2]), l.intern(row[3]), l.intern(row[4])
	l.reported = true
	return l.found(s)
}

// measure asks once for what the policy must know of the whole org. What the org does not let us ask stays unknown.
func (t *Target) measure(ctx context.Context) error {
	if t.counted {
		return nil
	}
	n := unknown
	err := connector.Together(ctx, func(ctx context.Context) (err error) {
		if n, err = t.CountHolders(ctx); isAnswer(err) {
			n, err = unknown, nil
		}
		return err
	}, func(ctx context.Context) error {
		fields, err := t.describe(ctx)
		if err != nil && !isAnswer(err) {
			return err
		}
		t.length = fields[requestField].Length
		return nil
	})
	if err != nil {
		return err
	}
	t.holders, t.counted = n, true
	return nil
}

// HoldersOf counts the users who hold a group.
func (t *Target) HoldersOf(ctx context.Context, group string) (int, error) {
	return t.wire.Count(ctx, "SELECT COUNT() FROM "+object+" WHERE "+groupField+" = "+sforce.Literal(group))
}

// Suffix finds the one ending that a sandbox has added to each username.
func (t *Target) Suffix(ctx context.Context, users []transform.User) (string, error) {
	suffix := ""
	for i, u := range users {
		matches := map[string]bool{}
		like := strings.NewReplacer("%", `\%`, "_", `\_`).Replace(inner(u.Key))
		err := t.wire.Query(ctx, []string{"Username"},
			"SELECT Username FROM "+object+" WHERE Username LIKE '"+like+".%' LIMIT 20", func(row []string) error {
				if len(row[0]) > len(u.Key) {
					matches[row[0][len(u.Key):]] = true
				}
				return nil
			})
		if err != nil || len(matches) == 0 || i > 0 && !matches[suffix] {
			return "", err
		}
		if i == 0 {
			if len(matches) > 1 {
				return "", nil
			}
			for s := range matches {
				suffix = s
			}
		}
	}
	return suffix, nil
}

// inner is a SOQL literal without its quotes.
func inner(text string) string {
	literal := sforce.Literal(text)
	return literal[1 : len(literal)-1]
}

var (
	_ connector.Suffixer      = (*Target)(nil)
	_ connector.RemovedLooker = (*Target)(nil)
)
