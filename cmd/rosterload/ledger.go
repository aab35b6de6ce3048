package main

import (
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader/evidence"
	"rosterload/loader/evidence/sshsig"
	"rosterload/loader/patience"
	"rosterload/loader/run"
)

// reasonFlags are of every verb that begins a run or goes on with one.
func reasonFlags() []cli.Flag {
	return []cli.Flag{
		text("reason", "why, for the auditor; it is kept with the run"),
		text("ticket", "the ticket that asks for it"),
	}
}

func ledgerVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "ledger", Usage: "show or check the ledger of this home", ArgsUsage: "key|head|list|check",
		Description: "key    prints the line of the signing key for a file of allowed signers\n" +
			"head   prints SEQ:SHA256 of the last entry; kept elsewhere, it shows later that nothing was cut off or written again\n" +
			"list   lists the entries\n" +
			"check  reads everything again: the ledger, every manifest, every file of a run that is still there; exit 0 or 10",
		Flags: join(siteFlags(), speechFlags(), []cli.Flag{
			text("head", "check: a head that was kept elsewhere, SEQ:SHA256"),
			text("signers", "check: a file of allowed signers"),
			text("since", "list: a date such as 2026-11-23, or a span such as 30d"),
		}),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, 1, "one of key, head, list, check"); err != nil {
				return err
			}
			switch what := c.Args().First(); what {
			case "key":
				return ledgerKey(c, v)
			case "head":
				return ledgerHead(c, v)
			case "list":
				return ledgerList(c, v)
			case "check":
				return ledgerCheck(c, v)
			default:
				return usage("rosterload ledger --help", "ledger %q is none of key, head, list, check", what)
			}
		},
	}
}

// evidenceHome is the home with the key that the config names, where there is a config.
func evidenceHome(c *cli.Context) (*evidence.Home, error) {
	p, err := findSite(c)
	if err != nil {
		return nil, err
	}
	h := &evidence.Home{Folder: p.home, Now: time.Now, Sleep: patience.Sleep}
	if p.config != nil {
		h.Key = p.config.SigningKey
	}
	return h, nil
}

func ledgerKey(c *cli.Context, v *voice) error {
	h, err := evidenceHome(c)
	if err != nil {
		return err
	}
	key, err := h.PublicKey(c.Context)
	if err != nil {
		return err
	}
	v.say("%s", evidence.SignersLine(key))
	return nil
}

func ledgerHead(c *cli.Context, v *voice) error {
	h, err := evidenceHome(c)
	if err != nil {
		return err
	}
	ledger, err := evidence.ReadLedger(h.Folder)
	if err != nil {
		return err
	}
	if len(ledger.Entries) == 0 {
		return run.Stopf(run.ExitNothing, run.Hint{}, "the ledger of %s has no entries yet", h.Folder)
	}
	if v.document {
		return v.show(ledger.Head())
	}
	v.say("%s", ledger.Head())
	return nil
}

func ledgerList(c *cli.Context, v *voice) error {
	since, err := sinceOf(c)
	if err != nil {
		return err
	}
	h, err := evidenceHome(c)
	if err != nil {
		return err
	}
	ledger, err := evidence.ReadLedger(h.Folder)
	if err != nil {
		return err
	}
	entries := []evidence.Entry{}
	for _, e := range ledger.Entries {
		if at, err := time.Parse(time.RFC3339, e.At); err != nil || !at.Before(since) {
			entries = append(entries, e)
		}
	}
	if v.document {
		return v.show(entries)
	}
	t := newGrid(v, "entry", "at", "what", "run", "revision", "sha256")
	for _, e := range entries {
		t.add(e.Seq, e.At, e.What, e.Run, e.Revision, e.SHA256)
	}
	t.draw()
	return nil
}

func ledgerCheck(c *cli.Context, v *voice) error {
	var o evidence.CheckOptions
	var err error
	if text := c.String("head"); text != "" {
		if o.Head, err = evidence.ParseHead(text); err != nil {
			return usage("", "--head: %w", err)
		}
	}
	if o.Signers, err = signersOf(c); err != nil {
		return err
	}
	h, err := evidenceHome(c)
	if err != nil {
		return err
	}
	checked, err := evidence.Check(h.Folder, o)
	if err != nil {
		return err
	}
	if v.document {
		if err := v.show(checked); err != nil {
			return err
		}
	} else {
		for _, fault := range checked.Faults {
			v.say("%s", fault)
		}
		v.say("read: entries %d, manifests %d, files %d; wrong: %d", checked.Entries, checked.Manifests, checked.Files,
			len(checked.Faults))
		v.say("head %s", checked.Head)
	}
	if len(checked.Faults) > 0 {
		return exit(run.ExitUnproved)
	}
	return nil
}

// signersOf reads --signers; nil when it is not given.
func signersOf(c *cli.Context) (sshsig.Signers, error) {
	path := c.String("signers")
	if path == "" {
		return nil, nil
	}
	signers, err := sshsig.ReadSigners(path)
	if err != nil {
		return nil, usage("", "--signers: %w", err)
	}
	if signers == nil {
		signers = sshsig.Signers{} // an empty file is not the same as no file
	}
	return signers, nil
}

// systemSigners are the signers that the machine's owner has named; nil when there are none.
func systemSigners() (sshsig.Signers, error) {
	path := filepath.FromSlash("/etc/rosterload/allowed_signers")
	signers, err := sshsig.ReadSigners(path)
	if notThere(err) {
		return nil, nil
	}
	if err != nil {
		return nil, usage("", "%w", err)
	}
	return signers, nil
}

// given is the reason that a verb was given, which it must have.
func given(c *cli.Context) (run.Given, error) {
	g := run.Given{By: byWhom(), Reason: c.String("reason"), Ticket: c.String("ticket")}
	if g.Reason == "" {
		return g, usage(commandOf(c)(c.Command.Name, append(c.Args().Slice(), "--reason", "why")...), "%s needs a reason", c.Command.Name)
	}
	return g, nil
}
