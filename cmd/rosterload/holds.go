package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/approve"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// heldRun is what `holds` says of one run.
type heldRun struct {
	Run    string         `json:"run"`
	Feed   string         `json:"feed"`
	Target string         `json:"target"`
	Since  string         `json:"since"`
	Holds  []results.Hold `json:"holds"`
}

func holdsVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "holds", Usage: "list the runs that wait for a person, and why",
		Flags: join(siteFlags(), speechFlags()),
		Action: func(c *cli.Context) error {
			_, runs, err := listRuns(c, v)
			if err != nil {
				return err
			}
			return printHolds(v, runs)
		},
	}
}

func printHolds(v *voice, runs []*run.Run) error {
	list := []heldRun{}
	for _, r := range runs {
		if r.Held() {
			list = append(list, heldRun{
				r.ID, r.Seal.Source, r.Target, r.Begun.UTC().Format(time.RFC3339),
				r.OpenHolds(),
			})
		}
	}
	if v.document {
		return v.show(list)
	}
	if len(list) == 0 {
		v.say("no run waits for a person")
		return nil
	}
	t := newGrid(v, "run", "feed", "target", "since", "held because")
	for _, h := range list {
		for _, hold := range h.Holds {
			t.add(h.Run, h.Feed, h.Target, h.Since, hold.Code+": "+hold.Text)
		}
	}
	t.draw()
	return nil
}

func decisionFlags() []cli.Flag {
	return join(siteFlags(), reasonFlags(), speechFlags(), []cli.Flag{
		duration("wait-for-lock", "wait so long for another process on the same run"),
	})
}

func approveVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "approve", Usage: "lift the holds of a run and carry it out as it was sealed", ArgsUsage: "RUN",
		Description: "A run that the removal guard holds takes --removals N, the exact number. Users who were " +
			"changed by others meanwhile are left\n" +
			"alone; when they are more than a tenth, nothing is sent. --no-carry leaves the sending to a running watch.",
		Flags: join(decisionFlags(), []cli.Flag{
			count("removals", "the exact number of removals"),
			yes("no-carry", "leave the sending to watch"),
			yes("print", "write approval-N.json, to be signed, and approval-N.txt, to be read, into the working directory; lift nothing"),
			text("signature", "the signature of approval-N.json, as ssh-keygen -Y sign -n "+approve.Namespace+
				" writes it"),
			text("key", "sign by this private key, and hand that in"),
		}),
		Action: func(c *cli.Context) error {
			a := approve.Approval{Removals: c.Int("removals"), Leave: c.Bool("no-carry"), Key: c.String("key")}
			if c.Bool("print") {
				return decideOn(c, v, func(ctx context.Context, o loader.Options, id string) (*results.Summary, error) {
					return nil, printAsked(ctx, v, o, id)
				})
			}
			if path := c.String("signature"); path != "" {
				var err error
				if a.Signature, err = os.ReadFile(path); err != nil {
					return usage("", "the signature cannot be read: %w", err)
				}
			}
			return decideOn(c, v, func(ctx context.Context, o loader.Options, id string) (*results.Summary, error) {
				s, err := loader.Approve(ctx, o, id, a)
				if err == nil && a.Leave && s != nil && s.Exit == run.ExitGuard && !stillHeld(o.Home, id) {
					v.note("run %s is approved; watch, or %s, carries it out", id, commandOf(c)("resume", id))
					return nil, nil
				}
				return s, err
			})
		},
	}
}

// stillHeld tells whether a hold is left that only a signature lifts.
func stillHeld(home, id string) bool {
	r, err := run.Open(home, id)
	return err != nil || r.Held()
}

// printAsked copies what a second person signs, and reads, into the working directory.
func printAsked(ctx context.Context, v *voice, o loader.Options, id string) error {
	asked, err := loader.Ask(ctx, o, id)
	if err != nil {
		return err
	}
	for _, path := range []string{asked.JSON, asked.Text} {
		data, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(filepath.Base(path), data, 0o600)
		}
		if err != nil {
			return err
		}
		v.say("%s", filepath.Base(path))
	}
	v.note("to be signed by: ssh-keygen -Y sign -n %s -f KEY %s", approve.Namespace, filepath.Base(asked.JSON))
	return nil
}

func rejectVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "reject", Usage: "end a run that is held; nothing of it is sent", ArgsUsage: "RUN",
		Flags: decisionFlags(),
		Action: func(c *cli.Context) error {
			return decideOn(c, v, loader.Reject)
		},
	}
}

// decideOn is a person's decision on one named run.
func decideOn(
	c *cli.Context, v *voice, what func(context.Context, loader.Options, string) (*results.Summary, error),
) error {
	if err := arguments(c, 1, 1, "one run"); err != nil {
		return err
	}
	if strings.TrimSpace(c.String("reason")) == "" && c.String("signature") == "" {
		return usage("", "%s needs --reason TEXT: it is what the auditor reads", c.Command.Name)
	}
	return goOn(c, v, nil, what)
}
