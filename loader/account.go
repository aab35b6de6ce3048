package loader

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"time"

	"rosterload/loader/results"
	"rosterload/transform"
	"rosterload/validate"
)

// account says of every line of the roster what became of it, in roster order, by walking the run's files side by side. It asks the
// org nothing and decides nothing new: the same files give the same account.
type account struct {
	w        *work
	over     bool
	policy   transform.Policy
	faults   *tableReader
	verdicts *tableReader
	before   *tableReader
	outcomes map[uint16]*os.File
}

func (w *work) newAccount(over bool) (*account, error) {
	a := &account{w: w, over: over, policy: w.Target.Policy(), outcomes: map[uint16]*os.File{}}
	if w.run.Planned == nil || w.run.Planned.Rows == 0 {
		return a, nil
	}
	for _, t := range []struct {
		table **tableReader
		name  string
	}{{&a.faults, faultsFile}, {&a.verdicts, verdictsFile}, {&a.before, beforeFile}} {
		var err error
		if *t.table, err = openTable(w.run.path(t.name)); err != nil {
			a.close()
			return nil, err
		}
	}
	return a, nil
}

func (a *account) close() {
	for _, t := range []*tableReader{a.faults, a.verdicts, a.before} {
		if t != nil {
			t.close()
		}
	}
	for _, f := range a.outcomes {
		_ = f.Close()
	}
}

// row is what is said of one line.
func (a *account) row(line *validate.Line) (results.Row, error) {
	row := results.Row{Row: line.Row, Action: string(transform.NoAction), Target: a.w.Name, RunID: a.w.run.ID}
	if cell := a.w.roster.UserColumn; cell < len(line.Cells) {
		row.Key = validate.Trim(line.Cells[cell])
	}
	if a.faults == nil {
		return a.unplanned(row, line), nil
	}
	for _, t := range []struct {
		table *tableReader
		say   func(*results.Row) error
	}{{a.faults, a.fault}, {a.verdicts, a.verdict}, {a.before, a.changed}} {
		found, err := t.table.at(line.Row)
		if err != nil {
			return row, err
		}
		if found {
			return row, t.say(&row)
		}
	}
	return row, stop(ExitUnproved, "", "row %d of run %s is in none of its files", line.Row, a.w.run.ID)
}

// unplanned is for runs that stopped before any line was decided: what is wrong with the line itself is known all the same.
func (a *account) unplanned(row results.Row, line *validate.Line) results.Row {
	if _, fault := a.w.roster.Check(line); fault != nil {
		say(&row, verdictOf(faultCells(line.Row, fault)))
		return row
	}
	say(&row, a.notAttempted())
	return row
}

// believed spells provisioning_status for policies that tell what is seen from what is trusted.
func (a *account) believed(row *results.Row, c transform.Change, v transform.Verdict, now transform.Standing) {
	if t, ok := a.policy.(transform.Trusting); ok {
		row.ProvisioningStatus = t.Status(c, v, now)
	}
}

func say(row *results.Row, v transform.Verdict) {
	row.Result, row.ReasonCode, row.Reason, row.NextStep = string(v.Word), v.Code, v.Reason, v.Next
}

func (a *account) fault(row *results.Row) error {
	say(row, verdictOf(a.faults.rec))
	return nil
}

// verdict is for rows that Decide answered.
func (a *account) verdict(row *results.Row) error {
	say(row, verdictOf(a.verdicts.rec))
	row.Action, row.Requested = a.verdicts.rec[5], a.policy.Shown(transform.Change{Value: a.verdicts.rec[6]})
	known, err := a.before.at(row.Row)
	if err != nil || !known {
		return err
	}
	s, _ := standingOf(a.before.rec)
	row.RecordID, row.Before, row.After, row.ProvisioningStatus = s.ID, s.Group, s.Group, s.Status
	a.believed(row, transform.Change{Value: a.verdicts.rec[6]}, verdictOf(a.verdicts.rec), s)
	place, ok := a.w.ledger.index.find([]byte(s.ID))
	switch {
	case ok && a.w.ledger.entries[place].state == watched:
		a.watched(row, int32(place), s)
	case ok: // a retry has asked for it
		return a.changed(row)
	}
	return nil
}

// watched is for a row that was on its way before we came: when it has arrived it is Unchanged, since we sent nothing.
func (a *account) watched(row *results.Row, i int32, before transform.Standing) {
	e := a.w.ledger.entries[i]
	if !e.seen {
		return
	}
	after := a.w.ledger.after(i)
	v, settled := a.policy.Judge(a.w.ledger.change(i), before, after)
	row.After, row.ProvisioningStatus = after.Group, after.Status
	a.believed(row, a.w.ledger.change(i), v, after)
	switch {
	case v.Word == transform.Updated || v.Word == transform.Removed:
		say(row, transform.Verdict{Word: transform.Unchanged, Reason: "it was on its way before this run and has arrived"})
		row.Action = string(transform.NoAction)
	case settled:
		say(row, v)
	}
}

