package console

import (
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"rosterload/loader/evidence"
	"rosterload/loader/page"
)

const linesShown = 100

// person is what the runs of the home did to one person, the oldest first.
func (c *Console) person(r *http.Request) (view, error) {
	key, target, all := r.FormValue("key"), r.FormValue("target"), r.FormValue("all") == "yes"
	listed, err := c.shelf.list(c.Home)
	if err != nil {
		return view{}, err
	}
	form := drawn("person", struct {
		Key, Target string
		All         bool
		Targets     []string
	}{key, target, all, targetsOf(listed, target)})
	v := view{title: "Person", here: "/person"}
	if strings.TrimSpace(key) == "" {
		v.body = page.Join(head("Person", "What the runs of this home did to one person: a key in any spelling, or the record id."), form)
		return v, nil
	}
	done, err := c.much(r.Context())
	if err != nil {
		return view{}, err
	}
	defer done()
	past, err := evidence.History(c.Home, key, evidence.HistoryOptions{Target: target, All: all, ReadOnly: true})
	if err != nil {
		return view{}, err
	}
	v.title = key
	v.body = page.Join(head(key, ""), form, c.pastOf(r, past))
	return v, nil
}

func targetsOf(all []*listed, is string) []string {
	var targets []string
	for _, l := range all {
		if l.Target != "" && !slices.Contains(targets, l.Target) {
			targets = append(targets, l.Target)
		}
	}
	if is != "" && !slices.Contains(targets, is) {
		targets = append(targets, is)
	}
	slices.Sort(targets)
	return targets
}

func (c *Console) pastOf(r *http.Request, past *evidence.Past) template.HTML {
	var parts []template.HTML
	if unread := past.Unread; len(unread) > 0 {
		parts = append(parts, wrong(append([]string{"Runs that cannot be read:"}, unread[:min(len(unread), 20)]...)...))
	}
	if altered := past.Altered; len(altered) > 0 {
		parts = append(parts, wrong(append([]string{"Kept rows do not hold, and none of them is shown:"}, altered[:min(len(altered), 20)]...)...))
	}
	switch {
	case !past.Known && len(past.Altered) > 0:
		parts = append(parts, quiet("No other run of this home has such a person."))
	case !past.Known:
		parts = append(parts, quiet("No run of this home has such a person."))
	case len(past.Lines) == 0:
		parts = append(parts, quiet("No run changed this person, or tried to. Choose all rows to see those that changed nothing."))
	default:
		part, number, last := cut(past.Lines, pageOf(r), linesShown)
		lines := countOf(len(past.Lines), len(past.Lines), "line")
		parts = append(parts, quiet(lines), pastTable(part),
			page.Pager("Pages of lines", "/person", r.URL.Query(), number, last))
	}
	if past.Pruned > 0 {
		parts = append(parts, quiet(fmt.Sprintf("Runs that were pruned: %s. Their rows are no longer here.",
			page.Count(past.Pruned))))
	}
	return page.Join(parts...)
}

func pastTable(lines []evidence.PastLine) template.HTML {
	t := page.Table{Caption: "The oldest first", Head: []string{
		"Time", "Run", "Action", "Before", "After", "Result",
		"Reason", "By", "Given reason", "File",
	}, Prose: []int{6}}
	for _, l := range lines {
		at := any(l.At)
		if when, err := time.Parse(time.RFC3339, l.At); err == nil {
			at = page.Time(when)
		}
		t.Rows = append(t.Rows, []any{
			at, page.Join(runLink(l.Run), " ", small(l.Target)), l.Action, orNone(l.Before), orNone(l.After),
			page.Badge(l.Result),
			page.Join(text(l.ReasonCode), " ", small(l.Reason)), page.Join(text(l.By), " ", small("as "+l.As)),
			givenCell(l), fileCell(l),
		})
	}
	return t.HTML()
}

func givenCell(l evidence.PastLine) string {
	var all []string
	for _, g := range l.Reasons {
		all = append(all, strings.TrimSpace(g.Reason+" "+g.Ticket))
	}
	return strings.Join(all, "; ")
}

func fileCell(l evidence.PastLine) template.HTML {
	at := fmt.Sprintf("row %d", l.Row)
	if l.Line > 0 {
		at += fmt.Sprintf(", line %d", l.Line)
	}
	if l.Feed != "" {
		at = "feed " + l.Feed + ", " + at
	}
	return page.Join(text(l.File), " ", small(at))
}
