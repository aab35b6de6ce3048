package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// flagsFirst puts a verb's flags before its arguments: cli stops looking for flags at the first argument, and people
// write them behind.
func flagsFirst(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	verb := app.Command(args[1])
	if verb == nil || verb.SkipFlagParsing {
		return args
	}
	takes := takesValue(verb.Flags)
	flags, rest := append([]string{}, args[:2]...), []string(nil)
	for i := 2; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		if len(a) < 2 || a[0] != '-' { // "-" alone is a roster
			rest = append(rest, a)
			continue
		}
		flags = append(flags, a)
		switch name := strings.TrimLeft(a, "-"); { // "wait=5m" is no flag's name: it brings its value along
		case name == "h" || name == "help":
			return flags // else cli takes the roster for a help topic
		case takes[name] && i+1 == len(args):
			return flags // cli says that the flag needs an argument
		case takes[name]:
			i++
			flags = append(flags, args[i])
		}
	}
	if len(rest) == 0 {
		return flags
	}
	return append(append(flags, "--"), rest...)
}

func takesValue(flags []cli.Flag) map[string]bool {
	takes := map[string]bool{}
	for _, f := range flags {
		d, ok := f.(cli.DocGenerationFlag)
		for _, name := range f.Names() {
			takes[name] = ok && d.TakesValue()
		}
	}
	return takes
}
