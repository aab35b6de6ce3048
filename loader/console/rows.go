package console

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"rosterload/loader/evidence"
	"rosterload/loader/page"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// rowsShown is how many rows a page of a run has.
const rowsShown = 100

// wanted is what the rows of a run are narrowed by.
type wanted struct {
	words                  []string
	result, action, reason string
}

func (w wanted) any() bool {
	return len(w.words) > 0 || w.result != "" || w.action != "" || w.reason != ""
}

func (w wanted) takes(row *results.Row) bool {
	if w.result != "" && row.Result != w.result || w.action != "" && row.Action != w.action || w.reason != "" && row.ReasonCode != w.reason {
		return false
	}
	if len(w.words) == 0 {
		return true
	}
	text := strings.ToLower(strings.Join([]string{
		row.Key, row.RecordID, row.Action, row.Result, row.ReasonCode, row.Reason, row.NextStep, row.Before, row.Requested, row.After,
		row.ProvisioningStatus, row.JobID, fmt.Sprint(row.Row),
	}, "\n"))
	for _, word := range w.words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// found is one page of rows.
type found struct {
	rows  []results.Row
	count int // of all that are wanted
	total int // of all there are
	at    int // the page
}

// rows shows a page of the newest revision's rows, those of the roster and behind them those of users in no line.
func (c *Console) rows(r *http.Request, it *run.Run) (template.HTML, error) {
	if it.Last.File == "" || it.Pruned {
		return quietRows(it), nil
	}
	q := r.URL.Query()
	w := wanted{strings.Fields(strings.ToLower(q.Get("q"))), q.Get("result"), q.Get("action"), q.Get("reason")}
	got, err := find(r.Context(), it, w, pageOf(r))
	path := "/run/" + url.PathEscape(it.ID)
	var table template.HTML
	switch {
	case errors.Is(err, context.Canceled):
		return "", err
	case err != nil:
		table = wrong("The rows are not shown.", err.Error())
	case got.count == 0:
		table = quiet("No row is like that.")
	default:
		table = page.Join(rowsTable(got.rows), page.Pager("Pages of rows", path, q, got.at, (got.count+rowsShown-1)/rowsShown))
	}
	said := ""
	if err == nil {
		said = countOf(got.count, got.total, "row")
	}
	return page.Join(section("Rows"), rowsFilter(it, path, q).HTML(), page.Found(said), page.LivePart("rows", false, table)), nil
}

func quietRows(it *run.Run) template.HTML {
	why := "No row has a result yet."
	if it.Pruned {
		why = "The rows were pruned; the evidence stays."
	}
	return page.Join(section("Rows"), page.LivePart("rows", false, quiet(why)))
}

// find reads the rows once. Without a wish it stops behind the page that is shown; with one it counts all.
func find(ctx context.Context, it *run.Run, w wanted, number int) (*found, error) {
	f := &found{at: number}
	if s, err := it.Summary(); err == nil && s != nil {
		f.total = count(s.Results) + count(s.Absent)
	}
	last := max(1, (f.total+rowsShown-1)/rowsShown)
	if !w.any() {
		f.at, f.count = min(number, last), f.total
	}
	seen, taken := 0, 0
	for row, err := range allRows(it) {
		if err != nil {
			return nil, err
		}
		if seen++; seen%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !w.takes(&row) {
			continue
		}
		if taken >= (f.at-1)*rowsShown && len(f.rows) < rowsShown {
			f.rows = append(f.rows, row)
		}
		if taken++; !w.any() && len(f.rows) == rowsShown {
			return f, nil
		}
	}
	f.count, f.total = taken, seen
	if len(f.rows) == 0 && taken > 0 && number > 1 { // a page behind the last: the last is shown
		return find(ctx, it, w, (taken+rowsShown-1)/rowsShown)
	}
	return f, nil
}

func count(words map[string]int) (n int) {
	for _, k := range words {
		n += k
	}
	return n
}

// allRows are the rows of the roster's lines, then those of users in no line. An altered file has none.
func allRows(it *run.Run) iter.Seq2[results.Row, error] {
	return func(yield func(results.Row, error) bool) {
		for row, err := range it.Rows() {
			if !yield(row, err) || err != nil {
				return
			}
		}
		for row, err := range absentRows(it) {
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

func absentRows(it *run.Run) iter.Seq2[results.Row, error] {
	none := func(err error) iter.Seq2[results.Row, error] {
		return func(yield func(results.Row, error) bool) {
			if err != nil {
				yield(results.Row{}, err)
			}
		}
	}
	path := it.AbsentPath(it.Last.Number)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return none(nil)
	}
	m, _, _, err := evidence.ReadManifest(it.ManifestPath(it.Last.Number))
	if err != nil {
		return none(err)
	}
	f := m.File(run.FileName(path))
	if f == nil {
		return none(nil)
	}
	if err := it.Verify(run.Sealed{File: f.Name, SHA256: f.SHA256}); err != nil {
		return none(err)
	}
	return results.Read(path)
}

func rowsFilter(it *run.Run, path string, q url.Values) page.Filter {
	choices := []page.Choice{
		{Name: "result", Label: "Result", All: "all results", Is: q.Get("result")},
		{Name: "action", Label: "Action", All: "all actions", Is: q.Get("action")},
		{Name: "reason", Label: "Reason", All: "all reasons", Is: q.Get("reason")},
	}
	for _, word := range transform.Words {
		choices[0].Options = append(choices[0].Options, string(word))
	}
	for _, action := range []transform.Action{transform.Assign, transform.Move, transform.Remove, transform.Create, transform.Archive, transform.NoAction} {
		choices[1].Options = append(choices[1].Options, string(action))
	}
	if s, err := it.Summary(); err == nil && s != nil {
		for _, reason := range s.Reasons {
			if !slices.Contains(choices[2].Options, reason.ReasonCode) {
				choices[2].Options = append(choices[2].Options, reason.ReasonCode)
			}
		}
	}
	for i, c := range choices {
		if c.Is != "" && !slices.Contains(c.Options, c.Is) {
			choices[i].Options = append(c.Options, c.Is)
		}
	}
	return page.Filter{Path: path, Search: "Search rows", Name: "q", Is: q.Get("q"), Choices: choices}
}

func rowsTable(rows []results.Row) template.HTML {
	t := page.Table{
		Caption: "Rows", Head: []string{"Row", "Person", "Action", "Result", "Reason", "Before", "Requested", "After", "Next step", "Job", "Settled"},
		Numbers: []int{0},
	}
	for _, row := range rows {
		t.Rows = append(t.Rows, []any{
			row.Row, personLink(row.Key, row.RecordID), row.Action, page.Badge(row.Result), page.Join(text(row.ReasonCode), " ", small(row.Reason)),
			orNone(row.Before), orNone(row.Requested), orNone(row.After), row.NextStep, row.JobID, stamp(row.SettledAt),
		})
	}
	return t.HTML()
}

// personLink leads to the history of a person. One without a key is known by the record id.
func personLink(key, id string) template.HTML {
	by := key
	if by == "" {
		by = id
	}
	if by == "" {
		return text("–")
	}
	return page.Anchor(by, "/person?key="+url.QueryEscape(by))
}
