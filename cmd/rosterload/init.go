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
				v.say("%s", strings.TrimSuffix(feeds.Example, "\n"))
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
			v.say("# rosterload.yaml - secrets are named (env:NAME, file:PATH), not written\n%s\ntargets:",
				ledgerExample)
			for _, k := range kinds {
				v.say("%s", k.Example)
			}
			return nil
		},
	}
}

// ledgerExample stays a remark as long as the setting is refused.
const ledgerExample = `# The owner of the home can write its ledger again. A head that another person keeps binds the owner: once a day it
# will be sent there.
# ledger: {mail: [auditor@acme.example]}   # not yet there in this version: note what "rosterload ledger head" prints, elsewhere`
