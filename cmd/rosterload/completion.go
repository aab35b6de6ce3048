package main

import (
	"embed"
	"strings"

	"github.com/urfave/cli/v2"
)

// scripts ask `rosterload __complete WORD...` for what may come next. The last word is the one that is being typed.
//
//go:embed completion
var scripts embed.FS

func completionVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print the completion script of a shell",
		ArgsUsage: "bash | zsh | fish | powershell",
		Description: "bash:        source <(rosterload completion bash)\n" +
			"zsh:         source <(rosterload completion zsh)\n" +
			"fish:        rosterload completion fish > ~/.config/fish/completions/rosterload.fish\n" +
			"PowerShell:  rosterload completion powershell | Out-String | Invoke-Expression",
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, 1, "one shell: "+strings.Join(shells, ", ")); err != nil {
				return err
			}
			script, err := scripts.ReadFile("completion/" + c.Args().First())
			if err != nil {
				return usage("", "no completion for the shell %q%s", c.Args().First(), choices(c.Args().First(), shells))
			}
			v.print(string(script))
			return nil
		},
	}
}

var shells = []string{"bash", "zsh", "fish", "powershell"}

// completeVerb answers the scripts, a word on each line. It opens nothing but the config, and an answer of nothing lets
// the shell offer files.
func completeVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "__complete", Hidden: true, SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			for _, word := range complete(c, c.Args().Slice()) {
				v.say("%s", word)
			}
			return nil
		},
	}
}

// complete are the words that may stand in the place of the last one.
func complete(c *cli.Context, words []string) []string {
	if len(words) == 0 {
		return nil
	}
	last := words[len(words)-1]
	if len(words) == 1 {
		return beginning(verbNames(c.App), last)
	}
	verb := c.App.Command(words[0])
	if verb == nil {
		return nil
	}
	before := ""
	if len(words) > 2 {
		before = strings.TrimLeft(words[len(words)-2], "-")
	}
	switch {
	case before == "target" || before == "t":
		return beginning(targetNames(c, words), last)
	case len(words) > 2 && strings.HasPrefix(words[len(words)-2], "-") && takesValue(verb.Flags)[before]:
		return beginning(flagWords[before], last)
	case strings.HasPrefix(last, "-"):
		return beginning(flagNames(verb), last)
	}
	return beginning(argumentsOf(c, verb.Name, words), last)
}

// flagWords are the values of flags that take one of a few.
var flagWords = map[string][]string{
	"blank": {"remove", "ignore", "reject"}, "na": {"remove", "reject"}, "duplicates": {"reject", "first", "last"},
	"log-format": {"text", "json"},
}

// argumentsOf are the words that a verb takes and that are no file.
func argumentsOf(c *cli.Context, verb string, words []string) []string {
	switch verb {
	case "help":
		return append(verbNames(c.App), topics()...)
	case "completion":
		return shells
	case "explain":
		return codeNames()
	case "simulate":
		return simulatorKinds()
	case "check":
		if len(words) == 2 {
			return targetNames(c, words)
		}
	}
	return nil
}

// targetNames are those of the config that the words name, or of the one that would be found.
func targetNames(c *cli.Context, words []string) []string {
	names := []string{demoName}
	cfg, err := findConfig(valueOf(words, "config"))
	if err != nil {
		return names
	}
	for _, t := range cfg.Targets {
		names = append(names, t.Name)
	}
	return names
}

func beginning(words []string, with string) []string {
	var fit []string
	for _, w := range words {
		if strings.HasPrefix(w, with) {
			fit = append(fit, w)
		}
	}
	return fit
}
