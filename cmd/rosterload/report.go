package main

import (
	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/run"
)

func reportVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "write a run's report, one HTML page that needs nothing else", ArgsUsage: "RUN",
		Description: "Asks the org nothing and makes no revision. A report that was made with its run (--report " +
			"of load, plan, resume, retry, undo) is copied\n" +
			"as it was; one that is made now says of which revision it is, and verify has no evidence for it.",
		Flags: join(siteFlags(), speechFlags(), []cli.Flag{
			&cli.StringFlag{
				Name: "output", Aliases: []string{"o"},
				Usage: "the file (default ROSTER.RUN.report.html, beside the results)",
			},
		}),
		Action: func(c *cli.Context) error { return writeReport(c, v) },
	}
}

func writeReport(c *cli.Context, v *voice) error {
	if err := arguments(c, 1, 1, "one run"); err != nil {
		return err
	}
	p, err := findSite(c)
	if err != nil {
		return err
	}
	r, err := run.Open(p.home, c.Args().First())
	if err != nil {
		return err
	}
	kind := connectorOf(r.Kind)
	if kind == nil {
		return usage("", "run %s is of kind %q, which this version does not know", r.ID, r.Kind)
	}
	path, err := loader.Render(p.home, r.ID, "report", c.String("output"), kind)
	if err != nil {
		return err
	}
	if v.document {
		return v.show(map[string]any{"run": r.ID, "revision": r.Last.Number, "report": path})
	}
	v.say("%s: revision %d of run %s", path, r.Last.Number, r.ID)
	return nil
}
