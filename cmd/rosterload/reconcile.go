package main

import (
	"strconv"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/connector"
	"rosterload/loader/inspect"
)

func reconcileVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "reconcile", Usage: "compare an export of the product with a roster; nothing is written to any org",
		ArgsUsage: "EXPORT ROSTER",
		Description: "Writes ROSTER.RUN.reconcile.csv and ticks the lines of a work order that were carried out. Rows of the roster's\n" +
			"runs that rest on trust are settled where the export shows them: their results are written again, as a further revision.\n" +
			"Exits as the newest of them now does; 4 when anything else differs, else 0.",
		Flags: join(targetFlags(), siteFlags(), columnFlags(), speechFlags(),
			[]cli.Flag{text("results", "folder of the file (default beside the roster)")}),
		Action: func(c *cli.Context) error { return reconcile(c, v) },
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
		if err := printReconciled(c, v, saw); err != nil || saw.Exit == 0 {
			return err
		}
		return exit(saw.Exit)
	})
}

// rowOf is blank for what is in no line of the roster.
func rowOf(one connector.Compared) string {
	if one.Row == 0 {
		return ""
	}
	return strconv.Itoa(one.Row)
}

func printReconciled(c *cli.Context, v *voice, saw *inspect.Reconciled) error {
	if v.document {
		return v.show(saw)
	}
	t := newGrid(v, "row", "subject", "state", "column", "wanted", "found", "note")
	for _, one := range saw.Compared {
		if one.State != connector.Agrees && len(t.rows) < mostRows {
			t.add(rowOf(one), one.Subject, one.State, one.Column, one.Wanted, one.Found, one.Note)
		}
	}
	if len(t.rows) > 0 {
		t.draw()
	}
	v.say("reconcile %s", saw.File)
	v.say("%d agree, %d differ, %d only in the roster, %d only in the export, %d not comparable",
		saw.Counts[connector.Agrees], saw.Counts[connector.Differs], saw.Counts[connector.OnlyRoster],
		saw.Counts[connector.OnlyExport], saw.Counts[connector.NotComparable])
	if saw.Open != "" {
		v.say("run %s of this roster is open, and its results stay as they are", saw.Open)
		v.say("next:    %s   and then this again", commandOf(c)("resume", saw.Open))
	}
	for _, id := range saw.Earlier {
		if saw.Summary != nil {
			v.say("rows of run %s are settled, too", id)
		}
	}
	if saw.Summary != nil {
		printSummary(v, saw.Summary, commandOf(c))
	}
	return nil
}
