package console

import (
	_ "embed"
	"html/template"
	"strings"

	"rosterload/loader/page"
)

//go:embed pieces.html
var source string

var pieces = template.Must(template.New("pieces").Funcs(page.Funcs).Parse(source))

// drawn draws one of the console's own pieces. They are ours and write into memory: one that fails is a bug.
func drawn(name string, of any) template.HTML {
	out := strings.Builder{}
	if err := pieces.ExecuteTemplate(&out, name, of); err != nil {
		panic(err)
	}
	return template.HTML(out.String())
}

func head(name, text string) template.HTML {
	return drawn("head", struct{ Name, Text string }{name, text})
}

func section(name string) template.HTML { return drawn("section", name) }

func text(of string) template.HTML { return drawn("text", of) }

func small(of string) template.HTML { return drawn("small", of) }

func quiet(of string) template.HTML { return drawn("quiet", of) }

func command(of string) template.HTML { return drawn("command", of) }

// note is a box; its tone is good, bad or neither.
func note(tone string, lines ...string) template.HTML {
	if len(lines) == 0 {
		return ""
	}
	return drawn("note", struct {
		Tone  string
		Lines []string
	}{tone, lines})
}

func wrong(lines ...string) template.HTML { return note("bad", lines...) }
