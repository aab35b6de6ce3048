package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// newApp puts the verbs together. Errors come back to main, which alone ends the process.
func newApp(v *voice) *cli.App {
	app := &cli.App{
		Name: "rosterload", Usage: "carry a roster to an org, removals first, and prove what became of every line",
		UsageText:       "rosterload VERB [flags] [arguments]",
		Version:         version,
		HideVersion:     true,
		HideHelpCommand: true,
		Writer:          v.out, ErrWriter: v.err,
		ExitErrHandler: func(*cli.Context, error) {},
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "version", Aliases: []string{"v"}, Usage: "print the version"},
			cli.HelpFlag,
		},
		Action: func(c *cli.Context) error { return noVerb(c, v) },
		Commands: []*cli.Command{
			loadVerb(v), planVerb(v), resumeVerb(v), retryVerb(v), checkVerb(v), runsVerb(v), showVerb(v),
			resultsVerb(v), reportVerb(v), reconcileVerb(v),
			watchVerb(v), feedsVerb(v), holdsVerb(v), approveVerb(v), rejectVerb(v), pauseVerb(v), unpauseVerb(v),
			explainVerb(v), initVerb(v), simulateVerb(v), consoleVerb(v), helpVerb(v), versionVerb(v),
			completionVerb(v), completeVerb(v),
			ledgerVerb(v), verifyVerb(v), historyVerb(v), undoVerb(v), pruneVerb(v), exportVerb(v), forgetVerb(v),
		},
	}
	app.CustomAppHelpTemplate = cli.AppHelpTemplate + "\n" + exitHelp() + "\n"
	app.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return beforeVerb(app, err) }
	for _, verb := range app.Commands {
		action := verb.Action
		verb.Action = func(c *cli.Context) error { return hinted(c, action(c)) }
		verb.OnUsageError, verb.HideHelpCommand = undefined(verb), true
		verb.CustomHelpTemplate = cli.CommandHelpTemplate + "\n" + exitHelp() + "\n"
	}
	return app
}

// noVerb is a command line without a verb, or with a word that is none.
func noVerb(c *cli.Context, v *voice) error {
	switch {
	case c.Bool("version"):
		v.say("rosterload %s", version)
		return nil
	case !c.Args().Present():
		return cli.ShowAppHelp(c)
	}
	word := c.Args().First()
	return usage("rosterload help lists the verbs", "unknown verb %q%s", word, meant(word, verbNames(c.App)))
}

// verbNames are those that a person may type.
func verbNames(app *cli.App) []string {
	var names []string
	for _, verb := range app.Commands {
		if !verb.Hidden {
			names = append(names, verb.Name)
		}
	}
	return names
}

const undefinedFlag = "flag provided but not defined: -"

// beforeVerb is a flag in front of the verb that is none of the program's own.
func beforeVerb(app *cli.App, err error) error {
	name, ok := strings.CutPrefix(err.Error(), undefinedFlag)
	if !ok {
		return usage("rosterload help", "%s", err)
	}
	for _, verb := range app.Commands {
		if _, known := takesValue(verb.Flags)[name]; known {
			return usage("rosterload "+verb.Name+" --help lists the flags of a verb",
				"flags stand behind the verb, and --%s before it", name)
		}
	}
	return usage("rosterload help lists the verbs", "there is no flag --%s", name)
}

// undefined makes cli's complaint about a flag one of ours.
func undefined(verb *cli.Command) cli.OnUsageErrorFunc {
	return func(_ *cli.Context, err error, _ bool) error {
		text := valueError(err.Error())
		if name, ok := strings.CutPrefix(text, undefinedFlag); ok {
			text = fmt.Sprintf("%s has no flag --%s%s", verb.Name, name, meant("--"+name, flagNames(verb)))
		}
		return usage("rosterload "+verb.Name+" --help", "%s", text)
	}
}

// What cli says of a flag's value, on the command line and in an environment variable.
var (
	badValue  = regexp.MustCompile(`^invalid value "(.*)" for flag -([\w-]+): `)
	badEnv    = regexp.MustCompile(`^could not parse "(.*)" as (\w+) value from environment variable "(\w+)"`)
	noValue   = regexp.MustCompile(`^flag needs an argument: -+([\w-]+)`)
	justDigit = regexp.MustCompile(`^\d+$`)
)

// valueError makes cli's complaint about a flag's value one of ours.
func valueError(text string) string {
	name, value := "", ""
	switch {
	case badValue.MatchString(text):
		found := badValue.FindStringSubmatch(text)
		name, value = "--"+found[2], found[1]
	case badEnv.MatchString(text):
		found := badEnv.FindStringSubmatch(text)
		name, value = found[3], found[1]
	case noValue.MatchString(text):
		return "--" + noValue.FindStringSubmatch(text)[1] + " needs a value"
	default:
		return text
	}
	if justDigit.MatchString(value) && !slices.Contains(numbers, strings.TrimPrefix(name, "--")) {
		return fmt.Sprintf("%s %s has no unit: %ss are seconds, %sm are minutes", name, value, value, value)
	}
	if slices.Contains(numbers, strings.TrimPrefix(name, "--")) {
		return fmt.Sprintf("%s %q is no whole number", name, value)
	}
	return fmt.Sprintf("%s %q is no time such as 30m", name, value)
}

// numbers are the flags, and their environment variables, that take a whole number; the others of which cli may
// complain take a time.
var numbers = func() (all []string) {
	for _, name := range []string{"allow-removals", "removals", "count", "licences", "seed"} {
		all = append(append(all, name), env(name)...)
	}
	return all
}()

// flagNames are a verb's flags as they are typed.
func flagNames(verb *cli.Command) []string {
	var names []string
	for _, f := range verb.Flags {
		names = append(names, "--"+f.Names()[0])
	}
	return append(names, "--help")
}

// arguments are exactly these many, or between these many.
func arguments(c *cli.Context, least, most int, what string) error {
	switch n := c.NArg(); {
	case n < least:
		hint := "rosterload " + c.Command.Name + " --help"
		if what == "one run" {
			hint = "rosterload runs lists them"
		}
		return usage(hint, "%s needs %s", c.Command.Name, what)
	case n > most:
		return usage("rosterload "+c.Command.Name+" --help", "%s takes %s and nothing more; %q is too much",
			c.Command.Name, what, c.Args().Get(most))
	}
	return nil
}
