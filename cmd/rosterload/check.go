package main

import (
	"encoding/json"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli/v2"

	"rosterload/loader"
)

func checkVerb(v voice) *cli.Command {
	return &cli.Command{
		Name: "check", Usage: "sign in and look whether a load can work; nothing is written", ArgsUsage: "TARGET [ROSTER]",
		Description: "Exits 0 when nothing failed, 3 when our own sign-in, right or licence did, else 4.",
		Flags:       join(targetFlags(), homeFlags(), columnFlags(), speechFlags()),
		Action:      func(c *cli.Context) error { return check(c, v) },
	}
}

func check(c *cli.Context, v voice) error {
	if err := arguments(c, 0, 2, "a target, and a roster if you like"); err != nil {
		return err
	}
	name, roster := c.Args().First(), c.Args().Get(1)
	if name == "" {
		name = c.String("target")
	}
	open, err := openTarget(c.Context, c, v, name)
	if err != nil {
		return err
	}
	defer open.close()
	options, done, err := optionsOf(c, v, open)
	if err != nil {
		return err
	}
	defer done()
	if options.Flags, err = flagsOf(c, open.shared); err != nil {
		return err
	}
	saw, err := loader.Check(c.Context, options, roster)
	if saw != nil {
		if err := printCheck(c, v, saw); err != nil {
			return err
		}
	}
	switch {
	case err != nil:
		return err
	case saw.Exit != 0:
		return exit(saw.Exit)
	}
	return nil
}

func printCheck(c *cli.Context, v voice, saw *loader.Checked) error {
	if c.Bool("json") {
		data, err := json.MarshalIndent(saw, "", "  ")
		v.say("%s", data)
		return err
	}
	kind := "production"
	if saw.Org.Sandbox {
		kind = "sandbox"
	}
	v.say("org %s, %s, %s", saw.Org.Name, saw.Org.ID, kind)
	t := newTable(v, "", "check", "saw", "cure")
	for _, f := range saw.Findings {
		t.AppendRow(table.Row{f.Mark, f.Check, f.Saw, f.Cure})
	}
	t.Render()
	return nil
}
