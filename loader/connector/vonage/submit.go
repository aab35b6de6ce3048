package vonage

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
	"rosterload/validate"
)

// Submit carries one batch out, user by user. A crash anywhere leaves at most one create per worker whose end is not known; the next
// Submit looks its username up. Everything else may be done again: it replaces.
func (t *Target) Submit(ctx context.Context, b transform.Batch, _ func(connector.Receipt) error, each func(...connector.Outcome) error) error {
	var changes []transform.Change
	for c, err := range b.Changes() {
		if err != nil {
			return err
		}
		changes = append(changes, c)
	}
	if b.Job == transform.Removals {
		return t.archive(ctx, changes, each)
	}
	sagas, err := t.tie(ctx, changes, each)
	if err != nil {
		return err
	}
	for _, s := range sagas {
		o, err := s.run(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", s.person.Username, err)
		}
		t.keep(o)
		if err := each(o); err != nil {
			return err
		}
	}
	return nil
}

// keep lets the outcomes of this process be remembered like those of earlier ones.
func (t *Target) keep(o connector.Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Remember("", o)
}

func (t *Target) oursIs(id string) made {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ours[id]
}

// archive makes users inactive; nothing else of them is touched, the agent ID neither.
func (t *Target) archive(ctx context.Context, changes []transform.Change, each func(...connector.Outcome) error) error {
	people, err := t.peopleNow(ctx, changes)
	if err != nil {
		return err
	}
	for _, c := range changes {
		a, there, err := t.wire.byUsername(ctx, people[c.User].Username)
		if err != nil {
			return err
		}
		o := connector.Outcome{User: c.User, State: connector.Accepted, Ref: a.UserID}
		if there && a.Active {
			err = t.wire.do(ctx, call{method: "PATCH", path: "/users/" + url.PathEscape(a.UserID), json: map[string]bool{"active": false}, again: true}, nil)
		}
		if isRefusal(err) {
			o = connector.Outcome{User: c.User, State: connector.Refused, Code: "VCC_REFUSED", Next: transform.AskAdmin, Reason: saidOf(err), Ref: a.UserID}
		} else if err != nil {
			return err
		}
		if err := each(o); err != nil {
			return err
		}
	}
	return nil
}

// peopleNow reads the Salesforce users of these changes again.
func (t *Target) peopleNow(ctx context.Context, changes []transform.Change) (map[string]person, error) {
	var ids []string
	for _, c := range changes {
		ids = append(ids, c.User)
	}
	people := map[string]person{}
	err := t.org.QueryIn(ctx, personFields, "User", "Id", ids, func(row []string) error {
		p := personOf(row)
		people[p.ID] = p
		return nil
	})
	return people, err
}

// saga is one user to be made.
type saga struct {
	*Target
	change transform.Change
	person person
	id     string // agent ID, or plainMark
	madeUp bool
	each   func(...connector.Outcome) error
}

func (s *saga) outcome(code, next, format string, args ...any) connector.Outcome {
	return connector.Outcome{User: s.change.User, State: connector.Refused, Code: code, Next: next, Reason: fmt.Sprintf(format, args...)}
}

// step brings one step to disk before the next begins.
func (s *saga) step(code, ref string) error {
	o := connector.Outcome{User: s.change.User, State: connector.Step, Code: code, Ref: ref}
	s.keep(o)
	return s.each(o)
}

// tie writes the agent IDs into Salesforce, where the field is still blank: one field, 200 records a call at most. An ID that somebody else
// has taken meanwhile is found before it is written. Who fails here is answered here.
func (t *Target) tie(ctx context.Context, changes []transform.Change, each func(...connector.Outcome) error) ([]*saga, error) {
	people, err := t.peopleNow(ctx, changes)
	if err != nil {
		return nil, err
	}
	var sagas, blank []*saga
	for _, c := range changes {
		s := &saga{Target: t, change: c, person: people[c.User], each: each}
		s.id, s.madeUp = parse(c.Value)
		t.mu.Lock()
		t.sealed[canonical(s.id)] = true
		t.mu.Unlock()
		switch {
		case s.person.ID == "":
			err = each(s.outcome("USER_NOT_FOUND", transform.ChangeKey, "Salesforce no longer shows this user"))
		case s.id == plainMark || s.person.AgentID == s.id:
			sagas = append(sagas, s)
		case s.person.AgentID != "":
			err = each(s.outcome("VCC_AGENT_ID_DIFFERS", transform.FixAndLoad, "agent ID %s was to be written, and Salesforce holds %s by now; an agent ID is never overwritten", s.id, s.person.AgentID))
		default:
			blank = append(blank, s)
		}
		if err != nil {
			return nil, err
		}
	}
	tied, err := t.write(ctx, blank)
	return slices.Concat(sagas, tied), err
}

