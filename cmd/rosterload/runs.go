package main

import (
	"encoding/json"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/run"
)

func runsVerb(v voice) *cli.Command {
	return &cli.Command{
		Name: "runs", Usage: "list the runs of this home",
		Flags: join(homeFlags(), speechFlags()),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, 0, "no argument"); err != nil {
				return err
			}
			runs, unread, err := run.List(homeOf(c))
			if err != nil {
				return err
			}
			for _, u := range unread {
				v.note("cannot read run %s: %v", u.ID, u.Err)
			}
			return printRuns(c, v, runs)
		},
	}
}

func printRuns(c *cli.Context, v voice, runs []*run.Run) error {
	if c.Bool("json") {
		list := []run.Status{}
		for _, r := range runs {
			list = append(list, r.Status())
		}
		data, err := json.MarshalIndent(list, "", "  ")
		v.say("%s", data)
		return err
	}
	notePauses(c, v)
	if len(runs) == 0 {
		v.say("no runs yet in %s", homeOf(c))
		return nil
	}
	t := newTable(v, "run", "target", "roster", "rows", "state", "exit")
	for _, r := range runs {
		g := r.Status()
		t.AppendRow(table.Row{g.Run, g.Target, g.Roster, g.Rows, stateOf(g), g.Exit})
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
			r, err := run.Open(homeOf(c), c.Args().First())
			if err != nil {
				return err
			}
			return show(c, v, r)
		},
	}
}

func show(c *cli.Context, v voice, r *run.Run) error {
	summary, err := r.Summary()
	if err != nil {
		return err
	}
	if c.Bool("json") {
		data, err := json.MarshalIndent(struct {
			run.Status
			Summary any `json:"summary,omitempty"`
		}{r.Status(), summary}, "", "  ")
		v.say("%s", data)
		return err
	}
	g := r.Status()
	v.say("run %s on %s: %s", g.Run, g.Target, stateOf(g))
	v.say("folder   %s", r.Folder)
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
	if err := printRows(v, summary, r.Rows()); err != nil {
		return err
	}
	printSummary(v, summary)
	return nil
}

func resultsVerb(v voice) *cli.Command {
	return &cli.Command{
		Name: "results", Usage: "write the results of a run again, from what is on disk", ArgsUsage: "RUN",
		Description: "Asks the org nothing. The next revision is written, beside the roster and in the run's folder.",
		Flags:       join(targetFlags()[1:], homeFlags(), speechFlags(), []cli.Flag{duration("wait-for-lock", "wait so long for another process on the same run")}),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, 1, "one run"); err != nil {
				return err
			}
			return goOn(c, v, nil, loader.Results)
		},
	}
}

// stateOf is the state in words.
func stateOf(s run.Status) string {
	if s.Note != "" {
		return string(s.State) + ": " + s.Note
	}
	return string(s.State)
}
