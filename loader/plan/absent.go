package plan

import (
	"errors"
	"strconv"

	"rosterload/loader/run"
	"rosterload/transform"
)

// absent answers or seals the users who are in no line, as if each had a line that asks for no group. Their rows follow
// those of the roster, so that every table of the run holds them as it holds lines.
func (d *decider) absent() error {
	if d.Others == nil || len(d.Others.Absent) == 0 {
		return nil
	}
	policy, ok := d.policy.(transform.Absenter)
	if !ok {
		return run.Stopf(run.ExitUsage, run.Hint{}, "mode: full is not for targets of kind %s", d.Connector.Name)
	}
	t, err := d.Writer.NewTable(run.AbsentFile, "row", "key")
	if err != nil {
		return err
	}
	for i, s := range d.Others.Absent {
		row := d.planned.Rows + 1 + i
		if err := errors.Join(t.Write(strconv.Itoa(row), s.User.Key), d.absentRow(policy, row, s)); err != nil {
			t.Discard()
			return err
		}
	}
	sealed, _, err := t.Seal()
	d.planned.Absent, d.planned.Files = len(d.Others.Absent), append(d.planned.Files, sealed)
	return err
}

func (d *decider) absentRow(policy transform.Absenter, row int, s transform.Standing) error {
	v, free := d.Terms.Judge("", s, d.Others.IsProtected(s.ID))
	if free && d.Others.Unsure.Code != "" {
		v, free = d.Others.Unsure, false
	}
	decided := transform.Decision{Change: transform.Change{User: s.ID}, Verdict: v}
	if free {
		decided = policy.Absent(s)
	}
	if err := d.before.WriteStanding(row, s, decided.Verdict.Reason); err != nil {
		return err
	}
	if decided.Job != transform.None {
		d.count(s, decided)
		return d.jobs[decided.Job].Add(transform.SealedChange{Change: decided.Change, Own: decided.Own})
	}
	action := transform.NoAction
	if free && decided.Verdict.Word != transform.Unchanged {
		action = d.policy.Action(decided.Change, s)
	}
	return d.verdicts.WriteVerdict(row, decided.Verdict, action, "")
}
