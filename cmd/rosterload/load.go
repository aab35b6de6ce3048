package main

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/feeds"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

func loadVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "load", Usage: "carry a roster to its org, removals first", ArgsUsage: "ROSTER",
		Description: "Reads ROSTER (- is stdin), sends what has to change, waits until the org has carried it out, and writes the results\n" +
			"beside it. Writes nothing but the request field. Exits 0 when all is well; the other exit codes stand below.",
		Flags: join(targetFlags(), siteFlags(), runFlags(), renderingFlags(), columnFlags(), ownFlags(), reasonFlags(), speechFlags()),
		Action: func(c *cli.Context) error {
			return carry(c, v, loader.Load)
		},
	}
}

func planVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "plan", Usage: "show what a load would send, and seal it; nothing is sent", ArgsUsage: "ROSTER",
		Description: "All of a load but the sending. `rosterload resume RUN` carries the very plan out.",
		Flags: join(targetFlags(), siteFlags(), runFlags(), renderingFlags(), columnFlags(), ownFlags(),
			reasonFlags(), speechFlags()),
		Action: func(c *cli.Context) error {
			return carry(c, v, loader.Plan)
		},
	}
}

func resumeVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "resume", Usage: "go on with a run where it ended", ArgsUsage: "[RUN]",
		Description: "Takes the one open load, or the run that is named. The flags are those that the load was given.",
		Flags: join(targetFlags(), siteFlags(), renderingFlags(), reasonFlags(), speechFlags(), []cli.Flag{
			yes("unattended", "no person has asked for this resume: after a silent stop no upserts are sent"),
			count("allow-removals", "go on with exactly this many removals"),
			duration("wait", "patience with the org (default that of the load)"),
			duration("wait-for-lock", "wait so long for another run on the same org"),
		}),
		Action: func(c *cli.Context) error {
			meant := func(home string) (*run.Run, error) { return run.Resumable(home, c.String("target")) }
			return goOn(c, v, meant, loader.Carry)
		},
	}
}

func retryVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "retry", Usage: "ask the org once more for the rows that it failed", ArgsUsage: "[RUN]",
		Description: "After licences were bought or a group was made. Sets nothing but the provisioning status, " +
			"to the org's own word for \"try\n" +
			"again\", for rows whose failure the org still shows. Writes the run's results again. Never does a load do this by itself.",
		Flags: join(siteFlags(), renderingFlags(), reasonFlags(), speechFlags(), []cli.Flag{
			&cli.DurationFlag{
				Name: "wait", Usage: "patience with the org", Value: 30 * time.Minute, DefaultText: "30m",
				EnvVars: env("wait"),
			},
			duration("wait-for-lock", "wait so long for another run on the same org"),
		}),
		Action: func(c *cli.Context) error {
			meant := func(home string) (*run.Run, error) { return loader.Retryable(home, retryCodes) }
			return goOn(c, v, meant, loader.Retry)
		},
	}
}

// carry is load and plan: flags, one call, one print.
func carry(
	c *cli.Context, v *voice, what func(context.Context, loader.Options, string) (*results.Summary, error),
) error {
	if err := arguments(c, 1, 1, "one roster"); err != nil {
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
		if o.Terms, err = feeds.OfTarget(found.shared); err != nil {
			return err
		}
		summary, err := what(c.Context, o, c.Args().First())
		return report(c, v, summary, err)
	})
}

// goOn is resume, retry and results: a run that is there, and what is to be done with it.
func goOn(
	c *cli.Context, v *voice, meant func(home string) (*run.Run, error),
	what func(context.Context, loader.Options, string) (*results.Summary, error),
) error {
	if err := arguments(c, 0, 1, "one run"); err != nil {
		return err
	}
	p, err := findSite(c)
	if err != nil {
		return err
	}
	r, err := named(p.home, c.Args().First(), meant)
	if err != nil {
		return err
	}
	return p.withTarget(c, v, r.Target, 0, func(o loader.Options, _ *opened) error {
		o.Flags.AllowRemovals, o.Flags.Wait = c.Int("allow-removals"), c.Duration("wait")
		o.Flags.Renderings, o.Unattended = renderingsOf(c), c.Bool("unattended")
		if wait := c.Duration("wait"); c.IsSet("wait") {
			o.Wait = &wait
		}
		summary, err := what(c.Context, o, r.ID)
		return report(c, v, summary, err)
	})
}

// named is the run of that name, or, without a name, the one that is meant.
func named(home, name string, meant func(home string) (*run.Run, error)) (*run.Run, error) {
	if name == "" {
		return meant(home)
	}
	return run.Open(home, name)
}

// report prints a summary and makes the exit code of it. The sentence that ended the run comes last.
func report(c *cli.Context, v *voice, s *results.Summary, err error) error {
	if s == nil {
		return err
	}
	v.sent = len(s.Jobs) > 0
	well := s.Exit == run.ExitOK || s.Exit == run.ExitNothing
	switch {
	case v.document:
		if err := v.show(s); err != nil {
			return err
		}
	case !v.quiet || !well:
		printSummary(v, s, commandOf(c))
	}
	if err != nil && (!v.quiet || !well) {
		v.complain(err, endHint(c, s, err))
	}
	if s.Exit == run.ExitOK {
		return nil
	}
	return exit(s.Exit)
}

// endHint is what to type after a run that was ended early. A sign-in or a right is looked at first, and then the run
// goes on.
func endHint(c *cli.Context, s *results.Summary, err error) string {
	command := commandOf(c)
	if s.Exit == run.ExitDenied {
		return command("check", s.Target) + "   and then: " + command("resume", s.Run)
	}
	if hint := hintOf(c, err); hint != "" {
		return hint
	}
	return s.Next
}

// retryCodes are the reason codes of a kind that retry may take.
func retryCodes(kind string) []string {
	if of := connectorOf(kind); of != nil {
		return of.RetryCodes
	}
	return nil
}
