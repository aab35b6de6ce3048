package main

import (
	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/connector"
	"rosterload/loader/inspect"
)

func reconcileVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "reconcile", Usage: "hold an export of the product against a roster; nothing is written to any org", ArgsUsage: "EXPORT ROSTER",
		Description: "Writes ROSTER.RUN.reconcile.csv and ticks the lines of a work order that were carried out. Exits 0 when nothing differs, else 4.",
		Flags:       join(targetFlags(), siteFlags(), columnFlags(), speechFlags(), []cli.Flag{text("results", "folder of the file (default beside the roster)")}),
		Action:      func(c *cli.Context) error { return reconcile(c, v) },
	}
}

func reconcile(c *cli.Context, v *voice) error {
	if err := arguments(c, 2, 2, "an export and a roster"); err != nil {
		return err
	}
	p, err := findSite(c)
	if err != nil {
		return err
	}
	return p.withTarget(c, v, c.String("target"), 0, func(o loader.Options, found *opened) (err error) {
		if o.Flags, err = flagsOf(c, found); err != nil {
			return err
		}
		saw, err := loader.Reconcile(c.Context, o, c.Args().First(), c.Args().Get(1))
		if err != nil {
			return err
		}
		if err := printReconciled(v, saw); err != nil || saw.Exit == 0 {
			return err
		}
		return exit(saw.Exit)
	})
}

func printReconciled(v *voice, saw *inspect.Reconciled) error {
	if v.document {
		return v.show(saw)
	}
	t := newGrid(v, "row", "subject", "state", "column", "wanted", "found", "note")
	for _, one := range saw.Compared {
		if one.State != connector.Agrees && len(t.rows) < mostRows {
			t.add(one.Row, one.Subject, one.State, one.Column, one.Wanted, one.Found, one.Note)
		}
	}
	if len(t.rows) > 0 {
		t.draw()
	}
	v.say("reconcile %s", saw.File)
	v.say("%d agree, %d differ, %d only in the roster, %d only in the export, %d not comparable",
		saw.Counts[connector.Agrees], saw.Counts[connector.Differs], saw.Counts[connector.OnlyRoster], saw.Counts[connector.OnlyExport], saw.Counts[connector.NotComparable])
	return nil
}
