package loader

import (
	"context"
	"slices"

	"rosterload/loader/target"
)

// Checked is what check saw of a target.
type Checked struct {
	Org      target.Org       `json:"org"`
	Findings []target.Finding `json:"findings"`
	Exit     int              `json:"exit"`
}

// WorstFirst puts what failed before what warns, and that before the rest; otherwise the order stays.
func (c *Checked) WorstFirst() {
	rank := map[target.Mark]int{target.Fail: 0, target.Warn: 1, target.NotChecked: 2, target.Pass: 3}
	slices.SortStableFunc(c.Findings, func(a, b target.Finding) int { return rank[a.Mark] - rank[b.Mark] })
}

// Check signs in, looks, and writes nothing: neither to the org nor to disk. A roster's users are asked for too, when one is given.
func Check(ctx context.Context, o Options, roster string) (*Checked, error) {
	o.fill()
	c := &Checked{}
	if err := (&work{Options: o}).tune(); err != nil {
		return nil, err
	}
	org, err := o.Target.Org(ctx)
	if err != nil {
		return nil, err
	}
	c.Org = org
	var users *users
	if roster != "" {
		if users, err = rosterUsers(o, roster); err != nil {
			return nil, err
		}
	}
	found := func(f target.Finding) error {
		c.Findings = append(c.Findings, f)
		c.Exit = worse(c.Exit, f)
		return nil
	}
	if users == nil {
		return c, o.Target.Ready(ctx, nil, found)
	}
	if err := o.Target.Ready(ctx, users.all, found); err != nil {
		return c, err
	}
	return c, users.err
}

// worse is the exit code of everything found so far: our own sign-in, right or licence goes before all else.
func worse(exit int, f target.Finding) int {
	switch {
	case f.Mark != target.Fail || exit == ExitDenied:
		return exit
	case f.Rights:
		return ExitDenied
	}
	return ExitFailedRows
}
