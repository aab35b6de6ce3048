package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gocarina/gocsv"
	words "github.com/jedib0t/go-pretty/v6/text"
	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/connector"
	"rosterload/loader/inspect"
)

func checkVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "check", Usage: "sign in and look whether a load can work; nothing is written",
		ArgsUsage: "TARGET [ROSTER]",
		Description: "With --people it lists what the org holds now and needs no roster. Exits 0 when nothing " +
			"failed, 3 when our own sign-in, right or licence did, else 4.",
		Flags: join(targetFlags(), siteFlags(), columnFlags(), ownFlags(), peopleFlags(), speechFlags(), []cli.Flag{
			text("results", "write the findings as a CSV into this folder, too"),
			yes("worst", "the worst findings first, instead of the roster's order"),
		}),
		Action: func(c *cli.Context) error { return check(c, v) },
	}
}

// checkPatience is how long a check tries one call: a person waits for it.
const checkPatience = 10 * time.Second

func check(c *cli.Context, v *voice) error {
	if err := arguments(c, 0, 2, "a target, and a roster if you like"); err != nil {
		return err
	}
	name, roster := c.Args().First(), c.Args().Get(1)
	if name == "" {
		name = c.String("target")
	}
	if err := peopleAlone(c, roster); err != nil {
		return err
	}
	p, err := findSite(c)
	if err != nil {
		return err
	}
	return p.withTarget(c, v, name, checkPatience, func(o loader.Options, found *opened) (err error) {
		if o.Flags, err = flagsOf(c, found); err != nil {
			return err
		}
		if c.Bool("people") {
			return checkPeople(c, v, o, found)
		}
		saw, err := loader.Check(c.Context, o, roster)
		if err := printChecked(c, v, found, saw); err != nil {
			return err
		}
		if err == nil && saw.Exit != 0 {
			return exit(saw.Exit)
		}
		return err
	})
}

// printChecked prints what was seen, also when the check was cut short.
func printChecked(c *cli.Context, v *voice, found *opened, saw *inspect.Checked) error {
	if saw == nil {
		return nil
	}
	if c.Bool("worst") {
		saw.WorstFirst()
	}
	if err := printCheck(v, saw); err != nil {
		return err
	}
	return keepCheck(c, v, found, saw)
}

func printCheck(v *voice, saw *inspect.Checked) error {
	if v.document {
		return v.show(saw)
	}
	kind := "production"
	if saw.Org.Sandbox {
		kind = "sandbox"
	}
	v.say("org %s, %s, %s", saw.Org.Name, saw.Org.ID, kind)
	if len(saw.Findings) == 0 {
		return nil
	}
	t := newGrid(v, "state", "subject", "type", "check", "found", "cure")
	t.colour = markColour
	findings := folded(saw.Findings)
	for _, f := range findings {
		t.add(f.Mark, f.Subject, f.Type, f.Check, f.Saw, f.Cure)
	}
	t.draw()
	v.say("%s", verdictOf(saw.Findings))
	return nil
}

// folded is a list in which what all users have in common stands once. The CSV and --json keep each.
func folded(all []connector.Finding) []connector.Finding {
	type same struct {
		mark       connector.Mark
		check, saw string
	}
	subjects, shared := map[string]bool{}, map[same]int{}
	for _, f := range all {
		if f.Subject != "" {
			subjects[f.Subject] = true
			shared[same{f.Mark, f.Check, f.Saw}]++
		}
	}
	told := map[same]bool{}
	var list []connector.Finding
	for _, f := range all {
		key := same{f.Mark, f.Check, f.Saw}
		if f.Subject != "" && len(subjects) > 1 && shared[key] == len(subjects) {
			if told[key] {
				continue
			}
			told[key], f.Subject, f.Type = true, fmt.Sprintf("all %d users", len(subjects)), ""
		}
		list = append(list, f)
	}
	return list
}

// verdictOf says what the findings mean for a load.
func verdictOf(all []connector.Finding) string {
	var stops []string
	lines, failing := "", map[string]bool{}
	for _, f := range all {
		switch {
		case f.Mark != connector.Fail:
		case f.Subject == "":
			stops = append(stops, f.Check)
		case f.Subject == inspect.OfRoster:
			lines = f.Saw
		default:
			failing[f.Subject] = true
		}
	}
	switch {
	case len(stops) > 0:
		return "a load would stop: " + strings.Join(stops, "; ")
	case lines != "":
		return "nothing stops a load; lines: " + lines
	case len(failing) > 0:
		return fmt.Sprintf("nothing stops a load; not ready: %s", many(len(failing), "user"))
	}
	return "nothing stops a load"
}

// markColour lets what failed stand out.
func markColour(header, cell string) words.Colors {
	if header != "state" {
		return nil
	}
	return map[connector.Mark]words.Colors{
		connector.Pass: {words.FgGreen}, connector.Warn: {words.FgYellow},
		connector.Fail: {words.FgRed},
	}[connector.Mark(cell)]
}

// found is one line of a check's CSV.
type found struct {
	Subject string `csv:"subject"`
	Type    string `csv:"type"`
	Check   string `csv:"check"`
	State   string `csv:"state"`
	Found   string `csv:"found"`
	Cure    string `csv:"cure"`
}

// keepCheck writes the findings into --results.
func keepCheck(c *cli.Context, v *voice, open *opened, saw *inspect.Checked) error {
	folder := c.String("results")
	if folder == "" {
		return nil
	}
	rows := make([]found, 0, len(saw.Findings))
	for _, f := range saw.Findings {
		subject := f.Subject
		if subject == "" {
			subject = "org"
		}
		rows = append(rows, found{subject, f.Type, f.Check, string(f.Mark), f.Saw, f.Cure})
	}
	data, err := gocsv.MarshalBytes(rows)
	if err != nil {
		return err
	}
	path := filepath.Join(folder, open.name+".check.csv")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return usage("use --results to name a folder that can be written", "%w", err)
	}
	if !c.Bool("json") {
		v.say("findings %s", path)
	}
	return nil
}
