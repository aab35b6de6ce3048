package front

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rosterload/loader/page"
	"rosterload/loader/simulator/org"
)

//go:embed people.html
var peopleSource string

var peoplePieces = template.Must(template.New("people").Funcs(page.Funcs).Parse(peopleSource))

func drawn(name string, of any) template.HTML {
	out := strings.Builder{}
	if err := peoplePieces.ExecuteTemplate(&out, name, of); err != nil {
		panic(err) // they are ours and write into memory
	}
	return template.HTML(out.String())
}

const (
	shownRequests  = 25
	shownStretches = 12
	shownBroken    = 20
)

// AddPage adds the page for people. Show walks through the users and says what else there is to see; it is called
// without any lock held.
func (f *Front[F]) AddPage(title string, show func(*Crowd) View) {
	f.Pages.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		c := crowdOf(r)
		v := show(c)
		back := r.URL.Query().Encode()
		p := page.Page{Title: title, Scripts: []template.JS{page.Live()}, Body: page.Join(
			drawn("h1", title),
			page.LivePart("licences", true, f.promises(), drawn("licences", licencesOf(&v, back))),
			drawn("buy", licencesOf(&v, back)),
			drawn("h2", "Users by status"), page.LivePart("people-by-status", true, statusBar(c, v.Tone)),
			drawn("h2", "Removals and upserts"), page.LivePart("line", true, timeLine(v.Line)),
			drawn("h2", "Users"), peopleFilter(c, r.URL.Query()).HTML(),
			page.Found(fmt.Sprintf("%s of %s users", page.Count(c.found), page.Count(c.all))),
			page.LivePart("people", true, peopleTable(c, &v, back),
				page.Pager("Pages of users", "/", r.URL.Query(), c.number, c.last())),
			drawn("h2", "Last requests"), page.LivePart("requests", true, f.requestsTable(v.Behind)),
			drawn("links", append([]page.Link{
				{Name: "users.csv", Path: "/_sim/users.csv"},
				{Name: "requests", Path: "/_sim/requests"},
				{Name: "violations", Path: "/_sim/violations"},
				{Name: "faults", Path: "/_sim/faults"},
			}, v.Links...)),
		)}
		writePage(w, p)
	})
}

func writePage(w http.ResponseWriter, p page.Page) {
	var text bytes.Buffer
	if err := p.Render(&text); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy",
		p.Policy("connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'"))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = text.WriteTo(w)
}

func (f *Front[F]) promises() template.HTML {
	broken := f.Violations()
	if len(broken) == 0 {
		return ""
	}
	return drawn("broken", broken[max(0, len(broken)-shownBroken):])
}

type gauge struct {
	Unit, Share, Back string
	Used, Of          int
}

func licencesOf(v *View, back string) gauge {
	g := gauge{Unit: v.Unit, Used: v.Used, Of: v.Of, Back: back}
	if v.Of > 0 {
		g.Share = strconv.FormatFloat(min(100, 100*float64(v.Used)/float64(v.Of)), 'f', 2, 64) + "%"
	}
	return g
}

// statusBar is how many users stand at each status.
func statusBar(c *Crowd, tone func(status string) string) template.HTML {
	var parts []page.Part
	for _, name := range c.inOrder() {
		parts = append(parts, page.Part{Name: statusName(name), Count: c.statuses[name]})
	}
	of := func(name string) string {
		if name == statusName("") {
			return "skipped"
		}
		return tone(name)
	}
	return page.BarIn(of, "Users by status", parts...)
}

func statusName(name string) string {
	if name == "" {
		return "no status"
	}
	return name
}

// timeLine shows the newest stretches. Where removals are followed by upserts, a mark stands between them.
func timeLine(all []org.Stretch) template.HTML {
	if len(all) == 0 {
		return drawn("quiet", "Nothing has happened yet.")
	}
	all = all[max(0, len(all)-shownStretches):]
	from, to := all[0].Began, all[0].Began
	var spans []page.Span
	var marks []page.Mark
	for i, s := range all {
		for _, at := range []time.Time{s.Ended, s.Settled} {
			if at.After(to) {
				to = at
			}
		}
		users := page.Count(s.Count) + " users"
		if s.Count == 1 {
			users = "1 user"
		}
		spans = append(spans, page.Span{Name: s.What, Text: users, Began: s.Began, Ended: s.Ended, Settled: s.Settled})
		if s.What == org.Upserts && i > 0 && all[i-1].What == org.Removals {
			marks = append(marks, page.Mark{Name: "removals are over", At: all[i-1].Settled})
		}
	}
	return page.TimeLine(from, to, spans, marks[max(0, len(marks)-1):]...)
}

func peopleFilter(c *Crowd, q url.Values) page.Filter {
	choice := page.Choice{Name: "status", Label: "Status", All: "all statuses", Is: c.status}
	for _, name := range c.inOrder() {
		if name != "" {
			choice.Options = append(choice.Options, name)
		}
	}
	if c.status != "" && !slices.Contains(choice.Options, c.status) {
		choice.Options = append(choice.Options, c.status)
	}
	return page.Filter{Path: "/", Search: "Search users", Name: "q", Is: q.Get("q"), Choices: []page.Choice{choice}}
}

func (c *Crowd) last() int { return max(1, (c.found+peopleShown-1)/peopleShown) }

func peopleTable(c *Crowd, v *View, back string) template.HTML {
	if len(c.shown) == 0 {
		return drawn("quiet", "No user is like that.")
	}
	t := page.Table{Caption: "Users", Head: append(append([]string{"user"}, v.Head...), "another admin")}
	for _, p := range c.shown {
		to := v.To
		if !slices.Contains(to, p.Is) {
			to = append(slices.Clone(to), p.Is)
		}
		row := []any{p.Name}
		for _, cell := range p.Cells {
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, append(row, drawn("move", struct {
			Path, Name, Is, Choice, Back string
			To                           []string
		}{url.PathEscape(p.Name), p.Name, p.Is, v.Choice, back, to})))
	}
	return t.HTML()
}

// requestsTable shows the last requests of the protocol. What the page itself asks for is none of them.
func (f *Front[F]) requestsTable(behind []Asked) template.HTML {
	all := append(f.Requests(), behind...)
	slices.SortStableFunc(all, func(a, b Asked) int { return b.At.Compare(a.At) })
	if len(all) == 0 {
		return drawn("quiet", "There were no requests yet.")
	}
	t := page.Table{
		Caption: "The newest first", Head: []string{"At", "Method", "Path", "Bytes", "Status"},
		Numbers: []int{3, 4},
	}
	for _, a := range all[:min(len(all), shownRequests)] {
		status := any("–")
		if a.Status != 0 {
			status = strconv.Itoa(a.Status)
		}
		t.Rows = append(t.Rows, []any{page.Time(a.At), a.Method, a.Path, a.Size, status})
	}
	return t.HTML()
}
