package inspect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"rosterload/loader/connector"
	"rosterload/loader/plan"
	"rosterload/loader/run"
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

// Check signs in, looks, and writes nothing: neither to the org nor to disk. A roster's users are asked for too, when
// one is given.
func (t *Target) Check(ctx context.Context, path string) (*Checked, error) {
	c := &Checked{}
	var err error
	if c.Org, err = t.Org(ctx); err != nil {
		return nil, err
	}
	if path == "" {
		return c, t.Ready(ctx, nil, c.add)
	}
	roster, err := t.Roster(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = roster.Close() }()
	return t.checkRoster(ctx, c, roster)
}

func (t *Target) checkRoster(ctx context.Context, c *Checked, roster *validate.Roster) (*Checked, error) {
	screening, err := roster.Screen(func(int) {})
	if err != nil {
		return nil, err
	}
	if roster.Header == nil {
		return nil, validate.ErrEmpty
	}
	requests := plan.NewRequests(roster, screening)
	if t.Connector.ChecksPeople {
		err = t.Ready(ctx, requests.Users(), c.add)
		return c, errors.Join(err, requests.Err())
	}
	if err = t.Ready(ctx, nil, c.add); err == nil {
		err = t.checkLines(ctx, c, roster, requests, screening)
	}
	return c, err
}

func (c *Checked) add(f connector.Finding) error {
	c.Findings = append(c.Findings, f)
	c.Exit = worse(c.Exit, f)
	return nil
}

// worse is the exit code of everything found so far: our own sign-in, right or licence goes before all else.
func worse(exit int, f connector.Finding) int {
	switch {
	case f.Mark != connector.Fail || exit == run.ExitDenied:
		return exit
	case f.Rights:
		return run.ExitDenied
	}
	return run.ExitFailedRows
}

// mostFaults is how many lines a check names; plan and load have all in their files.
const mostFaults = 100

// checkLines goes as far as a plan would and says of each line why it would fail. Nothing is kept.
func (t *Target) checkLines(
	ctx context.Context, c *Checked, roster *validate.Roster, q *plan.Requests, screening *validate.Screening,
) error {
	if runs, _, err := run.List(t.Home); err != nil {
		return err
	} else if err := plan.Recall(t.Target, runs, nil, t.Connector.Name, c.Org.ID); err != nil {
		return err
	}
	snapshot := plan.NewSnapshot(screening)
	policy, err := t.Look(ctx, q.Users(), snapshot.See)
	if err = errors.Join(err, q.Err(), snapshot.Join()); err != nil {
		return fmt.Errorf("look: %w", err)
	}
	if err := q.Forecast(policy, snapshot); err != nil {
		return err
	}
	bad := 0
	for line, err := range plan.Lines(roster, screening) {
		if err != nil {
			return err
		}
		v := transform.Verdict{}
		if line.Fault != nil {
			v = run.VerdictOf(line.Fault)
		} else {
			v = policy.Decide(line.Request, snapshot.Of(line.Request)).Verdict
		}
		if v.Word != transform.Failed {
			continue
		}
		if bad++; bad <= mostFaults {
			_ = c.add(connector.Finding{
				Subject: subject(roster, line.Line), Check: v.Code, Mark: connector.Fail,
				Saw: v.Reason, Cure: v.Next,
			})
		}
	}
	return c.add(linesFinding(bad, screening.Rows))
}

// OfRoster is the subject of what is found of a roster as a whole.
const OfRoster = "roster"

func linesFinding(bad, rows int) connector.Finding {
	f := connector.Finding{
		Subject: OfRoster, Check: "lines of the roster", Mark: connector.Pass,
		Saw: fmt.Sprintf("none of %d would fail", rows),
	}
	if bad > 0 {
		f.Mark, f.Saw = connector.Fail, fmt.Sprintf("%d of %d would fail", bad, rows)
	}
	if bad > mostFaults {
		f.Saw += fmt.Sprintf("; the first %d are shown", mostFaults)
	}
	return f
}

// subject is the user a line is about, as far as it can be told: a line may have too few cells, and a blank user
// cell. A subject is never blank: such a finding would be one of the org.
func subject(roster *validate.Roster, line *validate.Line) string {
	user := validate.Trim(line.Cells[min(roster.UserColumn, len(line.Cells)-1)])
	return cmp.Or(user, fmt.Sprintf("line %d", line.Number))
}
