package console

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"

	"rosterload/loader/evidence"
	"rosterload/loader/page"
	"rosterload/loader/run"
)

// readAtOnce is how many bytes of a run's files are held against their digests each time the run is shown. Larger ones
// are when asked.
const readAtOnce = 64 << 20

func (c *Console) run(r *http.Request) (view, error) {
	it, err := c.openRun(r.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	done, err := c.much(r.Context())
	if err != nil {
		return view{}, err
	}
	defer done()
	most := int64(readAtOnce)
	if r.FormValue("check") == "all" {
		most = 1 << 62
	}
	state, err := evidence.StateOf(c.Home, it, most)
	if err != nil {
		return view{}, err
	}
	rows, err := c.rows(r, it)
	if err != nil {
		return view{}, err
	}
	status := it.Status()
	content, err := c.content(it)
	if err != nil {
		content = top(wrong("What became of this run is not shown.", err.Error()))
	}
	heading, rest := content.parts()
	if heading == "" {
		heading = head("Run "+it.ID, it.Target+", "+it.Seal.Roster)
	}
	moves := status.PID != 0
	return view{title: "Run " + it.ID, here: "/", body: page.Join(
		page.LivePart("heading", moves, alarm(state), heading),
		page.LivePart("state", moves, stateOf(&status), progressOf(it, &status), c.next(it)),
		page.LivePart("report", moves, rest),
		filesOf(it, state),
		rows,
	)}, nil
}

// alarm stands above all else: what was changed since it was written.
func alarm(s *evidence.State) template.HTML {
	if s == nil || s.Holds() {
		return ""
	}
	lines := []string{"This run is not as it was written."}
	lines = append(lines, s.Faults...)
	for _, f := range s.Files {
		if f.State == evidence.Changed {
			lines = append(lines, f.Path+" was changed")
			lines = append(lines, f.Said...)
		}
	}
	if most := 60; len(lines) > most {
		lines = append(lines[:most], fmt.Sprintf("and %d more; rosterload verify names them", len(lines)-most))
	}
	return wrong(lines...)
}

func stateOf(s *run.Status) template.HTML {
	note := s.Note
	if s.PID != 0 {
		note = fmt.Sprintf("pid %d on %s, since %s", s.PID, s.Host, s.Since)
	}
	return page.Facts(
		page.Fact{Name: "State", Value: page.Join(page.Badge(string(s.State)), " ", text(note))},
		page.Fact{Name: "Exit", Value: exitCell(s)},
		page.Fact{Name: "On this page", Value: drawn("links", nil)},
	)
}

// progressOf shows how far each job of a run that is not over has come.
func progressOf(r *run.Run, s *run.Status) template.HTML {
	if s.PID == 0 && !s.Open {
		return ""
	}
	type far struct{ answered, sent, left int }
	var order []string
	jobs := map[string]*far{}
	for _, b := range r.Batches {
		name := b.Job.String()
		if jobs[name] == nil {
			order, jobs[name] = append(order, name), &far{}
		}
		switch f := jobs[name]; {
		case b.Done:
			f.answered += b.Rows
		case b.Dropped:
		case b.Submitted:
			f.sent += b.Rows
		default:
			f.left += b.Rows
		}
	}
	var parts []template.HTML
	for _, name := range order {
		f := jobs[name]
		parts = append(parts, page.Join("<h3>", text(name), "</h3>"), page.Bar(name,
			page.Part{Name: "answered", Count: f.answered}, page.Part{Name: "sent", Count: f.sent},
			page.Part{Name: "not sent", Count: f.left}))
	}
	return page.Join(parts...)
}

// next is the command that goes on with a run that waits.
func (c *Console) next(r *run.Run) template.HTML {
	if !r.Held() {
		return ""
	}
	lines := []string{"A person decides; nothing was sent."}
	for _, h := range r.OpenHolds() {
		lines = append(lines, h.Code+": "+h.Text)
	}
	return page.Join(note("", lines...), command(c.Command("approve", r.ApproveArgs()...)+"\n"+c.Command("reject", r.ID,
		"--reason", "TEXT")))
}

// filesOf says of each file of the newest revision what became of it. Of many batches only those that were changed are
// named.
func filesOf(r *run.Run, s *evidence.State) template.HTML {
	if s == nil {
		return page.LivePart("evidence", false, section("Evidence"),
			quiet("This run has no evidence: it has no results yet, or a version of rosterload wrote it that kept none."))
	}
	t := page.Table{
		Caption: "Files of revision " + fmt.Sprint(s.Revision),
		Head:    []string{"File", "State", "Bytes", "SHA-256"}, Numbers: []int{2}, Tall: true,
	}
	counts, hidden := map[string]int{}, 0
	for i, f := range s.Files {
		counts[f.State]++
		if i >= 40 && f.State != evidence.Changed || len(t.Rows) >= 200 {
			hidden++
			continue
		}
		bytes := any("")
		if f.Bytes >= 0 {
			bytes = int(f.Bytes)
		}
		t.Rows = append(t.Rows, []any{
			page.Join(page.Code(f.Name), " ", small(whereIs(r, f))), fileState(f.State), bytes,
			page.Code(f.SHA256),
		})
	}
	parts := []template.HTML{section("Evidence"), verdictOf(r, s, counts), t.HTML()}
	if hidden > 0 {
		parts = append(parts, quiet(fmt.Sprintf("%s further files are not listed.", page.Count(hidden))))
	}
	if counts[evidence.NotLooked] > 0 {
		parts = append(parts, page.Join("<p>", page.Anchor("Read all files of this run now",
			"/run/"+url.PathEscape(r.ID)+"?check=all"), "</p>"))
	}
	return page.LivePart("evidence", false, parts...)
}

func whereIs(r *run.Run, f evidence.FileState) string {
	if f.Path == r.Path(f.Name) {
		return "in the run's folder"
	}
	return f.Path
}

// fileState is the state of a file on its colour.
func fileState(state string) template.HTML {
	switch state {
	case evidence.Changed:
		return drawn("bad", state)
	case evidence.AsWritten:
		return drawn("good", state)
	}
	return text(state)
}

func verdictOf(r *run.Run, s *evidence.State, counts map[string]int) template.HTML {
	if !s.Holds() {
		return wrong("It does not hold; see above.")
	}
	lines := []string{fmt.Sprintf("Revision %d: %s files are as they were written, entry %d of the ledger, signed "+
		"by key %s.", s.Revision, page.Count(counts[evidence.AsWritten]), s.Entry, s.Key)}
	if n := counts[evidence.Gone]; n > 0 {
		why := "they were moved or removed since"
		if r.Pruned {
			why = "the run was pruned"
		}
		lines = append(lines, fmt.Sprintf("%s files are no longer there: %s.", page.Count(n), why))
	}
	if n := counts[evidence.NotLooked]; n > 0 {
		lines = append(lines, fmt.Sprintf("%s files were not read: they are large.", page.Count(n)))
	}
	return note("good", lines...)
}
