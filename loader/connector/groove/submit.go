package groove

import (
	"context"
	"fmt"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
)

// task is one change on its way, with how its user stands now.
type task struct {
	transform.Change
	want   licences
	person person
	seat   seat
	seated bool
}

// Submit carries one batch out by whichever carrier its users have. Everything is looked at first, so that it may be called again: what is
// there already is not asked for twice, and a seat is never inserted beside another.
func (t *Target) Submit(ctx context.Context, b transform.Batch, _ func(connector.Receipt) error, each func(...connector.Outcome) error) error {
	var changes []transform.Change
	for c, err := range b.Changes() {
		if err != nil {
			return err
		}
		changes = append(changes, c)
	}
	tasks, err := t.tasks(ctx, changes)
	if err != nil {
		return err
	}
	if b.Job == transform.Upserts {
		if tasks, err = t.withinSeats(tasks, each); err != nil {
			return err
		}
	}
	if tasks, err = t.writeField(ctx, tasks, each); err != nil {
		return err
	}
	if b.Job == transform.Removals {
		return t.takeSeats(ctx, tasks, each)
	}
	return t.giveSeats(ctx, tasks, each)
}

func (t *Target) tasks(ctx context.Context, changes []transform.Change) ([]task, error) {
	if err := t.survey(ctx); err != nil {
		return nil, err
	}
	var ids []string
	for _, c := range changes {
		ids = append(ids, c.User)
	}
	people := map[string]person{}
	if err := t.org.QueryIn(ctx, t.fields(), "User", "Id", ids, func(row []string) error {
		p := t.personOf(row)
		people[p.ID] = p
		return nil
	}); err != nil {
		return nil, err
	}
	var tasks []task
	for _, c := range changes {
		s, seated := t.seats.holders[c.User]
		tasks = append(tasks, task{c, setOf(c.Value), people[c.User], s, seated})
	}
	return tasks, nil
}

func (t task) refused(code, next, carrier, format string, args ...any) connector.Outcome {
	return connector.Outcome{User: t.User, State: connector.Refused, Code: code, Next: next, Fields: carrier, Reason: fmt.Sprintf(format, args...)}
}

func (t task) accepted(carrier string) connector.Outcome {
	return connector.Outcome{User: t.User, State: connector.Accepted, Fields: carrier}
}

// withinSeats answers those for whom no seat is left now: removals that failed cost the last lines theirs.
func (t *Target) withinSeats(tasks []task, each func(...connector.Outcome) error) ([]task, error) {
	free, known := t.seats.free()
	var rest []task
	for _, k := range tasks {
		if known && k.want.has(core) && !k.seated {
			if free--; free < 0 {
				if err := each(k.refused("GROOVE_NO_SEATS", transform.FreeLicences, "seat", "no seat was left when its turn came")); err != nil {
					return nil, err
				}
				continue
			}
		}
		rest = append(rest, k)
	}
	return rest, nil
}

// writeField sets the field of those whom it carries, and clears that of inactive users before their seat goes. It answers those who have a
// seat to be dealt with still.
func (t *Target) writeField(ctx context.Context, tasks []task, each func(...connector.Outcome) error) ([]task, error) {
	var updates []sforce.Update
	var fields, rest []task
	for _, k := range tasks {
		carried := t.byField(k.person.Active)
		switch {
		case carried && k.person.Field.String() != k.Value, !carried && len(k.person.Field) > 0 && len(k.want) == 0:
			u := sforce.Update{ID: k.User, Field: t.ground.Field}
			if k.Value != "" {
				u.Value = &k.Value
			}
			updates, fields = append(updates, u), append(fields, k)
		case carried && len(k.want) > 0: // it says so already
			if err := each(k.accepted("field")); err != nil {
				return nil, err
			}
		default:
			rest = append(rest, k)
		}
	}
	if len(updates) == 0 {
		return rest, nil
	}
	results, err := t.org.UpdateAll(ctx, "User", updates)
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		k := fields[i]
		switch {
		case !r.Success:
			err = each(refusal(k, "field", r))
		case t.byField(k.person.Active):
			err = each(k.accepted("field"))
		default:
			rest = append(rest, k) // an inactive user: the seat is next
		}
		if err != nil {
			return nil, err
		}
	}
	return rest, nil
}

func refusal(k task, carrier string, r sforce.SaveResult) connector.Outcome {
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

// takeSeats deletes the rows of those who have one.
func (t *Target) takeSeats(ctx context.Context, tasks []task, each func(...connector.Outcome) error) error {
	var ids []string
	var seated []task
	for _, k := range tasks {
		if !k.seated {
			if err := each(k.accepted("seat")); err != nil {
				return err
			}
			continue
		}
		ids, seated = append(ids, k.seat.id), append(seated, k)
	}
	if len(ids) == 0 {
		return nil
	}
	results, err := t.org.DeleteAll(ctx, ids)
	if err != nil {
		return err
	}
	for i, r := range results {
		o := seated[i].accepted("seat")
		if gone := len(r.Errors) > 0 && r.Errors[0].Code == "ENTITY_IS_DELETED"; !r.Success && !gone {
			o = refusal(seated[i], "seat", r)
		}
		if err := each(o); err != nil {
			return err
		}
	}
	return nil
}

// giveSeats inserts a row for those who have none.
func (t *Target) giveSeats(ctx context.Context, tasks []task, each func(...connector.Outcome) error) error {
	var records []map[string]string
	var missing []task
	for _, k := range tasks {
		switch {
		case k.seated:
			if err := each(k.accepted("seat")); err != nil {
				return err
			}
		case !k.person.Active:
			if err := each(k.refused("USER_INACTIVE", transform.AskAdmin, "seat", "the Salesforce user is inactive by now")); err != nil {
				return err
			}
		default:
			records = append(records, map[string]string{"PackageLicenseId": t.seats.packageID, "UserId": k.User})
			missing = append(missing, k)
		}
	}
	if len(records) == 0 {
		return nil
	}
	results, err := t.org.InsertAll(ctx, "UserPackageLicense", records)
	if err != nil {
		return err
	}
	for i, r := range results {
		o := missing[i].accepted("seat")
		if twice := len(r.Errors) > 0 && r.Errors[0].Code == "DUPLICATE_VALUE"; !r.Success && !twice { // somebody else was quicker: it is there
			o = refusal(missing[i], "seat", r)
		}
		if err := each(o); err != nil {
			return err
		}
	}
	return nil
}
