package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"rosterload/loader/connector"
	"rosterload/loader/connector/all"
	"rosterload/loader/feeds"
)

func initVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "init", Usage: "print a commented rosterload.yaml",
		Description: "rosterload init > rosterload.yaml",
		Flags:       []cli.Flag{text("kind", "of this kind only"), yes("feed", "a feed, to be put behind the targets")},
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, 0, "no argument"); err != nil {
				return err
			}
			if c.Bool("feed") {
				v.print(feeds.Example)
				return nil
			}
			kinds := all.Connectors
			if name := c.String("kind"); name != "" {
				kind := connectorOf(name)
				if kind == nil {
					return usage("", "there is no kind %q%s", name, choices(name, kindNames()))
				}
				kinds = []connector.Connector{*kind}
			}
			// print, not say: say puts the text that it is given on one line
			v.print("# rosterload.yaml - secrets are named (env:NAME, file:PATH), not written\n" + ledgerExample + "\ntargets:\n")
			for _, k := range kinds {
				v.print(strings.TrimSuffix(k.Example, "\n") + "\n")
			}
			return nil
		},
	}
}

// ledgerExample stays a remark as long as the setting is refused.
const ledgerExample = `# The owner of the home can write its ledger again. A head that another person keeps shows it:
# once a day it will be sent there. Not yet there in this version: keep what "rosterload ledger head" prints elsewhere.
# ledger: {mail: [auditor@acme.example]}`
