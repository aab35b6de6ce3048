package main

import (
	"encoding/json"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli/v2"

	"rosterload/loader/feeds"
)

func feedsVerb(v voice) *cli.Command {
	return &cli.Command{
		Name: "feeds", Usage: "list the feeds and what lies in their folders",
		Flags: join(targetFlags()[1:], homeFlags(), speechFlags()),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, 0, "no argument"); err != nil {
				return err
			}
			all, err := chosenFeeds(c, v)
			if err != nil {
				return err
			}
			list, err := feeds.List(homeOf(c), all)
			if err != nil {
				return err
			}
			return printFeeds(c, v, list)
		},
	}
}

func printFeeds(c *cli.Context, v voice, list []feeds.Listed) error {
	if c.Bool("json") {
		data, err := json.MarshalIndent(list, "", "  ")
		v.say("%s", data)
		return err
	}
	t := newTable(v, "feed", "target", "mode", "waiting", "processing", "held", "last delivery", "exit", "last success")
	for _, f := range list {
		name, code := "", any("")
		if f.LastDelivery != nil {
			name, code = f.LastDelivery.Name+" ("+f.LastDelivery.Run+")", f.LastDelivery.Exit
		}
		t.AppendRow(table.Row{f.Feed, f.Target, f.Mode, f.Waiting, f.Processing, f.Held, name, code, f.LastSuccessAt})
	}
	t.Render()
	for _, f := range list {
		if f.Paused {
			v.say("feed %s: target %s is paused, nothing is taken; rosterload unpause %s ends that", f.Feed, f.Target, f.Target)
		}
		if f.Trouble != "" {
			v.note("feed %s: %s", f.Feed, f.Trouble)
		}
	}
	return nil
}
