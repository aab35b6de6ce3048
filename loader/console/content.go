package console

import (
	"html/template"
	"net/url"
	"sync"

	"rosterload/loader/report"
	"rosterload/loader/report/html"
	"rosterload/loader/run"
)

// contents keeps in memory what the reports of the runs that were shown last say, for as long as the files that say it are the same: a report
// walks through all rows.
type contents struct {
	mu   sync.Mutex
	kept map[string]content
}

type content struct {
	stamps [4]stampOf
	top    template.HTML
}

const mostContents = 32

// content is what the run's report says above its rows; empty for a run without a revision.
func (c *Console) content(r *run.Run) (template.HTML, error) {
	if r.Last.Number == 0 || r.Pruned {
		return "", nil
	}
	now := content{stamps: [4]stampOf{
		stampFile(r.Path(run.JournalFile)), stampFile(r.SummaryPath(r.Last.Number)), stampFile(r.RevisionPath(r.Last.Number)), stampFile(r.AbsentPath(r.Last.Number)),
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
	if now.top, err = it.Top(); err == nil {
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
