package vonage

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
	policy "rosterload/transform/vonage"
	"rosterload/validate"
)

// Submit carries one batch out, user by user. A crash anywhere leaves at most one create per worker whose end is not
// known; the next Submit looks its username up. Everything else may be done again: it replaces.
func (t *Target) Submit(
	ctx context.Context, b transform.Batch, _ func(connector.Receipt) error, each func(...connector.Outcome) error,
) error {
	var changes []transform.SealedChange
	for c, err := range b.Changes() {
		if err != nil {
			return err
		}
		changes = append(changes, c)
	}
	people, err := t.peopleNow(ctx, changes)
	if err != nil {
		return err
	}
	if b.Job.Removes() {
		return t.archiveAll(ctx, changes, people, each)
	}
	tied, err := t.tie(ctx, changes, people, each)
	if err != nil {
		return err
	}
	for _, c := range tied {
		o, err := c.run(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", c.person.Username, err)
		}
		t.remember(o)
		if err := each(o); err != nil {
			return err
		}
	}
	return nil
}

func refused(user, code, next, format string, args ...any) connector.Outcome {
	return connector.Outcome{
		User: user, State: connector.Refused, Code: code, Next: next,
		Reason: fmt.Sprintf(format, args...),
	}
}

func notShown(user string) connector.Outcome {
	return refused(user, transform.CodeNotFound, transform.ChangeKey, "Salesforce no longer shows this user")
}

func (t *Target) archiveAll(
	ctx context.Context, changes []transform.SealedChange, people map[string]person,
	each func(...connector.Outcome) error,
) error {
	for _, c := range changes {
		o := notShown(c.User)
		if p, there := people[c.User]; there {
			var err error
			if o, err = t.archive(ctx, p); err != nil {
				return err
			}
		}
		if err := each(o); err != nil {
			return err
		}
	}
	return nil
}

// archive makes a user inactive; nothing else of the account is touched, the agent ID neither. An answer of nothing may
// be a proxy's, so the account is looked at, and asked again while it is active. How it stands in the end is judged by
// the look after the job.
func (t *Target) archive(ctx context.Context, p person) (connector.Outcome, error) {
	o := connector.Outcome{User: p.ID, State: connector.Accepted}
	for range mostGivings {
		a, there, err := t.wire.byUsername(ctx, p.Username)
		if o.Ref = a.UserID; err != nil || !there || !a.Active {
			return o, err
		}
		err = t.wire.do(ctx, call{
			method: http.MethodPatch, path: "/users/" + url.PathEscape(a.UserID),
			json: map[string]bool{"active": false}, again: true,
		}, nil)
		switch {
		case isRefusal(err):
			o = refused(p.ID, "VCC_REFUSED", transform.AskAdmin, "%s", saidOf(err))
			o.Ref = a.UserID
			return o, nil
		case err != nil:
			return o, err
		}
	}
	return o, nil
}

// tie writes the agent IDs into Salesforce, where the field is still blank: one field, 200 records a call at most. An
// ID that is taken meanwhile is found before it is written. Users who fail here are answered here.
func (t *Target) tie(
	ctx context.Context, changes []transform.SealedChange, people map[string]person,
	each func(...connector.Outcome) error,
) ([]*creation, error) {
	var tied, blank []*creation
	for _, change := range changes {
		c := &creation{
			Target: t, person: people[change.User], id: change.Value, madeUp: change.Own == policy.Generated,
			each: each,
		}
		t.spend(c.id)
		var err error
		switch {
		case c.person.ID == "":
			err = each(notShown(change.User))
		case c.id == policy.NoAgentID || c.person.AgentID == c.id:
			tied = append(tied, c)
		case c.person.AgentID != "":
			err = each(c.refused("VCC_AGENT_ID_DIFFERS", transform.FixAndLoad,
				"agent ID %s was to be written, and Salesforce holds %s by now; an agent ID is never overwritten", c.id,
				c.person.AgentID))
		default:
			blank = append(blank, c)
		}
		if err != nil {
			return nil, err
		}
	}
	free, err := t.free(ctx, blank)
	if err != nil || len(free) == 0 {
		return tied, err
	}
	written, err := t.write(ctx, free)
	return slices.Concat(tied, written), err
}

// free are those whose agent ID is not taken meanwhile.
func (t *Target) free(ctx context.Context, blank []*creation) (free []*creation, err error) {
	for _, c := range blank {
		by, err := c.takenBy(ctx)
		if err != nil {
			return nil, err
		}
		if by == "" {
			free = append(free, c)
			continue
		}
		o := c.refused("VCC_AGENT_ID_IN_USE", transform.ChangeKey, "Agent ID '%s' is already in use, by %s", c.id, by)
		o.Transient = c.madeUp // another one is drawn
		if err := c.each(o); err != nil {
			return nil, err
		}
	}
	return free, nil
}

// write puts agent IDs into the blank fields of these users.
func (t *Target) write(ctx context.Context, blank []*creation) (tied []*creation, err error) {
	var updates []sforce.Update
	for _, c := range blank {
		updates = append(updates, sforce.Update{ID: c.person.ID, Field: policy.AgentField, Value: &c.id})
	}
	results, err := t.org.UpdateAll(ctx, "User", updates)
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		c := blank[i]
		switch {
		case r.Success:
			tied = append(tied, c)
			err = c.step(stepTied, "")
		case len(r.Errors) > 0:
			err = c.each(c.refused("SF_"+r.Errors[0].Code, transform.AskAdmin, "%s", r.Errors[0].Message))
		default:
			err = c.each(c.refused("SF_ERROR", transform.AskAdmin, "Salesforce refuses the agent ID without a reason"))
		}
		if err != nil {
			return nil, err
		}
	}
	return tied, nil
}

// takenBy names the user besides its own who holds the agent ID.
func (c *creation) takenBy(ctx context.Context) (by string, err error) {
	a, there, err := c.wire.byAgentID(ctx, c.id)
	switch {
	case err != nil:
		return "", err
	case there && !sameName(a.Username, c.person.Username):
		return a.Username + " in VCC", nil
	}
	return by, c.org.Query(ctx, []string{"Id", "Username"},
		"SELECT Id, Username FROM User WHERE "+policy.AgentField+" = "+sforce.Literal(c.id), func(row []string) error {
			if validate.UserID(row[0]) != c.person.ID {
				by = row[1] + " in Salesforce"
			}
			return nil
		})
}

func sameName(a, b string) bool { return policy.Fold(a) == policy.Fold(b) }
