package page

import (
	_ "embed"
	"html/template"
	"maps"
	"net/url"
	"strconv"
	"strings"
)

// Pages that a server shows: filters, numbered parts of long tables, and parts that are shown again by themselves.

//go:embed live.js
var live string

//go:embed live.html
var liveSource string

var served = template.Must(template.Must(pieces.Clone()).Parse(liveSource))

// Live is the script of pages with filters or with parts that move. Such a page adds "connect-src 'self'" to its
// policy.
func Live() template.JS { return template.JS(live) }

func servedPiece(name string, of any) template.HTML {
	out := strings.Builder{}
	if err := served.ExecuteTemplate(&out, name, of); err != nil {
		panic(err) // they are ours and write into memory
	}
	return template.HTML(out.String())
}

// LivePart is shown again by itself when a filter changes, and every two seconds while it moves. The id is its own on
// the page.
func LivePart(id string, moves bool, body ...template.HTML) template.HTML {
	return servedPiece("live", struct {
		ID    string
		Moves bool
		Body  template.HTML
	}{id, moves, Join(body...)})
}

// Found says how many were found; a screen reader says it aloud when it changes. A page has one.
func Found(text string) template.HTML { return servedPiece("found", text) }

// Anchor is a link inside a text or a cell.
func Anchor(name, path string) template.HTML {
	return servedPiece("link", Link{Name: name, Path: path})
}

// Filter is a form that narrows a list: a search, when it has a label, and choices.
type Filter struct {
	Path    string
	Search  string // the label; empty: no search
	Name    string // of the search's field
	Is      string // what was searched for
	Choices []Choice
}

// Choice is one of a filter's choices; empty is no choice.
type Choice struct {
	Name, Label, All string
	Options          []string
	Is               string
}

// HTML draws the form.
func (f Filter) HTML() template.HTML { return servedPiece("filter", f) }

// Pager leads through the pages of a long table. Number and last begin at 1; the query is kept, and its page replaced.
// The path may end with the id of the table's place, behind a #.
func Pager(label, path string, query url.Values, number, last int) template.HTML {
	at := func(n int) string {
		if n < 1 || n > last {
			return ""
		}
		q := maps.Clone(query)
		if q == nil {
			q = url.Values{}
		}
		q.Set("page", strconv.Itoa(n))
		to, place, hasPlace := strings.Cut(path, "#")
		if to += "?" + q.Encode(); hasPlace {
			to += "#" + place
		}
		return to
	}
	return servedPiece("pager", struct {
		Label, Before, Behind string
		Number, Last          int
	}{label, at(number - 1), at(number + 1), number, last})
}
