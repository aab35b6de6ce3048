package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/patience"
	"rosterload/loader/run"
)

func runsVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "runs", Usage: "list the runs of this home",
		Flags: join(siteFlags(), speechFlags()),
		Action: func(c *cli.Context) error {
			home, runs, err := listRuns(c, v)
			if err != nil {
				return err
			}
			return printRuns(v, home, runs)
		},
	}
}

// listRuns are the runs of a home that can be read, for a verb without arguments; the others are named.
func listRuns(c *cli.Context, v *voice) (home string, runs []*run.Run, err error) {
	if err := arguments(c, 0, 0, "no argument"); err != nil {
		return "", nil, err
	}
	p, err := findSite(c)
	if err != nil {
		return "", nil, err
	}
	runs, unread, err := run.List(p.home)
	for _, u := range unread {
		v.warn("cannot read run %s: %v", u.ID, u.Err)
	}
	return p.home, runs, err
}

func printRuns(v *voice, home string, runs []*run.Run) error {
	if v.document {
		list := []run.Status{}
		for _, r := range runs {
			list = append(list, r.Status())
		}
		return v.show(list)
	}
	notePauses(v, home)
	if len(runs) == 0 {
		v.say("no runs yet in %s", home)
		return nil
	}
	t := newGrid(v, "run", "target", "roster", "rows", "state", "exit")
	for _, r := range runs {
		g := r.Status()
		t.add(g.Run, g.Target, g.Roster, g.Rows, stateOf(g), exitOf(g))
	}
	t.draw()
	return nil
}

func showVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "show", Usage: "say what is known of a run", ArgsUsage: "RUN",
		Description: "With --wait it follows a run that a process holds, until the process lets go of it.",
		Flags: join(siteFlags(), speechFlags(),
			[]cli.Flag{&cli.BoolFlag{Name: "wait", Usage: "follow the run to its end first"}}),
		Action: func(c *cli.Context) error {
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
			if c.Bool("wait") {
				if r, err = follow(c.Context, v, p.home, r); err != nil {
					return err
				}
			}
			return show(c, v, r)
		},
	}
}

// follow looks at a run each second until no process holds it.
func follow(ctx context.Context, v *voice, home string, r *run.Run) (*run.Run, error) {
	line := newProgress(v)
	defer line.end()
	for {
		s := r.Status()
		if s.PID == 0 {
			return r, nil
		}
		p := loader.Progress{Stage: string(s.State)}
		for _, b := range r.Batches {
			p.Total += b.Rows
			if b.Done {
				p.Done += b.Rows
			}
		}
		line.watch(p)
		if err := patience.Sleep(ctx, time.Second); err != nil {
			return nil, err
		}
		var err error
		if r, err = run.Open(home, r.ID); err != nil {
			return nil, err
		}
	}
}

func show(c *cli.Context, v *voice, r *run.Run) error {
	summary, err := r.Summary()
	if err != nil {
		return err
	}
	if r.Pruned {
		summary = nil
	}
	if v.document {
		return v.show(struct {
			run.Status
			Summary any `json:"summary,omitempty"`
		}{r.Status(), summary})
	}
	g := r.Status()
	v.say("run %s on %s: %s", g.Run, g.Target, stateOf(g))
	v.say("folder   %s", r.Folder)
	t := newGrid(v, "batch", "rows", "job", "state")
	for _, b := range g.Batches {
		t.add(b.Name, b.Rows, b.JobID, b.State)
	}
	if len(g.Batches) > 0 {
		t.draw()
	}
	if summary == nil {
		return nil
	}
	if err := printRows(v, summary, r.Rows()); err != nil {
		return err
	}
	printSummary(v, summary, commandOf(c))
	return nil
}

func resultsVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "results", Usage: "write the results of a run again, from what is on disk", ArgsUsage: "RUN",
		Description: "Asks the org nothing. The next revision is written, beside the roster and in the run's folder.",
		Flags: join(siteFlags(), renderingFlags(), speechFlags(),
			[]cli.Flag{duration("wait-for-lock", "wait so long for another process on the same run")}),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, 1, "one run"); err != nil {
				return err
			}
			return goOn(c, v, nil, loader.Results)
		},
	}
}

// exitOf is blank before there is an exit code.
func exitOf(s run.Status) string {
	if s.Exit == nil || s.PID != 0 {
		return ""
	}
	return strconv.Itoa(*s.Exit)
}

// stateOf is the state in words.
func stateOf(s run.Status) string {
	if s.PID != 0 {
		return fmt.Sprintf("%s: pid %d on %s, since %s", s.State, s.PID, s.Host, s.Since)
	}
	if s.Note != "" {
		return string(s.State) + ": " + s.Note
	}
	return string(s.State)
}
