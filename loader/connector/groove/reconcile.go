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
func (t *Target) Reconcile(
	ctx context.Context, records [][]string, lines iter.Seq[validate.Request],
) ([]connector.Compared, []connector.Seen, error) {
	found := map[string][]transform.Standing{}
	_, seen, err := t.look(ctx, usersOf(lines), func(s transform.Standing) error {
		found[s.User.Key] = append(found[s.User.Key], s)
		return nil
	})
	if err != nil {
		return nil, nil, err
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
	return c.all, c.lines, nil
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
	lines  []connector.Seen
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
		if s.Found() {
			c.see(r, s.ID, asked, []connector.Compared{base})
		}
		return
	}
	c.export.seen[row] = true
	said := append(c.licences(base, row, asked), c.statements(base, row, asked)...)
	c.all = append(c.all, said...)
	c.see(r, s.ID, asked, said)
	if status, ok := c.export.cell(row, "status"); ok && status != "" && !strings.EqualFold(status, "active") {
		base.Column, base.State, base.Found, base.Note = "status", connector.NotComparable, status, c.explain(s)
		c.all = append(c.all, base)
	}
}

func (c *comparison) licences(base connector.Compared, row int, asked policy.Asked) (said []connector.Compared) {
	if asked.SettingsOnly() {
		return nil
	}
	for _, licence := range policy.All {
		wanted := "No"
		if asked.Set.Has(licence) {
			wanted = "Yes"
		}
		byHand := licence != policy.Core && wanted == "Yes" && c.carriers.Field == ""
		said = append(said, c.export.compare(base, row, licence, wanted, policy.YesOrNo, byHand))
	}
	return said
}

func (c *comparison) statements(base connector.Compared, row int, asked policy.Asked) (said []connector.Compared) {
	for _, setting := range policy.Settings {
		if cell := asked.Said(setting.Name); cell != "" {
			said = append(said, c.export.compare(base, row, setting.Name, cell, setting.Spell, true))
		}
	}
	return said
}

// see sums up what the export shows of a line. Every licence must be shown as it was asked: a column that is missing
// shows nothing. Groove's export was described without conversation_intelligence, so that one may be missing where it
// is not asked for.
func (c *comparison) see(r validate.Request, id string, asked policy.Asked, said []connector.Compared) {
	seen := connector.Seen{
		Row: r.Row(), User: id, Asked: !asked.SettingsOnly(), Value: asked.Set.String(), Shown: true,
		Worked: map[string]string{},
	}
	var missing []string
	for _, one := range said {
		switch isLicence := policy.All.Has(one.Column); {
		case one.State == connector.OnlyRoster:
			missing = append(missing, "does not list this user")
		case isLicence && one.State == connector.NotComparable &&
			(one.Wanted == "Yes" || one.Column != policy.Intelligence):
			missing = append(missing, "has no column "+one.Column)
		case isLicence && one.State == connector.Differs:
			missing = append(missing, "shows "+one.Column+" "+cmp.Or(one.Found, "blank"))
		}
		c.work(seen.Worked, one)
	}
	seen.Shown, seen.Why = len(missing) == 0, strings.Join(missing, ", ")
	c.lines = append(c.lines, seen)
}

// work notes what a person has done, spelled as the work order spells it.
func (c *comparison) work(done map[string]string, one connector.Compared) {
	value := ""
	switch {
	case one.State != connector.Agrees && one.State != connector.Differs:
		return
	case one.Done == "":
	case policy.All.Has(one.Column):
		value = one.Column
	default:
		for _, s := range policy.Settings {
			if s.Name == one.Column {
				value, _ = s.Spell(one.Wanted, c.Target.settings.ceiling())
			}
		}
	}
	done[one.Column] = value
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
func (e *export) compare(
	r connector.Compared, row int, column, wanted string, spell policy.Speller, isWork bool,
) connector.Compared {
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
