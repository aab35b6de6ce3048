package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// newApp puts the verbs together. Errors come back to main, which alone ends the process.
func newApp(v voice) *cli.App {
	onUsage := func(_ *cli.Context, err error, _ bool) error {
		text := err.Error()
		if name, ok := strings.CutPrefix(text, "flag provided but not defined: "); ok {
			text = "flags stand behind the verb, and " + name + " before it"
		}
		return usage("rosterload VERB --help lists the flags of a verb", "%s", text)
	}
	app := &cli.App{
		Name: "rosterload", Usage: "carry a roster to an org, removals first, and prove what became of every line",
		UsageText:       "rosterload VERB [flags] [arguments]",
		Version:         version,
		HideVersion:     true,
		HideHelpCommand: true,
		Writer:          v.out, ErrWriter: v.err,
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   onUsage,
		Flags:          []cli.Flag{&cli.BoolFlag{Name: "version", Usage: "print the version"}},
		Action: func(c *cli.Context) error {
			switch {
			case c.Bool("version"):
				v.say("rosterload %s", version)
				return nil
			case c.Args().Present():
				return usage("rosterload --help lists the verbs", "unknown verb %q", c.Args().First())
			}
			return cli.ShowAppHelp(c)
		},
		Commands: []*cli.Command{
			loadVerb(v), planVerb(v), resumeVerb(v), retryVerb(v), checkVerb(v), runsVerb(v), showVerb(v), resultsVerb(v), reconcileVerb(v), simulateVerb(v), initVerb(v),
			watchVerb(v), feedsVerb(v), holdsVerb(v), approveVerb(v), rejectVerb(v), pauseVerb(v), unpauseVerb(v),
		},
	}
	for _, verb := range app.Commands {
		action := verb.Action
		verb.Action = func(c *cli.Context) error { return hinted(c, action(c)) }
		verb.OnUsageError, verb.HideHelpCommand = undefined(verb), true
	}
	return app
}

// undefined makes cli's complaint about a flag one of ours.
func undefined(verb *cli.Command) cli.OnUsageErrorFunc {
	return func(_ *cli.Context, err error, _ bool) error {
		text := err.Error()
		if name, ok := strings.CutPrefix(text, "flag provided but not defined: "); ok {
			text = fmt.Sprintf("%s has no flag -%s", verb.Name, name)
		}
		return usage("rosterload "+verb.Name+" --help", "%s", text)
	}
}

// arguments are exactly these many, or between these many.
func arguments(c *cli.Context, least, most int, what string) error {
	switch n := c.NArg(); {
	case n < least:
		return usage("rosterload "+c.Command.Name+" --help", "%s needs %s", c.Command.Name, what)
	case n > most:
		return usage("rosterload "+c.Command.Name+" --help", "%s takes %s and nothing more; %q is too much", c.Command.Name, what, c.Args().Get(most))
	}
	return nil
}
