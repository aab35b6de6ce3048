package main

import (
	"github.com/urfave/cli/v2"

	"rosterload/loader/feeds"
)

func feedsVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "feeds", Usage: "list the feeds and what lies in their folders",
		Flags: join(siteFlags(), speechFlags()),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, 0, "no argument"); err != nil {
				return err
			}
			p, err := findSite(c)
			if err != nil {
				return err
			}
			all, err := p.chosenFeeds(c)
			if err != nil {
				return err
			}
			list, err := feeds.List(p.home, all)
			if err != nil {
				return err
			}
			return printFeeds(c, v, list)
		},
	}
}

func printFeeds(c *cli.Context, v *voice, list []feeds.Listed) error {
	if v.document {
		return v.show(list)
	}
	t := newGrid(v, "feed", "target", "mode", "waiting", "processing", "held", "last delivery", "exit", "last success")
	for _, f := range list {
		name, code := "", any("")
		if f.LastDelivery != nil {
			name, code = f.LastDelivery.Name+" ("+f.LastDelivery.Run+")", f.LastDelivery.Exit
		}
		t.add(f.Feed, f.Target, f.Mode, f.Waiting, f.Processing, f.Held, name, code, f.LastSuccessAt)
	}
	t.draw()
	for _, f := range list {
		if f.Paused {
			v.say("feed %s: target %s is paused, nothing is taken; %s ends that", f.Feed, f.Target,
				commandOf(c)("unpause", f.Target))
		}
		if f.Trouble != "" {
			v.note("feed %s: %s", f.Feed, f.Trouble)
		}
	}
	return nil
}
