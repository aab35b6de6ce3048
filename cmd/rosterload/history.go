package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"rosterload/loader/evidence"
	"rosterload/loader/run"
)

func historyVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "history", Usage: "say what the runs of this home did to one person", ArgsUsage: "USER",
		Description: "USER is a key in any spelling, or the record id. Oldest first. Exits 5 when no run has such a person, and 10 when kept rows are not\n" +
			"the ones that were written: none of such a file is told.",
		Flags: join(siteFlags(), speechFlags(), []cli.Flag{
			text("target", "of this target only", "t"),
			text("since", "a date such as 2026-11-23, or a span such as 30d"),
			yes("all", "also rows that changed nothing: Unchanged, Skipped, Not attempted"),
		}),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, 1, "one user"); err != nil {
				return err
			}
			return history(c, v)
		},
	}
}

func history(c *cli.Context, v *voice) error {
	since, err := sinceOf(c)
	if err != nil {
		return err
	}
	user := c.Args().First()
	h, err := evidenceHome(c)
	if err != nil {
		return err
	}
	past, err := evidence.History(h.Folder, user,
		evidence.HistoryOptions{Target: c.String("target"), Since: since, All: c.Bool("all")})
	if err != nil {
		return err
	}
	for _, why := range past.Unread {
		v.note("cannot read run %s", why)
	}
	if v.document {
		if past.Lines == nil {
			past.Lines = []evidence.PastLine{}
		}
		if err := v.show(past.Lines); err != nil {
			return err
		}
	} else {
		printPast(v, past)
	}
	switch altered := past.Altered; {
	case len(altered) > 0:
		return run.Stopf(run.ExitUnproved, run.Type("ledger", "check"), "kept rows of %s do not hold, and none of them is told: %s",
			many(len(altered), "run"), strings.Join(altered[:min(len(altered), 20)], "; "))
	case !past.Known:
		return run.Stopf(run.ExitNothing, run.Hint{}, "no run of this home has a person %q", user)
	}
	return nil
}

func printPast(v *voice, past *evidence.Past) {
	t := newGrid(v, "time", "run", "action", "before", "after", "result", "reason", "org user", "by", "given reason",
		"file", "row", "line")
	for _, l := range past.Lines {
		why := ""
		for _, g := range l.Reasons {
			why += fmt.Sprintf("%s %s ", g.Reason, g.Ticket)
		}
		file := l.File
		if l.Feed != "" {
			file = l.Feed + ": " + file
		}
		t.add(
			l.At, l.Run, l.Action, orNone(l.Before), orNone(l.After), l.Result, l.ReasonCode+" "+l.Reason, l.As, l.By,
			why, file, l.Row, l.Line,
		)
	}
	t.draw()
	v.say("%s", many(len(past.Lines), "line"))
	if past.Pruned > 0 {
		v.say("runs pruned: %d; their rows are no longer here", past.Pruned)
	}
}
