package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/page"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// rowsShown is how many rows a page of a run has.
const rowsShown = 100

// wanted is what the rows of a run are narrowed by.
type wanted struct {
	words [][]byte
	cells []wantedCell
}

// wantedCell is a column that must hold a value.
type wantedCell struct {
	column int
	is     string
}

func wantedOf(q url.Values) (w wanted) {
	for _, word := range strings.Fields(strings.ToLower(q.Get("q"))) {
		w.words = append(w.words, []byte(word))
	}
	for name, column := range map[string]int{
		"row": rowColumn, "result": resultColumn, "action": actionColumn,
		"reason": reasonColumn,
	} {
		if is := q.Get(name); is != "" {
			w.cells = append(w.cells, wantedCell{column, is})
		}
	}
	return w
}

func (w wanted) any() bool { return len(w.words)+len(w.cells) > 0 }

// takes tells whether a record is one of those. A search looks through all columns, the roster's own as well.
func (w wanted) takes(record [][]byte) bool {
	for _, cell := range w.cells {
		if string(record[cell.column]) != cell.is {
			return false
		}
	}
	if len(w.words) == 0 {
		return true
	}
	text := bytes.ToLower(bytes.Join(record, []byte("\n")))
	return !slices.ContainsFunc(w.words, func(word []byte) bool { return !bytes.Contains(text, word) })
}

// Places of columns in a record of results.
var (
	rowColumn, keyColumn, idColumn           = at("row"), at("key"), at("record_id")
	resultColumn, actionColumn, reasonColumn = at("result"), at("action"), at("reason_code")
)

func at(name string) int { return slices.Index(results.Header, name) }

// found is one page of rows.
type found struct {
	records [][]string
	count   int // of all that are wanted
	total   int // of all there are
	at      int // the page
}

// rows shows a page of the newest revision's rows, those of the roster and behind them those of users in no line.
func (c *Console) rows(r *http.Request, it *run.Run) (template.HTML, error) {
	if it.Last.File == "" || it.Pruned {
		return quietRows(it), nil
	}
	q := r.URL.Query()
	got, err := find(r.Context(), it, wantedOf(q), pageOf(r))
	path := "/run/" + url.PathEscape(it.ID) + "#rows"
	var table template.HTML
	switch {
	case errors.Is(err, context.Canceled):
		return "", err
	case err != nil:
		table = wrong("The rows are not shown.", err.Error())
	case got.count == 0:
		table = quiet("No row is like that.")
	default:
		table = page.Join(rowsTable(got.records),
			page.Pager("Pages of rows", path, q, got.at, (got.count+rowsShown-1)/rowsShown))
	}
	said := ""
	if err == nil {
		said = countOf(got.count, got.total, "row")
	}
	return page.Join(section("Rows"), rowsFilter(it, path, q).HTML(), page.Found(said),
		page.LivePart("rows", false, table)), nil
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
		f.at, f.count = min(number, last), f.total // of a summary that cannot be believed: 0, and all rows are walked through
	}
	seen, taken := 0, 0
	for record, err := range allRows(it) {
		if err != nil {
			return nil, err
		}
		if seen++; seen%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !w.takes(record) {
			continue
		}
		if taken >= (f.at-1)*rowsShown && len(f.records) < rowsShown {
			f.records = append(f.records, cellsOf(record))
		}
		if taken++; !w.any() && len(f.records) == rowsShown {
			return f, nil
		}
	}
	f.count, f.total = taken, seen
	if len(f.records) == 0 && taken > 0 && number > 1 { // a page behind the last: the last is shown
		return find(ctx, it, w, (taken+rowsShown-1)/rowsShown)
	}
	return f, nil
}

// cellsOf keeps our own cells of a record, which is good until the next one is read.
func cellsOf(record [][]byte) []string {
	cells := make([]string, len(results.Header))
	for i := range cells {
		cells[i] = string(record[i])
	}
	return cells
}

func count(words map[string]int) (n int) {
	for _, k := range words {
		n += k
	}
	return n
}

// allRows are the records of the roster's lines, then those of users in no line. A file that was altered has none, and
// an error.
func allRows(it *run.Run) iter.Seq2[[][]byte, error] {
	return func(yield func([][]byte, error) bool) {
		for _, f := range rowFiles(it) {
			if err := it.Verify(f); err != nil {
				yield(nil, err)
				return
			}
			heading := true
			for record, err := range results.Cells(it.Path(f.File)) {
				switch {
				case err == nil && heading:
					heading = false
					continue
				case err == nil && len(record) < len(results.Header):
					err = fmt.Errorf("%s has a row of %d columns", f.File, len(record))
				}
				if !yield(record, err) || err != nil {
					return
				}
			}
		}
	}
}

// rowFiles are the files that hold the rows of the newest revision.
func rowFiles(it *run.Run) []run.Sealed {
	files := []run.Sealed{{File: run.FileName(it.RevisionPath(it.Last.Number)), SHA256: it.Last.SHA256}}
	if s, err := it.Summary(); err == nil && s != nil && s.AbsentSHA256 != "" {
		files = append(files, run.Sealed{File: run.FileName(it.AbsentPath(it.Last.Number)), SHA256: s.AbsentSHA256})
	}
	return files
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
	for _, action := range []transform.Action{
		transform.Assign, transform.Move, transform.Remove, transform.Create,
		transform.Archive, transform.NoAction,
	} {
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

func rowsTable(records [][]string) template.HTML {
	t := page.Table{
		Caption: "In the order of the roster",
		Head: []string{
			"Row", "User", "Action", "Result", "Reason", "Before", "Requested", "After", "Next step", "Job",
			"Settled",
		}, Numbers: []int{0}, Prose: []int{4},
	}
	for _, record := range records {
		of := func(name string) string { return record[at(name)] }
		number, _ := strconv.Atoi(record[rowColumn])
		t.Rows = append(t.Rows, []any{
			number, personLink(record[keyColumn], record[idColumn]), of("action"), page.Badge(of("result")),
			page.Join(text(of("reason_code")), " ", small(of("reason"))),
			orNone(of("before")), orNone(of("requested")), orNone(of("after")), of("next_step"), of("job_id"),
			stamp(of("settled_at")),
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
