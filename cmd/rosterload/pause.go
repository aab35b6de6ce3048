package main

import (
	"github.com/urfave/cli/v2"

	"rosterload/loader/run"
)

func pauseVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "pause", Usage: "let nothing be sent to an org, by whatever process of this home", ArgsUsage: "[TARGET…]",
		Description: "From the next batch on; runs at work end with 9 and stay open. Without TARGET nothing is " +
			"sent to any org. unpause ends it.",
		Flags: siteFlags(),
		Action: func(c *cli.Context) error {
			p, err := findSite(c)
			if err != nil {
				return err
			}
			for _, target := range orAll(c) {
				if err := run.Pause(p.home, target, p.by); err != nil {
					return err
				}
				v.say("%s is paused", called(target))
			}
			return nil
		},
	}
}

func unpauseVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "unpause", Usage: "end a pause", ArgsUsage: "[TARGET…]",
		Description: "Ends what the pause with the same words began. What has stayed open meanwhile is for watch, or for resume.",
		Flags:       siteFlags(),
		Action: func(c *cli.Context) error {
			p, err := findSite(c)
			if err != nil {
				return err
			}
			for _, target := range orAll(c) {
				was, err := run.Unpause(p.home, target)
				if err != nil {
					return err
				}
				if !was {
					v.say("%s was not paused", called(target))
					continue
				}
				v.say("the pause of %s has ended", called(target))
			}
			return nil
		},
	}
}

// orAll are the targets that were named; without one it is the empty name, which means all.
func orAll(c *cli.Context) []string {
	if c.Args().Present() {
		return c.Args().Slice()
	}
	return []string{""}
}

func called(target string) string {
	if target == "" {
		return "every target"
	}
	return "target " + target
}

// notePauses says which targets are paused: their runs stay open.
func notePauses(v *voice, home string) {
	targets, all, err := run.Paused(home)
	if err != nil {
		v.note("cannot see which targets are paused: %v", err)
	}
	if all {
		v.say("every target is paused: nothing is sent; rosterload unpause ends that")
	}
	for _, target := range targets {
		v.say("target %s is paused: nothing is sent to it; rosterload unpause %s ends that", target, target)
	}
}
