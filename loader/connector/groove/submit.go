package groove

import (
	"context"
	"fmt"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
	policy "rosterload/transform/groove"
)

// What an outcome names as its field: the carrier that was written.
const (
	byField = "field"
	bySeat  = "seat"
)

// task is one change on its way, with how its user stands now.
type task struct {
	transform.Change
	asked  policy.Licences
	person person
	seat   policy.Seat
	seated bool
}

func (k task) refused(code, next, carrier, format string, args ...any) connector.Outcome {
	return connector.Outcome{
		User: k.User, State: connector.Refused, Code: code, Next: next, Fields: carrier,
		Reason: fmt.Sprintf(format, args...),
	}
}

func (k task) accepted(carrier string) connector.Outcome {
	return connector.Outcome{User: k.User, State: connector.Accepted, Fields: carrier}
}

// delivery is one batch under way, and what the org held before it.
type delivery struct {
	*Target
	seen *seen
	each func(...connector.Outcome) error
}

// Submit carries one batch out by whichever carrier its users have. Everything is looked at first, so that it may be
// called again: what is there already is not asked for twice, and a seat is never inserted beside another.
func (t *Target) Submit(
	ctx context.Context, b transform.Batch, _ func(connector.Receipt) error, each func(...connector.Outcome) error,
) error {
	var changes []transform.Change
	for c, err := range b.Changes() {
		if err != nil {
			return err
		}
		changes = append(changes, c.Change)
	}
	s, err := t.survey(ctx)
	if err != nil {
		return err
	}
	d := &delivery{t, s, each}
	tasks, err := d.tasks(ctx, changes)
	if err != nil {
		return err
	}
	if !b.Job.Removes() {
		if tasks, err = d.withinSeats(tasks); err != nil {
			return err
		}
	}
	if tasks, err = d.writeField(ctx, tasks); err != nil {
		return err
	}
	if b.Job.Removes() {
		return d.takeSeats(ctx, tasks)
	}
	return d.giveSeats(ctx, tasks)
}

// tasks answers for users that Salesforce no longer shows.
func (d *delivery) tasks(ctx context.Context, changes []transform.Change) (tasks []task, err error) {
	var ids []string
	for _, c := range changes {
		ids = append(ids, c.User)
	}
	matches, err := d.matches(ctx, "Id", ids)
	if err != nil {
		return nil, err
	}
	people := map[string]person{}
	for _, m := range matches {
		people[m.person.ID] = m.person
	}
	for _, c := range changes {
		seat, seated := d.seen.Seats[c.User]
		k := task{c, policy.SetOf(c.Value), people[c.User], seat, seated}
		if k.person.ID != "" {
			tasks = append(tasks, k)
		} else if err := d.each(k.refused(transform.CodeNotFound, transform.ChangeKey, "",
			"Salesforce no longer shows this user")); err != nil {
			return nil, err
		}
	}
	return tasks, nil
}

// withinSeats refuses users for lack of a seat: removals that failed cost the last lines theirs.
func (d *delivery) withinSeats(tasks []task) (rest []task, err error) {
	free, known := d.seen.Free()
	for _, k := range tasks {
		needs := known && k.asked.Has(policy.Core) && !k.seated
		switch {
		case !needs:
			rest = append(rest, k)
		case free > 0:
			free--
			rest = append(rest, k)
		default:
			if err := d.each(k.refused("GROOVE_NO_SEATS", transform.FreeLicences, bySeat,
				"no seat was left when its turn came")); err != nil {
				return nil, err
			}
		}
	}
	return rest, nil
}

// writeField sets the field of users that it carries, and clears that of inactive users before their seat goes. It
// answers those who have a seat to be dealt with still.
func (d *delivery) writeField(ctx context.Context, tasks []task) (rest []task, err error) {
	var updates []sforce.Update
	var fields []task
	for _, k := range tasks {
		carried := d.seen.Carried(k.person.Active)
		switch {
		case carried && k.person.Field.String() != k.Value, !carried && len(k.person.Field) > 0 && len(k.asked) == 0:
			u := sforce.Update{ID: k.User, Field: d.carriers.Field}
			if k.Value != "" {
				u.Value = &k.Value
			}
			updates, fields = append(updates, u), append(fields, k)
		case carried && len(k.asked) > 0: // it says so already
			err = d.each(k.accepted(byField))
		default:
			rest = append(rest, k)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(updates) == 0 {
		return rest, nil
	}
	results, err := d.org.UpdateAll(ctx, "User", updates)
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		k := fields[i]
		switch {
		case !r.Success:
			err = d.each(k.refusal(byField, r))
		case d.seen.Carried(k.person.Active):
			err = d.each(k.accepted(byField))
		default:
			rest = append(rest, k) // an inactive user: the seat is next
		}
		if err != nil {
			return nil, err
		}
	}
	return rest, nil
}

func (k task) refusal(carrier string, r sforce.SaveResult) connector.Outcome {
	o := k.refused("SF_ERROR", transform.FixAndLoad, carrier, "refused without a reason")
	if len(r.Errors) > 0 {
		o.Code, o.Reason = "SF_"+r.Errors[0].Code, r.Errors[0].Message
	}
	switch o.Code {
	case "SF_LICENSE_LIMIT_EXCEEDED":
		o.Code, o.Next = "GROOVE_NO_SEATS", transform.FreeLicences
	case "SF_INSUFFICIENT_ACCESS_OR_READONLY", "SF_INSUFFICIENT_ACCESS":
		o.Next = transform.AskAdmin
	}
	return o
}

// saved answers what became of seats. A refusal with the code done means that the seat is as was asked, by another
// hand.
func (d *delivery) saved(tasks []task, results []sforce.SaveResult, done string) error {
	for i, r := range results {
		o := tasks[i].accepted(bySeat)
		if isDone := len(r.Errors) > 0 && r.Errors[0].Code == done; !r.Success && !isDone {
			o = tasks[i].refusal(bySeat, r)
		}
		if err := d.each(o); err != nil {
			return err
		}
	}
	return nil
}

// takeSeats deletes the rows of those who have one.
func (d *delivery) takeSeats(ctx context.Context, tasks []task) error {
	var ids []string
	var seated []task
	for _, k := range tasks {
		if k.seated {
			ids, seated = append(ids, k.seat.ID), append(seated, k)
		} else if err := d.each(k.accepted(bySeat)); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		return nil
	}
	results, err := d.org.DeleteAll(ctx, ids)
	if err != nil {
		return err
	}
	return d.saved(seated, results, "ENTITY_IS_DELETED")
}

// giveSeats inserts a row for those who have none.
func (d *delivery) giveSeats(ctx context.Context, tasks []task) (err error) {
	var records []map[string]string
	var missing []task
	for _, k := range tasks {
		switch {
		case k.seated:
			err = d.each(k.accepted(bySeat))
		case !k.person.Active:
			err = d.each(k.refused(transform.CodeInactive, transform.AskAdmin, bySeat,
				"the Salesforce user is inactive by now"))
		default:
			records = append(records, map[string]string{"PackageLicenseId": d.seen.packageID, "UserId": k.User})
			missing = append(missing, k)
		}
		if err != nil {
			return err
		}
	}
	if len(records) == 0 {
		return nil
	}
	results, err := d.org.InsertAll(ctx, "UserPackageLicense", records)
	if err != nil {
		return err
	}
	return d.saved(missing, results, "DUPLICATE_VALUE")
}
