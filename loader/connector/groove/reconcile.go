package groove

import (
	"cmp"
	"context"
	"iter"
	"strings"

	"rosterload/loader/connector"
	"rosterload/transform"
	policy "rosterload/transform/groove"
	"rosterload/validate"
)

// Reconcile compares Groove's export with the roster, line by line.
func (t *Target) Reconcile(ctx context.Context, records [][]string, lines iter.Seq[validate.Request]) ([]connector.Compared, error) {
	found := map[string][]transform.Standing{}
	_, seen, err := t.look(ctx, usersOf(lines), func(s transform.Standing) error {
		found[s.User.Key] = append(found[s.User.Key], s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	c := &comparison{Target: t, export: readExport(records), seen: seen}
	for r := range lines {
		c.line(r, transform.Choose(found[string(r.Key())]))
	}
	for row, isInRoster := range c.export.seen {
		if !isInRoster {
			mail, _ := c.export.cell(row, "email")
			name, _ := c.export.cell(row, "name")
			c.all = append(c.all, connector.Compared{Subject: cmp.Or(mail, name), State: connector.OnlyExport})
		}
	}
	return c.all, nil
}

func usersOf(lines iter.Seq[validate.Request]) iter.Seq[transform.User] {
	return func(yield func(transform.User) bool) {
		for r := range lines {
			if !yield(transform.User{By: r.By(), Key: string(r.Key())}) {
				return
			}
		}
	}
}

// comparison is a roster held against an export.
type comparison struct {
	*Target
	export *export
	seen   *seen
	all    []connector.Compared
}

func (c *comparison) line(r validate.Request, s transform.Standing) {
	base, asked := connector.Compared{Subject: string(r.Cell()), Row: r.Row()}, policy.AskedBy(r)
	row := -1
	switch {
	case s.Found():
		row = c.export.find(c.people[s.ID])
	case s.Others > 0:
		base.Note = "several Salesforce users have this key"
	default:
		base.Note = "no Salesforce user has this key"
	}
	if row < 0 {
		base.State = connector.OnlyRoster
		c.all = append(c.all, base)
		return
	}
	c.export.seen[row] = true
	if !asked.SettingsOnly() {
		for _, licence := range policy.All {
			wanted := "No"
			if asked.Set.Has(licence) {
				wanted = "Yes"
			}
			byHand := licence != policy.Core && wanted == "Yes" && c.carriers.Field == ""
			c.all = append(c.all, c.export.compare(base, row, licence, wanted, policy.YesOrNo, byHand))
		}
	}
	for _, setting := range policy.Settings {
		if cell := asked.Said(setting.Name); cell != "" {
			c.all = append(c.all, c.export.compare(base, row, setting.Name, cell, setting.Spell, true))
		}
	}
	if status, ok := c.export.cell(row, "status"); ok && status != "" && !strings.EqualFold(status, "active") {
		base.Column, base.State, base.Found, base.Note = "status", connector.NotComparable, status, c.explain(s)
		c.all = append(c.all, base)
	}
}

// explain says what of a status comes from what we see ourselves.
func (c *comparison) explain(s transform.Standing) string {
	switch {
	case !s.Active:
		return "the Salesforce user is inactive"
	case c.seen.status == "Expired":
		return "the package has expired"
	case !c.seen.Seated(s.ID):
		return "the user has no seat"
	}
	return "onboarding is the person's own"
}

// compare holds one cell against what the roster says, both spelled alike. isWork is set for what a human does.
func (e *export) compare(r connector.Compared, row int, column, wanted string, spell policy.Speller, isWork bool) connector.Compared {
	r.Column, r.Wanted = column, wanted
	found, ok := e.cell(row, column)
	if !ok {
		r.State, r.Note = connector.NotComparable, "the export has no such column"
		return r
	}
	r.Found = found
	a, _ := spell(wanted, policy.MostThrottle)
	b, why := spell(found, policy.MostThrottle)
	if found != "" && why != "" {
		b = found
	}
	if r.State = connector.Differs; a == b {
		r.State = connector.Agrees
		if isWork {
			r.Done = "yes"
		}
	}
	return r
}
