package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/connector/all"
	"rosterload/loader/terms"
	"rosterload/transform"
	"rosterload/validate"
)

func explainVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "explain", Usage: "say what a reason code, a next step or an exit code means, and what cures it",
		ArgsUsage:   "CODE",
		Description: "rosterload help codes shows all of them.",
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, 1, "one code"); err != nil {
				return err
			}
			return explain(v, c.Args().First())
		},
	}
}

func explain(v *voice, word string) error {
	if found, ok := explanation(word); ok {
		v.say("%s\n  %s", word, found.Means)
		if found.Cure != "" {
			v.say("  cure: %s", found.Cure)
		}
		return nil
	}
	return usage("rosterload help codes lists all", "no code is called %q%s", word,
		meant(strings.ToUpper(word), codeNames()))
}

// explanation finds a code, in any case. One of an org's own may be known by its beginning alone.
func explanation(word string) (validate.Code, bool) {
	begins, found := validate.Code{}, false
	for _, part := range codeTable() {
		for _, code := range part.codes {
			beginning, open := strings.CutSuffix(code.Code, "*")
			switch {
			case strings.EqualFold(code.Code, word):
				return code, true
			case open && len(word) > len(beginning) && strings.EqualFold(word[:len(beginning)], beginning):
				begins, found = code, true
			}
		}
	}
	return begins, found
}

// codePart is one section of the table of codes.
type codePart struct {
	title string
	codes []validate.Code
}

// codeTable is all that is explained; docs/codes.md is made from it.
func codeTable() []codePart {
	parts := []codePart{
		{"Lines of the roster", validate.Codes},
		{"Users", transform.Codes},
		{"Feeds", terms.Codes},
		{"Runs", loader.Codes},
	}
	said := map[string]bool{}
	for _, of := range all.Connectors {
		part := codePart{title: "Kind " + of.Name}
		for _, code := range of.Codes { // what two kinds have in common is explained once
			if !said[code.Code] {
				part.codes = append(part.codes, code)
				said[code.Code] = true
			}
		}
		parts = append(parts, part)
	}
	parts = append(parts, codePart{"Next steps", transform.NextSteps}, codePart{title: "Exit codes"})
	for _, e := range exitCodes {
		last := &parts[len(parts)-1]
		last.codes = append(last.codes, validate.Code{Code: fmt.Sprint(e.code), Means: e.means, Cure: e.cure})
	}
	return parts
}

func codeNames() []string {
	var names []string
	for _, part := range codeTable() {
		for _, code := range part.codes {
			names = append(names, code.Code)
		}
	}
	return names
}

// codesPage is docs/codes.md.
func codesPage() string {
	page := strings.Builder{}
	page.WriteString("# Reason codes\n\nEach row of a results file that did not simply succeed has one. `rosterload explain CODE` shows a single one.\n")
	for _, part := range codeTable() {
		fmt.Fprintf(&page, "\n## %s\n\n| code | means | cure |\n|---|---|---|\n", part.title)
		for _, code := range part.codes {
			fmt.Fprintf(&page, "| `%s` | %s | %s |\n", code.Code, code.Means, code.Cure)
		}
	}
	return page.String()
}