// changed is for rows that became a change.
func (a *account) changed(row *results.Row) error {
	l := a.w.ledger
	before, note := standingOf(a.before.rec)
	place, ok := l.index.find([]byte(before.ID))
	if !ok {
		return stop(ExitUnproved, "", "row %d of run %s has neither a verdict nor a place in a sealed batch", row.Row, a.w.run.ID)
	}
	i, e := int32(place), l.entries[place]
	c := l.change(i)
	row.RecordID, row.Before, row.Requested, row.Action = before.ID, before.Group, a.policy.Shown(c), string(a.policy.Action(c, before))
	row.Attempts = int(e.attempts)
	if e.seen {
		row.After, row.ProvisioningStatus = l.after(i).Group, l.after(i).Status
	}
	said, err := a.said(i)
	if err != nil {
		return err
	}
	if b := l.batchOf(i); said != nil && said[7] != "" {
		row.JobID = said[7]
	} else if b.Submitted {
		row.JobID = b.Receipt
	}
	if e.settledAt != 0 {
		row.SettledAt = l.began.Add(time.Duration(e.settledAt) * time.Second).UTC().Format(time.RFC3339)
	}
	a.ended(row, i, c, before, said)
	if row.Reason == "" {
		row.Reason = note
	}
	return nil
}

// ended says how a change ended. Said is the org's own record of it, where it said more than yes.
func (a *account) ended(row *results.Row, i int32, c transform.Change, before transform.Standing, said []string) {
	l := a.w.ledger
	e, b := l.entries[i], l.batchOf(i)
	switch {
	case e.state == refused || e.state == dropped || e.state == untouched:
		a.refused(row, i, said)
	case e.state == same:
		say(row, transform.Verdict{Word: transform.Unchanged})
	case e.state == accepted:
		v, _ := a.policy.Judge(c, before, l.after(i))
		if !e.seen {
			v = transform.Verdict{Word: transform.Pending, Reason: "the org has stored the request; it was not looked at again", Next: transform.Wait}
		}
		if e.seen {
			a.believed(row, c, v, l.after(i))
		}
		if said != nil {
			row.Fields = said[4]
		}
		if v.Reason == "" && said != nil {
			v.Reason = said[3]
		}
		say(row, v)
	case e.state == asked && b.Submitted:
		row.Attempts++
		say(row, transform.Verdict{Word: transform.Pending, Reason: "handed to the org; its answer is not known yet", Next: transform.Wait})
	default:
		say(row, a.notAttempted())
	}
}

// said reads the org's record of an entry from where it stands; nil when the org said no more than yes.
func (a *account) said(i int32) ([]string, error) {
	at, there := a.w.ledger.words[i]
	if !there {
		return nil, nil
	}
	f, err := a.outcomesOf(at.batch)
	if err != nil {
		return nil, err
	}
	rec, err := csv.NewReader(io.NewSectionReader(f, at.offset, 1<<20)).Read()
	if err != nil {
		return nil, fmt.Errorf("%s at byte %d: %w", f.Name(), at.offset, err)
	}
	return rec, nil
}

func (a *account) refused(row *results.Row, i int32, said []string) {
	v := transform.Verdict{Word: transform.Failed, Code: said[2], Reason: said[3], Next: said[5]}
	if a.w.ledger.entries[i].state == untouched {
		v.Word = transform.NotAttempted
	}
	say(row, v)
	row.Fields = said[4]
}

func (a *account) outcomesOf(batch uint16) (*os.File, error) {
	if f := a.outcomes[batch]; f != nil {
		return f, nil
	}
	f, err := os.Open(a.w.run.path(outcomesName(a.w.ledger.batches[batch-1])))
	if err == nil {
		a.outcomes[batch] = f
	}
	return f, err
}

// notAttempted says why a row was never sent, and what follows from it.
func (a *account) notAttempted() transform.Verdict {
	v := transform.Verdict{Word: transform.NotAttempted}
	switch r := a.w.run; {
	case r.Super:
		v.Code, v.Reason, v.Next = "RUN_SUPERSEDED", "a newer run was at work on this org; an order this old is not carried out", transform.AskAdmin
	case r.Stopped != "":
		v.Code, v.Reason, v.Next = "RUN_STOPPED", "the org gave up a job of this run: "+r.Stopped, transform.FixAndLoad
	case r.Stale:
		v.Code, v.Reason, v.Next = "RUN_STOPPED", "the plan was no longer true when it was to be carried out", transform.FixAndLoad
	default:
		v.Reason = "the run ended before this row was sent; a resume goes on with it"
	}
	return v
}
