package console

import (
	"html/template"
	"net/http"

	"rosterload/loader/feeds"
	"rosterload/loader/page"
	"rosterload/loader/run"
)

// feeds shows the feeds of the config, the runs that wait for a person, and what is paused.
func (c *Console) feeds(r *http.Request) (view, error) {
	all, err := c.shelf.list(c.Home)
	if err != nil {
		return view{}, err
	}
	return view{title: "Feeds and holds", here: "/feeds", body: page.Join(
		head("Feeds and holds", ""), c.pauses(), section("Feeds"), c.feedsTable(), section("Held for a person"),
		c.holdsTable(r, all),
	)}, nil
}

func (c *Console) pauses() template.HTML {
	targets, all, err := run.Paused(c.Home)
	switch {
	case err != nil:
		return wrong(err.Error())
	case all:
		return note("", "Every target is paused: nothing is sent.")
	case len(targets) > 0:
		var lines []string
		for _, t := range targets {
			lines = append(lines, "Target "+t+" is paused: nothing is sent to its org.")
		}
		return note("", lines...)
	}
	return ""
}

// feedsTable reads the config again each time: a feed that was added is there without a restart.
func (c *Console) feedsTable() template.HTML {
	if c.Feeds == nil {
		return quiet("There is no config here, so no feed is known.")
	}
	known, err := c.Feeds()
	if err != nil {
		return wrong("The feeds cannot be read.", err.Error())
	}
	list, err := feeds.List(c.Home, known)
	if err != nil {
		return wrong(err.Error())
	}
	if len(list) == 0 {
		return quiet("The config names no feed.")
	}
	t := page.Table{
		Caption: "Feeds of the config", Head: []string{
			"Feed", "Target", "Mode", "Waiting", "Processing", "Held",
			"Last delivery", "Exit", "Last success", "State",
		},
		Numbers: []int{3, 4, 5, 7},
	}
	for _, f := range list {
		delivery, exit := template.HTML("–"), any("–")
		if d := f.LastDelivery; d != nil {
			delivery, exit = page.Join(text(d.Name), " ", runLink(d.Run)), d.Exit
		}
		t.Rows = append(t.Rows, []any{
			f.Feed, f.Target, f.Mode, f.Waiting, f.Processing, f.Held, delivery, exit,
			stamp(f.LastSuccessAt), feedState(f),
		})
	}
	return t.HTML()
}

func feedState(f feeds.Listed) template.HTML {
	switch {
	case f.Trouble != "":
		return page.Join(drawn("bad", "trouble"), " ", small(f.Trouble))
	case f.Paused:
		return page.Badge("paused")
	}
	return page.Badge("active")
}

func (c *Console) holdsTable(r *http.Request, all []*listed) template.HTML {
	var held []*listed
	for _, l := range all {
		if len(l.Holds) > 0 && l.PID == 0 {
			held = append(held, l)
		}
	}
	if len(held) == 0 {
		return quiet("No run waits for a person.")
	}
	part, number, last := cut(held, pageOf(r), runsShown)
	t := page.Table{Caption: "Runs that are held", Head: []string{
		"Run", "Feed", "Target", "Since", "Held because", "Found",
		"Limit", "To go on",
	}, Prose: []int{4}}
	for _, l := range part {
		for _, h := range l.Holds {
			t.Rows = append(t.Rows, []any{
				runLink(l.Run), l.Feed, l.Target, stamp(l.StartedAt), page.Join(text(h.Code), " ", small(h.Text)),
				h.Found, h.Limit,
				page.Code(c.Command("approve", l.approve...)),
			})
		}
	}
	return page.Join(t.HTML(), page.Pager("Pages of held runs", "/feeds", r.URL.Query(), number, last))
}
