package main

import (
	"github.com/urfave/cli/v2"

	"rosterload/loader/evidence"
)

func verifyVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "say whether files are what a run wrote, offline", ArgsUsage: "FILE...",
		Description: "Takes results, failed, summary, roster and export files with the evidence beside them. " +
			"Needs neither home nor config.\n" +
			"Exits 0 when the file is proven and its key vouched for, 4 when nothing says whose key it is, 10 when it is not proven,\n" +
			"2 when there is no evidence. Several files: the first of 10, 2, 4, 0.",
		Flags: join(siteFlags(), speechFlags(), []cli.Flag{
			text("signers", "a file of allowed signers; it alone then says whose key it is"),
			text("evidence", "the evidence, where it is not beside the file"),
		}),
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return arguments(c, 1, 1, "a file")
			}
			return verify(c, v)
		},
	}
}

func verify(c *cli.Context, v *voice) error {
	o := evidence.VerifyOptions{Evidence: c.String("evidence")}
	if p, err := findSite(c); err == nil { // a proof needs neither home nor config
		o.Home = p.home
	}
	var err error
	if o.Signers, err = signersOf(c); err != nil {
		return err
	}
	if o.System, err = systemSigners(); err != nil {
		return err
	}
	proofs := []*evidence.Proof{}
	for _, path := range c.Args().Slice() {
		p, err := evidence.Verify(path, o)
		if err != nil {
			return err
		}
		proofs = append(proofs, p)
	}
	if v.document {
		if err := v.show(proofs); err != nil {
			return err
		}
	} else {
		for _, p := range proofs {
			printProof(v, p)
		}
	}
	if worst := evidence.Worst(proofs); worst != 0 {
		return exit(worst)
	}
	return nil
}

// proven are the words for how a proof ends.
var proven = map[int]string{
	0: "proven", 2: "no evidence", 4: "proven, by a key that nothing here vouches for",
	10: "NOT PROVEN",
}

func printProof(v *voice, p *evidence.Proof) {
	v.say("%s: %s", p.File, proven[p.Exit])
	if p.Evidence != "" && p.Evidence != p.File {
		v.say("  by %s", p.Evidence)
	}
	for _, text := range p.Said {
		v.say("  %s", text)
	}
}
