package loader

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"rosterload/loader/connector"
	"rosterload/transform"
	"rosterload/validate"
)

// Checked is what check saw of a target.
type Checked struct {
	Org      connector.Org       `json:"org"`
	Findings []connector.Finding `json:"findings"`
	Exit     int                 `json:"exit"`
}

// WorstFirst puts what failed before what warns, and that before the rest; otherwise the order stays.
func (c *Checked) WorstFirst() {
	rank := map[connector.Mark]int{connector.Fail: 0, connector.Warn: 1, connector.NotChecked: 2, connector.Pass: 3}
	slices.SortStableFunc(c.Findings, func(a, b connector.Finding) int { return rank[a.Mark] - rank[b.Mark] })
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
	w := &work{Options: o, org: org, run: newRun("", "")}
	if roster == "" {
		return c, o.Target.Ready(ctx, nil, c.add)
	}
	screening, err := w.openForCheck(roster)
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.roster.Close() }()
	users := w.users(screening)
	if _, ok := o.Target.(connector.Inspector); ok {
		err = o.Target.Ready(ctx, users.all, c.add)
	} else if err = o.Target.Ready(ctx, nil, c.add); err == nil {
		err = w.checkLines(ctx, c, screening, users)
	}
	return c, errors.Join(err, users.err)
}

func (c *Checked) add(f connector.Finding) error {
	c.Findings = append(c.Findings, f)
	c.Exit = worse(c.Exit, f)
	return nil
}

func (w *work) openForCheck(roster string) (*validate.Screening, error) {
	var err error
	if w.roster, err = w.openFile(roster, w.Flags); err != nil {
		return nil, err
	}
	return w.roster.Screen(func(int) {})
}

// mostFaults is how many lines a check names; plan and load have all in their files.
const mostFaults = 100

// checkLines goes as far as a plan would and says of each line why it would fail. Nothing is kept.
func (w *work) checkLines(ctx context.Context, c *Checked, screening *validate.Screening, users *users) error {
	if err := w.foresee(screening); err != nil {
		return err
	}
	roll := newRoll(screening)
	if err := w.Target.Look(ctx, users.all, roll.found); err != nil {
		return fmt.Errorf("look: %w", err)
	}
	policy, bad := w.Target.Policy(), 0
	for line, err := range w.roster.Lines() {
		if err != nil {
			return err
		}
		r, fault := w.roster.Check(line)
		if fault == nil {
			fault = screening.Fault(line.Row)
		}
		v := transform.Verdict{}
		if fault != nil {
			v = verdictOf(faultCells(line.Row, fault))
		} else {
			_, _, v = policy.Decide(r, roll.standing(line.Row, transform.User{By: r.By(), Key: string(r.Key())}))
		}
		if v.Word != transform.Failed {
			continue
		}
		if bad++; bad <= mostFaults {
			f := connector.Finding{Subject: w.subject(line), Check: v.Code, Mark: connector.Fail, Saw: v.Reason, Cure: v.Next}
			if err := c.add(f); err != nil {
				return err
			}
		}
	}
	all := connector.Finding{Check: "lines of the roster", Mark: connector.Pass, Saw: fmt.Sprintf("none of %d would fail", screening.Rows)}
	if bad > 0 {
		all.Mark, all.Saw = connector.Fail, fmt.Sprintf("%d of %d would fail", bad, screening.Rows)
	}
	if bad > mostFaults {
		all.Saw += fmt.Sprintf("; the first %d are shown", mostFaults)
	}
	return c.add(all)
}

// worse is the exit code of everything found so far: our own sign-in, right or licence goes before all else.
func worse(exit int, f connector.Finding) int {
	switch {
	case f.Mark != connector.Fail || exit == ExitDenied:
		return exit
	case f.Rights:
		return ExitDenied
	}
	return ExitFailedRows
}

// subject is whom a line is about, as far as it can be told: a line may have too few cells.
func (w *work) subject(line *validate.Line) string {
	return validate.Trim(line.Cells[min(w.roster.UserColumn, len(line.Cells)-1)])
}
