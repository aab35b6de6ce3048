// Package console shows pages over a home: its runs, one run, one person, the feeds and holds, the ledger. It reads and
// never writes, not even an index, and no request changes anything: what a page cannot tell without writing, it does
// not tell.
//
//	request ─▶ gate: host, method, token ─▶ a page ─▶ run, evidence, feeds: read again each time
//
// Cells are text. What a page shows is bounded: long tables have pages, which are cut here and not in the browser.
package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"time"

	"rosterload/loader/feeds"
	"rosterload/loader/page"
	"rosterload/loader/run"
	"rosterload/validate"
)

// Console is the pages over one home.
type Console struct {
	Home  string
	Token string // that lets a reader in
	// Cookie is the name of the cookie that keeps the token: two consoles on one host, at two ports, are two.
	Cookie string
	// Known tells whether a name is one of this console's: a page of another name that leads here is not answered.
	Known func(host string) bool
	// Feeds reads the feeds of the config; nil when there is no config.
	Feeds func() ([]*feeds.Feed, error)
	// Command spells a command for people.
	Command func(verb string, args ...string) string

	// Codes are the reason codes of a kind, which say what each means.
	Codes func(kind string) []validate.Code

	shelf    shelf
	contents contents
	heavy    chan struct{} // held by requests that read much
}

// atOnce is how many requests may read much at the same time; further ones wait.
const atOnce = 2

// Handler serves the console.
func (c *Console) Handler() http.Handler {
	c.heavy = make(chan struct{}, atOnce)
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", c.answer(c.runs))
	mux.HandleFunc("/run/{id}", c.answer(c.run))
	mux.HandleFunc("/person", c.answer(c.person))
	mux.HandleFunc("/feeds", c.answer(c.feeds))
	mux.HandleFunc("/ledger", c.answer(c.ledger))
	mux.HandleFunc("/", c.answer(func(*http.Request) (view, error) { return view{}, notHere("There is no such page.") }))
	return c.gate(mux)
}

// view is what a page is made of.
type view struct {
	title string
	here  string // the path of the page's place in the navigation
	body  template.HTML
}

// missing is an address under which there is nothing.
type missing string

func (m missing) Error() string { return string(m) }

func notHere(format string, args ...any) error { return missing(fmt.Sprintf(format, args...)) }

// answer makes a page, and says in a page why there is none.
func (c *Console) answer(make func(*http.Request) (view, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := make(r)
		status := http.StatusOK
		var none missing
		switch {
		case errors.Is(err, context.Canceled):
			return // the reader has gone away
		case errors.As(err, &none):
			status, v = http.StatusNotFound, view{title: "Not found", body: page.Join(head("Not found", none.Error()))}
		case err != nil:
			status, v = http.StatusInternalServerError, view{
				title: "This cannot be shown",
				body:  page.Join(head("This cannot be shown", ""), wrong(err.Error())),
			}
		}
		c.write(w, status, v)
	}
}

var places = []page.Link{
	{Name: "Runs", Path: "/"},
	{Name: "Person", Path: "/person"},
	{Name: "Feeds and holds", Path: "/feeds"},
	{Name: "Ledger", Path: "/ledger"},
}

// write sends a page. It is made whole first: an error in the middle must not look like the end of a list.
func (c *Console) write(w http.ResponseWriter, status int, v view) {
	p := page.Page{Title: v.title + " · rosterload", Body: v.body, Scripts: []template.JS{page.Live()}}
	for _, place := range places {
		place.Here = place.Path == v.here
		p.Nav = append(p.Nav, place)
	}
	writePage(w, status, p)
}

func writePage(w http.ResponseWriter, status int, p page.Page) {
	var text bytes.Buffer
	if err := p.Render(&text); err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy",
		p.Policy("connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'"))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = text.WriteTo(w) // a reader that has gone away is no trouble of ours
}

// much waits until this request may read much, and gives way when its reader goes away.
func (c *Console) much(ctx context.Context) (done func(), err error) {
	select {
	case c.heavy <- struct{}{}:
		return func() { <-c.heavy }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pageOf is the number of the page that was asked for, from 1.
func pageOf(r *http.Request) int {
	n, err := strconv.Atoi(r.FormValue("page"))
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// cut is the part of a list that a page shows, and how many pages there are.
func cut[T any](all []T, number, most int) (part []T, at, last int) {
	last = max(1, (len(all)+most-1)/most)
	at = min(number, last)
	return all[(at-1)*most : min(at*most, len(all))], at, last
}

func stamp(text string) any {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return page.Time(at)
}

func runLink(id string) template.HTML { return drawn("run", id) }

// openRun reads a run of the home. A name is looked for among those that are there, so that none leads out of the home.
func (c *Console) openRun(id string) (*run.Run, error) {
	names, err := run.Names(c.Home)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, id) {
		return nil, notHere("This home has no run %q.", id)
	}
	r, err := run.Begun(c.Home, id)
	if err == nil && r == nil {
		return nil, notHere("Run %q has not begun.", id)
	}
	return r, err
}
