package console

import (
	"html/template"
	"net/url"
	"strings"
	"sync"

	"rosterload/loader/report"
	"rosterload/loader/report/html"
	"rosterload/loader/run"
)

// contents keeps in memory what the reports of the runs that were shown last say, for as long as the files that say it
// are the same: a report walks through all rows.
type contents struct {
	mu   sync.Mutex
	kept map[string]content
}

type content struct {
	stamps [4]stampOf
	top    top
}

// top is a report without its rows.
type top template.HTML

// parts are the report's heading, where it has one, and what stands below it: the state of the run goes between.
func (t top) parts() (heading, rest template.HTML) {
	before, behind, has := strings.Cut(string(t), "</header>")
	if !has {
		return "", template.HTML(t)
	}
	return template.HTML(before + "</header>"), template.HTML(behind)
}

const mostContents = 32

// content is what the run's report says above its rows; empty for a run without a revision.
func (c *Console) content(r *run.Run) (top, error) {
	if r.Last.Number == 0 || r.Pruned {
		return "", nil
	}
	now := content{stamps: [4]stampOf{
		stampFile(r.Path(run.JournalFile)), stampFile(r.SummaryPath(r.Last.Number)),
		stampFile(r.RevisionPath(r.Last.Number)),
		stampFile(r.AbsentPath(r.Last.Number)),
	}}
	if kept := c.contents.get(r.ID); kept.stamps == now.stamps {
		return kept.top, nil
	}
	revision, err := report.Newest(r, c.Codes(r.Kind))
	if err != nil || revision == nil {
		return "", err
	}
	path := "/run/" + url.PathEscape(r.ID)
	it := &html.Report{Revision: revision, Link: func(column, value string) string {
		return path + "?" + url.Values{column: {value}}.Encode() + "#rows"
	}}
	text, err := it.Top()
	if now.top = top(text); err == nil {
		c.contents.keep(r.ID, now)
	}
	return now.top, err
}

func (k *contents) get(id string) content {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kept[id]
}

func (k *contents) keep(id string, now content) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil || len(k.kept) >= mostContents {
		k.kept = map[string]content{}
	}
	k.kept[id] = now
}
