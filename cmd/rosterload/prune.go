package main

import (
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader/evidence"
	"rosterload/loader/run"
)

func pruneVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "prune", Usage: "drop the rows of old runs and keep their evidence",
		Description: "Removes rosters, batches, outcomes, results and summaries of runs that are over from the " +
			"home, and keeps journals, manifests,\n" +
			"signatures and the ledger. Never an open run, nor the newest of an org, nor one whose evidence does not hold (10).",
		Flags: join(siteFlags(), speechFlags(), []cli.Flag{
			text("older-than", "runs that ended before that, such as 400d"),
			yes("dry-run", "say what would be dropped"),
		}),
		Action: func(c *cli.Context) error { return prune(c, v) },
	}
}

func prune(c *cli.Context, v *voice) error {
	if err := arguments(c, 0, 0, "no argument"); err != nil {
		return err
	}
	if !c.IsSet("older-than") {
		return usage("rosterload prune --older-than 400d",
			"prune needs --older-than: how old a run is whose rows are dropped")
	}
	span, err := spanOf(c.String("older-than"))
	if err != nil {
		return usage("rosterload prune --older-than 400d", "--older-than %q is no span such as 400d or 12h",
			c.String("older-than"))
	}
	h, err := evidenceHome(c)
	if err != nil {
		return err
	}
	done, err := h.Prune(c.Context, time.Now().Add(-span), c.Bool("dry-run"))
	if err != nil {
		return err
	}
	if err := printPruned(c, v, done); err != nil {
		return err
	}
	if len(done.Left) > 0 {
		return exit(run.ExitUnproved)
	}
	return nil
}

func printPruned(c *cli.Context, v *voice, done *evidence.Pruned) error {
	if v.document {
		return v.show(done)
	}
	word := "pruned"
	if c.Bool("dry-run") {
		word = "would prune"
	}
	for _, id := range done.Runs {
		v.say("%s %s", word, id)
	}
	for _, id := range done.Without {
		v.say("left %s: its version kept no evidence; %s makes it", id, commandOf(c)("results", id))
	}
	for _, why := range done.Left {
		v.say("left %s", why)
	}
	v.say("%s %s, %d bytes", word, many(len(done.Runs), "run"), done.Bytes)
	return nil
}

func exportVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "export", Usage: "write everything of a run, with its evidence, into one zip", ArgsUsage: "RUN",
		Description: "rosterload verify F.zip proves it.",
		Flags: join(siteFlags(), speechFlags(), []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "the zip (default RUN.zip)"},
		}),
		Action: func(c *cli.Context) error { return export(c, v) },
	}
}

func export(c *cli.Context, v *voice) error {
	if err := arguments(c, 1, 1, "one run"); err != nil {
		return err
	}
	h, err := evidenceHome(c)
	if err != nil {
		return err
	}
	r, err := run.Open(h.Folder, c.Args().First())
	if err != nil {
		return err
	}
	to := c.String("output")
	if to == "" {
		to = r.ID + ".zip"
	}
	done, err := h.Export(c.Context, r, to)
	if err != nil {
		return err
	}
	if v.document {
		return v.show(done)
	}
	v.say("%s: %s of run %s", to, many(len(done.Members), "file"), r.ID)
	return nil
}

func forgetVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "forget", Usage: "drop the kept rows of every run that has this person, where the law asks for it",
		ArgsUsage: "USER",
		Description: "As prune does for those runs, whatever their age. Lists the files outside the home that still hold a copy.\n" +
			"Exits 2 while one of the runs is open, 5 when no run has such a person.",
		Flags:  join(siteFlags(), speechFlags(), reasonFlags(), []cli.Flag{}),
		Action: func(c *cli.Context) error { return forget(c, v) },
	}
}

func forget(c *cli.Context, v *voice) error {
	if err := arguments(c, 1, 1, "one user"); err != nil {
		return err
	}
	why, err := given(c)
	if err != nil {
		return err
	}
	h, err := evidenceHome(c)
	if err != nil {
		return err
	}
	done, err := h.Forget(c.Context, c.Args().First(), why)
	if err != nil {
		return err
	}
	if v.document {
		return v.show(done)
	}
	for _, id := range done.Runs {
		v.say("dropped the rows of %s", id)
	}
	for _, path := range done.Elsewhere {
		v.say("outside the home: %s", path)
	}
	v.say("answers and mails that were sent hold copies as well, and so do backups")
	if done.Pruned > 0 {
		v.say("%s had been pruned before", many(done.Pruned, "run"))
	}
	return nil
}
