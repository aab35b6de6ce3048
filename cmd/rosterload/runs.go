package main

import (
	"encoding/json"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli/v2"

	"rosterload/loader"
)

func runsVerb(v voice) *cli.Command {
	return &cli.Command{
		Name: "runs", Usage: "list the runs of this home",
		Flags: join(homeFlags(), speechFlags()),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, 0, "no argument"); err != nil {
				return err
			}
			runs, passed, err := loader.Runs(homeOf(c))
			if err != nil {
				return err
			}
			for _, p := range passed {
				v.note("passed over %v", p)
			}
			return printRuns(c, v, runs)
		},
	}
}

func printRuns(c *cli.Context, v voice, runs []*loader.Run) error {
	if c.Bool("json") {
		list := []loader.Glance{}
		for _, r := range runs {
			list = append(list, r.Glance())
		}
		data, err := json.MarshalIndent(list, "", "  ")
		v.say("%s", data)
		return err
	}
	if len(runs) == 0 {
		v.say("no runs yet in %s", homeOf(c))
		return nil
	}
	t := newTable(v, "run", "target", "roster", "rows", "state", "exit")
	for _, r := range runs {
		g := r.Glance()
		t.AppendRow(table.Row{g.Run, g.Target, g.Roster, g.Rows, g.State, g.Exit})
	}
	t.Render()
	return nil
}

func showVerb(v voice) *cli.Command {
	return &cli.Command{
		Name: "show", Usage: "say what is known of a run", ArgsUsage: "RUN",
		Flags: join(homeFlags(), speechFlags()),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, 1, "one run"); err != nil {
				return err
			}
			run, err := loader.Open(homeOf(c), c.Args().First())
			if err != nil {
				return err
			}
			return show(c, v, run)
		},
	}
}

func show(c *cli.Context, v voice, run *loader.Run) error {
	summary, err := run.Summary()
	if err != nil {
		return err
	}
	if c.Bool("json") {
		data, err := json.MarshalIndent(struct {
			loader.Glance
			Summary any `json:"summary,omitempty"`
		}{run.Glance(), summary}, "", "  ")
		v.say("%s", data)
		return err
	}
	g := run.Glance()
	v.say("run %s on %s: %s", g.Run, g.Target, g.State)
	v.say("folder   %s", run.Folder)
	t := newTable(v, "batch", "rows", "job", "state")
	for _, b := range g.Batches {
		t.AppendRow(table.Row{b.Name, b.Rows, b.JobID, b.State})
	}
	if len(g.Batches) > 0 {
		t.Render()
	}
	if summary == nil {
		return nil
	}
	if err := printRows(v, summary, run.Rows()); err != nil {
		return err
	}
	printSummary(v, summary)
	return nil
}

func resultsVerb(v voice) *cli.Command {
	return &cli.Command{
		Name: "results", Usage: "write the results of a run again, from what is on disk", ArgsUsage: "RUN",
		Description: "Asks the org nothing. The next revision is written, beside the roster and in the run's folder.",
		Flags:       join(targetFlags()[1:], homeFlags(), speechFlags()),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, 1, "one run"); err != nil {
				return err
			}
			run, err := loader.Open(homeOf(c), c.Args().First())
			if err != nil {
				return err
			}
			open, err := openTarget(c.Context, c, v, run.Target)
			if err != nil {
				return err
			}
			defer open.close()
			options, done, err := optionsOf(c, v, open)
			if err != nil {
				return err
			}
			summary, err := loader.Results(c.Context, options, run.ID)
			done()
			return report(c, v, summary, err)
		},
	}
}
