package groove

import (
	"context"
	"iter"
	"slices"
	"strings"

	"rosterload/loader/connector"
	"rosterload/transform"
	"rosterload/validate"
)

// exportColumns are the headings of Groove's export, folded, by what they hold. Their order and their presence are not promised.
var exportColumns = map[string][]string{
	"name": {"name"}, "email": {"email"}, "id": {"salesforceid", "id"}, "status": {"status"},
	core: {"corelicense"}, flow: {"flowlicense", "flowunlimitedlicense"}, dialer: {"dialerlicense"}, sms: {"smslicense"}, intelligence: {"conversationintelligencelicense"},
	"teams": {"teams"}, "role": {"role"}, "flow_enabled": {"flowenabled"}, "email_throttle": {"emailthrottling", "emailthrottle"},
	"sync": {"email/calendarsync", "emailcalendarsync", "sync"}, "call_recording": {"callrecording"},
}

// exported is Groove's users page as it was exported.
type exported struct {
	at     map[string]int // the column of what is known, by its name
	rows   [][]string
	seen   []bool
	byID   map[string]int // rows by Salesforce id, and by e-mail
	byMail map[string]int
}

func readExport(records [][]string) *exported {
	e := &exported{at: map[string]int{}, rows: records[1:], seen: make([]bool, len(records)-1), byID: map[string]int{}, byMail: map[string]int{}}
	for i, h := range records[0] {
		for what, headings := range exportColumns {
			if slices.Contains(headings, folded(h)) {
				e.at[what] = i
			}
		}
	}
	for row := range e.rows {
		if id, _ := e.cell(row, "id"); id != "" {
			e.byID[validate.UserID(id)] = row
		}
		if mail, _ := e.cell(row, "email"); mail != "" {
			e.byMail[strings.ToLower(mail)] = row
		}
	}
	return e
}

// cell is what a row says of something; ok is false where the export has no such column.
func (e *exported) cell(row int, what string) (text string, ok bool) {
	i, ok := e.at[what]
	if !ok || i >= len(e.rows[row]) {
		return "", ok
	}
	return strings.TrimSpace(e.rows[row][i]), true
}

// find is the row of a person, by id and else by e-mail; -1 when there is none.
func (e *exported) find(p person) int {
	if row, there := e.byID[p.ID]; there {
		return row
	}
	if row, there := e.byMail[strings.ToLower(p.Email)]; there && p.Email != "" {
		return row
	}
	return -1
}

// Reconcile compares Groove's export with the roster, line by line.
func (t *Target) Reconcile(ctx context.Context, export [][]string, lines iter.Seq[validate.Request]) ([]connector.Compared, error) {
	e := readExport(export)
	if err := t.Look(ctx, func(yield func(transform.User) bool) {
		for r := range lines {
			if !yield(transform.User{By: r.By(), Key: string(r.Key())}) {
				return
			}
		}
	}, func(transform.Standing) error { return nil }); err != nil {
		return nil, err
	}
	var all []connector.Compared
	for r := range lines {
		all = append(all, t.compareLine(e, r)...)
	}
	for row, seen := range e.seen {
		if !seen {
			mail, _ := e.cell(row, "email")
			name, _ := e.cell(row, "name")
			all = append(all, connector.Compared{Subject: orElse(mail, name), State: connector.OnlyExport})
		}
	}
	return all, nil
}

func (t *Target) compareLine(e *exported, r validate.Request) []connector.Compared {
	subject, w := string(r.Cell()), wantedOf(r)
	who, known := t.people[t.ids[string(r.Key())]]
	row := -1
	if known {
		row = e.find(who)
	}
	if row < 0 {
		note := ""
		if !known {
			note = "no Salesforce user has this key"
		}
		return []connector.Compared{{Subject: subject, Row: r.Row(), State: connector.OnlyRoster, Note: note}}
	}
	e.seen[row] = true
	one := comparison{e, row, connector.Compared{Subject: subject, Row: r.Row()}}
	var all []connector.Compared
	if !w.settingsOnly() {
		for _, licence := range order {
			want := "No"
			if w.set.has(licence) {
				want = "Yes"
			}
			byHand := licence != core && want == "Yes" && t.ground.Field == ""
			all = append(all, one.of(licence, want, yesOrNo, byHand))
		}
	}
	for _, s := range settings {
		if cell, there := w.said[s.name]; there {
			all = append(all, one.of(s.name, cell, s.check, true))
		}
	}
	if status, ok := e.cell(row, "status"); ok && status != "" && !strings.EqualFold(status, "active") {
		all = append(all, connector.Compared{Subject: subject, Row: r.Row(), Column: "status", State: connector.NotComparable, Found: status, Note: t.explain(who)})
	}
	return all
}

// explain says what of a status comes from what we see ourselves.
func (t *Target) explain(who person) string {
	_, seated := t.seats.holders[who.ID]
	switch {
	case !who.Active:
		return "the Salesforce user is inactive"
	case t.seats.status == "Expired":
		return "the package has expired"
	case !seated:
		return "the user has no seat"
	}
	return "onboarding is the person's own"
}

// comparison is one line and its row of the export.
type comparison struct {
	*exported
	row  int
	base connector.Compared
}

// of compares one thing, both sides spelled alike.
func (c comparison) of(column, want string, spell func(string, int) (string, string), isWork bool) connector.Compared {
	r := c.base
	r.Column, r.Wanted = column, want
	found, ok := c.cell(c.row, column)
	if !ok {
		r.State, r.Note = connector.NotComparable, "the export has no such column"
		return r
	}
	r.Found = found
	a, _ := spell(want, mostThrottle)
	b, why := spell(found, mostThrottle)
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
