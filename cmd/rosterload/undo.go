package main

import (
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/run"
)

func undoVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "undo", Usage: "ask for what each user held before that a run has changed", ArgsUsage: "RUN",
		Description: "A new run, planned, guarded and carried out like any load, removals first. Users who no " +
			"longer stand as RUN left them are\n" +
			"left alone: Failed USER_CHANGED_MEANWHILE. Its files are undo-of-RUN.NEWRUN.… in the working directory or --results.",
		Flags: join(siteFlags(), runFlags(), renderingFlags(), ownFlags(), reasonFlags(), speechFlags(), []cli.Flag{
			text("rows", "these rows of RUN only: 3,17-20"),
			yes("dry-run", "show the plan; nothing is sent"),
		}),
		Action: func(c *cli.Context) error { return undo(c, v) },
	}
}

func undo(c *cli.Context, v *voice) error {
	if err := arguments(c, 1, 1, "one run"); err != nil {
		return err
	}
	if _, err := given(c); err != nil && !c.Bool("dry-run") {
		return err
	}
	rows, err := rowsOf(c.String("rows"))
	if err != nil {
		return err
	}
	p, err := findSite(c)
	if err != nil {
		return err
	}
	r, err := run.Open(p.home, c.Args().First())
	if err != nil {
		return err
	}
	if r.Seal.Source != "" {
		v.note("feed %s has asked for what is undone, and its next delivery may ask for it again", r.Seal.Source)
	}
	return p.withTarget(c, v, r.Target, 0, func(o loader.Options, found *opened) (err error) {
		if o.Flags, err = flagsOf(c, found); err != nil {
			return err
		}
		summary, err := loader.Undo(c.Context, o, r.ID, rows, c.Bool("dry-run"))
		return report(c, v, summary, err)
	})
}

// rowsOf reads 3,17-20; nil for none.
func rowsOf(text string) ([]int, error) {
	if text == "" {
		return nil, nil
	}
	var rows []int
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		first, bad := strconv.Atoi(from)
		last, bad2 := strconv.Atoi(to)
		if bad != nil || bad2 != nil || first < 1 || last < first || last-first > 10_000_000 {
			return nil, usage("", "--rows %q: %q is neither a row nor a range such as 17-20", text, part)
		}
		for n := first; n <= last; n++ {
			rows = append(rows, n)
		}
	}
	return rows, nil
}
