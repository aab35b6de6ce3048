// Package page holds what our HTML pages share: the report, the console and the pages of the pretend orgs.
//
// A page is a Page: its title, its body, and further scripts. Render writes it whole, with the one style and the one
// script inside, so that a page needs nothing else from anywhere. The policy that a browser is to keep is Policy: a
// server sends it as a header, and a page that is opened as a file carries it in itself (OnDisk).
//
// The pieces return template.HTML: Bar, TimeLine, Table, Facts, Badge, Code, Time. Texts that they are given are text,
// whatever they hold: markup is escaped and marks that cannot be seen are spelled out. A body is joined from pieces by
// Join, or written by a template of the caller's whose functions are Funcs.
package page

import (
	"crypto/sha256"
	_ "embed" // the style, the script and the pieces are files, so that editors know what they are
	"encoding/base64"
	"html/template"
	"io"
	"strings"
)

//go:embed page.css
var style string

//go:embed page.js
var script string

//go:embed pieces.html
var source string

// Funcs are the pieces as functions of a template.
var Funcs = template.FuncMap{
	"badge": Badge, "bar": Bar, "code": Code, "count": Count, "facts": Facts, "plain": Plain, "table": Table.HTML,
	"time":     Time,
	"timeline": TimeLine,
}

var pieces = template.Must(template.New("pieces").Funcs(template.FuncMap{
	"plain": Plain, "count": Count,
	"hasLong": hasLong,
}).Parse(source))

// Page is one HTML page.
type Page struct {
	Title   string
	Nav     []Link // the way to the other pages; a report has none
	Body    template.HTML
	Styles  []template.CSS // beside the one that every page has
	Scripts []template.JS  // likewise
	OnDisk  bool           // it is opened as a file: the policy is written into it
}

// Link leads to another page of ours.
type Link struct {
	Name, Path string
	Here       bool // it leads to this very page
}

// Render writes the page.
func (p Page) Render(w io.Writer) error {
	return pieces.ExecuteTemplate(w, "page", p)
}

// Style and Common are what each page has inside. They are methods for the template's sake.
func (Page) Style() template.CSS { return template.CSS(style) }

// Common is the script of every page: it shows times in the reader's zone.
func (Page) Common() template.JS { return template.JS(script) }

// Policy is the page's Content-Security-Policy: these styles and scripts, and nothing from anywhere else. A page
// with forms adds "form-action 'self'"; without it a form cannot be sent.
func (p Page) Policy(more ...string) string {
	scripts := []string{"script-src", digest(script)}
	for _, s := range p.Scripts {
		scripts = append(scripts, digest(string(s)))
	}
	styles := []string{"style-src", digest(style)}
	for _, s := range p.Styles {
		styles = append(styles, digest(string(s)))
	}
	rules := append([]string{"default-src 'none'", strings.Join(scripts, " "), strings.Join(styles, " ")}, more...)
	return strings.Join(append(rules, "base-uri 'none'"), "; ")
}

// Meta is the policy of a page on disk. Nothing can be sent from it.
func (p Page) Meta() string { return p.Policy("form-action 'none'") }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Join puts pieces one behind the other.
func Join(parts ...template.HTML) template.HTML {
	all := strings.Builder{}
	for _, p := range parts {
		all.WriteString(string(p))
	}
	return template.HTML(all.String())
}

// piece draws one of the pieces. They are ours and write into memory: one that fails is a bug.
func piece(name string, of any) template.HTML {
	out := strings.Builder{}
	if err := pieces.ExecuteTemplate(&out, name, of); err != nil {
		panic(err)
	}
	return template.HTML(out.String())
}