// write puts agent IDs into the blank fields of these users.
func (t *Target) write(ctx context.Context, blank []*saga) ([]*saga, error) {
	var free []*saga
	var updates []sforce.Update
	for _, s := range blank {
		by, err := s.takenBy(ctx)
		if err != nil {
			return nil, err
		}
		if by != "" {
			o := s.outcome("VCC_AGENT_ID_IN_USE", transform.ChangeKey, "Agent ID '%s' is already in use, by %s", s.id, by)
			o.Again = s.madeUp // another one is drawn
			if err := s.each(o); err != nil {
				return nil, err
			}
			continue
		}
		free = append(free, s)
		updates = append(updates, sforce.Update{ID: s.person.ID, Field: agentField, Value: &s.id})
	}
	if len(updates) == 0 {
		return nil, nil
	}
	results, err := t.org.UpdateAll(ctx, "User", updates)
	if err != nil {
		return nil, err
	}
	var tied []*saga
	for i, r := range results {
		s := free[i]
		if !r.Success {
			o := s.outcome("SF_ERROR", transform.AskAdmin, "Salesforce refuses the agent ID without a reason")
			if len(r.Errors) > 0 {
				o.Code, o.Reason = "SF_"+r.Errors[0].Code, r.Errors[0].Message
			}
			err = s.each(o)
		} else if err = s.step(stepTied, ""); err == nil {
			tied = append(tied, s)
		}
		if err != nil {
			return nil, err
		}
	}
	return tied, nil
}

// takenBy names whoever holds the saga's agent ID besides its own user.
func (s *saga) takenBy(ctx context.Context) (by string, err error) {
	a, there, err := s.wire.byAgentID(ctx, s.id)
	if err != nil || there && !sameName(a.Username, s.person.Username) {
		return a.Username + " in VCC", err
	}
	err = s.org.Query(ctx, []string{"Id", "Username"}, "SELECT Id, Username FROM User WHERE "+agentField+" = "+sforce.Literal(s.id), func(row []string) error {
		if validate.UserID(row[0]) != s.person.ID {
			by = row[1] + " in Salesforce"
		}
		return nil
	})
	return by, err
}

// run makes the user, or finds him made by us, gives him everything that the template has, and reads it all back.
func (s *saga) run(ctx context.Context) (connector.Outcome, error) {
	a, o, err := s.account(ctx)
	if err != nil || o != nil {
		return orNone(o), err
	}
	if err := s.step(stepCreated, a.UserID); err != nil {
		return connector.Outcome{}, err
	}
	missing, err := s.give(ctx, a.UserID)
	if err != nil {
		return connector.Outcome{}, err
	}
	if len(missing) == 0 {
		missing, err = s.lacks(ctx, a)
	}
	if err != nil {
		return connector.Outcome{}, err
	}
	if len(missing) > 0 {
		o := s.outcome("VCC_INCOMPLETE", transform.FixAndLoad, "the user was made, but lacks: %s", list(missing))
		o.Ref = a.UserID
		return o, nil
	}
	return connector.Outcome{User: s.change.User, State: connector.Accepted, Ref: a.UserID}, nil
}

func orNone(o *connector.Outcome) connector.Outcome {
	if o == nil {
		return connector.Outcome{}
	}
	return *o
}

// account is the user's account: ours from before, or a new one. A refusal is an outcome.
func (s *saga) account(ctx context.Context) (account, *connector.Outcome, error) {
	a, there, err := s.wire.byUsername(ctx, s.person.Username)
	if err != nil {
		return a, nil, err
	}
	if there {
		return s.found(a)
	}
	if err := s.step(stepCreating, ""); err != nil {
		return a, nil, err
	}
	err = s.create(ctx)
	switch {
	case errors.Is(err, connector.ErrLost):
		return a, nil, err // whether it arrived is found out by looking, not by sending
	case isRefusal(err):
		o, wire := s.refused(ctx, err)
		return a, &o, wire
	case err != nil:
		return a, nil, err
	}
	a, there, err = s.wire.byUsername(ctx, s.person.Username)
	if err == nil && !there {
		err = fmt.Errorf("VCC has made the user and does not show it: %w", connector.ErrLost)
	}
	return a, nil, err
}

// found is an account that was there before the create: ours when a run of this home has begun it and it fits, else in the way.
func (s *saga) found(a account) (account, *connector.Outcome, error) {
	fits := canonical(a.AgentID) == canonical(s.id) || s.id == plainMark && a.kind() == plainSupervisor
	if s.oursIs(s.person.ID).half(a) && fits && a.Active {
		return a, nil, nil
	}
	o := s.outcome("VCC_USERNAME_EXISTS", transform.IgnoreIfSamePerson, "a user already exists with that username: %s", a.standing())
	return a, &o, nil
}
