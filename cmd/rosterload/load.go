package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/results"
)

func loadVerb(v voice) *cli.Command {
	return &cli.Command{
		Name: "load", Usage: "carry a roster to its org, removals first", ArgsUsage: "ROSTER",
		Description: "Reads ROSTER (- is stdin), sends what has to change, waits until the org has carried it out, and writes the results\n" +
			"beside it. Writes nothing but the request field. Exits 0 when all is well; see the README for the rest.",
		Flags: join(targetFlags(), homeFlags(), runFlags(), columnFlags(), ownFlags(), speechFlags()),
		Action: func(c *cli.Context) error {
			return carry(c, v, loader.Load)
		},
	}
}

func planVerb(v voice) *cli.Command {
	return &cli.Command{
		Name: "plan", Usage: "show what a load would send, and seal it; nothing is sent", ArgsUsage: "ROSTER",
		Description: "All of a load but the sending. `rosterload resume RUN` carries the very plan out.",
		Flags:       join(targetFlags(), homeFlags(), runFlags(), columnFlags(), ownFlags(), speechFlags()),
		Action: func(c *cli.Context) error {
			return carry(c, v, loader.Plan)
		},
	}
}

func resumeVerb(v voice) *cli.Command {
	return &cli.Command{
		Name: "resume", Usage: "go on with a run where it ended", ArgsUsage: "[RUN]",
		Description: "Takes the one open load, or the run that is named. The flags are those that the load was given.",
		Flags: join(targetFlags()[1:], homeFlags(), speechFlags(), []cli.Flag{
			&cli.IntFlag{Name: "allow-removals", Usage: "go on with exactly this many removals", EnvVars: env("allow-removals")},
			duration("wait-for-lock", "wait so long for another run on the same org"),
		}),
		Action: func(c *cli.Context) error {
			return goOn(c, v, loader.Resumable, loader.Carry)
		},
	}
}

func retryVerb(v voice) *cli.Command {
	return &cli.Command{
		Name: "retry", Usage: "ask the org once more for the rows that it failed", ArgsUsage: "[RUN]",
		Description: "After licences were bought or a group was made. Sets nothing but the provisioning status, to the org's own word for \"try\n" +
			"again\", for rows whose failure the org still shows. Writes the run's results again. Never does a load do this by itself.",
		Flags: join(targetFlags()[1:], homeFlags(), speechFlags(), []cli.Flag{
			&cli.DurationFlag{Name: "wait", Usage: "patience with the org", Value: 30 * time.Minute, EnvVars: env("wait")},
			duration("wait-for-lock", "wait so long for another run on the same org"),
		}),
		Action: func(c *cli.Context) error {
			return goOn(c, v, loader.Retryable, loader.Retry)
		},
	}
}

// carry is load and plan: flags, one call, one print.
func carry(c *cli.Context, v voice, what func(context.Context, loader.Options, string) (*results.Summary, error)) error {
	if err := arguments(c, 1, 1, "one roster"); err != nil {
		return err
	}
	open, err := openTarget(c.Context, c, v, c.String("target"))
	if err != nil {
		return err
	}
	defer open.close()
	flags, err := flagsOf(c, open)
	if err != nil {
		return err
	}
	options, done, err := optionsOf(c, v, open)
	if err != nil {
		return err
	}
	options.Flags = flags
	summary, err := what(c.Context, options, c.Args().First())
	done()
	return report(c, v, summary, err)
}

// goOn is resume and retry: a run that is there, and what is to be done with it.
func goOn(c *cli.Context, v voice, meant func(home string) (*loader.Run, error), what func(context.Context, loader.Options, string) (*results.Summary, error)) error {
	if err := arguments(c, 0, 1, "one run"); err != nil {
		return err
	}
	home := homeOf(c)
	run, err := named(home, c.Args().First(), meant)
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
	options.Flags.AllowRemovals, options.Flags.Wait = c.Int("allow-removals"), c.Duration("wait")
	summary, err := what(c.Context, options, run.ID)
	done()
	return report(c, v, summary, err)
}

// named is the run of that name, or, without a name, the one that is meant.
func named(home, name string, meant func(home string) (*loader.Run, error)) (*loader.Run, error) {
	if name == "" {
		return meant(home)
	}
	return loader.Open(home, name)
}

// report prints a summary and makes the exit code of it. The sentence that ended the run comes last.
func report(c *cli.Context, v voice, s *results.Summary, err error) error {
	if s == nil {
		return err
	}
	if c.Bool("json") {
		data, bad := json.MarshalIndent(s, "", "  ")
		if bad != nil {
			return bad
		}
		v.say("%s", data)
	} else {
		printSummary(v, s)
	}
	if err != nil {
		hint := hintOf(err)
		if hint == "" {
			hint = s.Next
		}
		v.complain(err, hint)
	}
	if s.Exit == 0 {
		return nil
	}
	return exit(s.Exit)
}
