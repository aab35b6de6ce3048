package console

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"rosterload/loader/page"
	"rosterload/loader/run"
	"rosterload/transform"
)

// runsShown is how many runs a page of the list has.
const runsShown = 50

// asked is what the list of runs is narrowed by.
type asked struct {
	text                        string
	target, feed, result, state string
}

func askedOf(r *http.Request) asked {
	return asked{
		r.FormValue("q"), r.FormValue("target"), r.FormValue("feed"), r.FormValue("result"),
		r.FormValue("state"),
	}
}

// takes tells whether a run is one of those asked for. Each word of the search stands somewhere in what is known of it.
func (a asked) takes(l *listed) bool {
	for _, word := range strings.Fields(strings.ToLower(a.text)) {
		if !strings.Contains(l.text, word) {
			return false
		}
	}
	return (a.target == "" || l.Target == a.target) && (a.feed == "" || l.Feed == a.feed) &&
		(a.state == "" || string(l.State) == a.state) && (a.result == "" || l.Results[a.result] > 0)
}

func (c *Console) runs(r *http.Request) (view, error) {
	all, err := c.shelf.list(c.Home)
	if err != nil {
		return view{}, err
	}
	a := askedOf(r)
	var found []*listed
	moves := false
	for _, l := range all {
		if a.takes(l) {
			found = append(found, l)
		}
		moves = moves || l.PID != 0
	}
	part, number, last := cut(found, pageOf(r), runsShown)
	query := r.URL.Query()
	return view{title: "Runs", here: "/", body: page.Join(
		head("Runs", "The home "+c.Home),
		a.filter(all).HTML(),
		page.Found(countOf(len(found), len(all), "run")),
		page.LivePart("runs", moves, runsTable(part), page.Pager("Pages of runs", "/", query, number, last)),
	)}, nil
}

func (a asked) filter(all []*listed) page.Filter {
	choices := []page.Choice{
		{Name: "target", Label: "Target", All: "all targets", Is: a.target},
		{Name: "feed", Label: "Feed", All: "all feeds", Is: a.feed},
		{Name: "result", Label: "With rows", All: "of any result", Is: a.result},
		{Name: "state", Label: "State", All: "any state", Is: a.state},
	}
	for _, l := range all {
		for i, word := range []string{l.Target, l.Feed, "", string(l.State)} {
			if word != "" && !slices.Contains(choices[i].Options, word) {
				choices[i].Options = append(choices[i].Options, word)
			}
		}
	}
	for _, word := range transform.Words {
		choices[2].Options = append(choices[2].Options, string(word))
	}
	for i := range choices {
		if i != 2 {
			slices.Sort(choices[i].Options)
		}
		if is := choices[i].Is; is != "" && !slices.Contains(choices[i].Options, is) {
			choices[i].Options = append(choices[i].Options, is) // the form shows what is asked for, also when there is none
		}
	}
	return page.Filter{Path: "/", Search: "Search runs", Name: "q", Is: a.text, Choices: choices}
}

func runsTable(part []*listed) template.HTML {
	t := page.Table{
		Caption: "The newest first", Head: []string{
			"Run", "State", "Target", "Roster", "Rows", "Succeeded", "Failed",
			"Pending", "Skipped", "Exit", "Started",
		},
		Numbers: []int{4, 5, 6, 7, 8, 9}, Prose: []int{1},
	}
	for _, l := range part {
		t.Rows = append(t.Rows, []any{
			runLink(l.Run), stateCell(&l.Status), l.Target, rosterCell(l), l.Rows, l.Success, failedCell(l.Failed),
			l.Pending,
			l.Skipped, exitCell(&l.Status),
			stamp(l.StartedAt),
		})
	}
	if len(part) == 0 {
		return quiet("No run is like that.")
	}
	return t.HTML()
}

func stateCell(s *run.Status) template.HTML {
	note := s.Note
	if s.PID != 0 {
		note = fmt.Sprintf("pid %d on %s", s.PID, s.Host)
	}
	return page.Join(page.Badge(string(s.State)), " ", small(note))
}

func rosterCell(l *listed) template.HTML {
	feed := ""
	if l.Feed != "" {
		feed = "feed " + l.Feed
	}
	if l.Pruned {
		feed = strings.TrimPrefix(feed+", rows pruned", ", ")
	}
	return page.Join(text(l.Roster), " ", small(feed))
}

// failedCell leads the eye to rows that failed.
func failedCell(n int) any {
	if n == 0 {
		return n
	}
	return drawn("bad", page.Count(n))
}

// exitCell is a dash before there is an exit.
func exitCell(s *run.Status) any {
	if s.Exit == nil || s.PID != 0 {
		return "–"
	}
	return *s.Exit
}

// countOf is "3 of 1,200 runs".
func countOf(found, all int, what string) string {
	if found == all {
		return page.Count(all) + " " + what + plural(all)
	}
	return fmt.Sprintf("%s of %s %s", page.Count(found), page.Count(all), what+plural(all))
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func orNone(text string) string { return cmp.Or(text, "–") }
