package survey

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"rosterload/loader/connector"
	"rosterload/loader/plan"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// Others looks at the users that the terms speak of and no sound line does: the protected, and the holders of the
// feed's groups. Nil without terms.
func (s *Survey) Others(ctx context.Context, p *run.Planned) (*plan.Others, error) {
	t := s.Terms
	if t == nil {
		return nil, nil
	}
	o := &plan.Others{}
	var err error
	if o.Protected, err = s.protected(ctx); err != nil {
		return nil, fmt.Errorf("look at the protected: %w", err)
	}
	if !t.Restricts() && !t.Full {
		return o, nil
	}
	holders, err := s.holders(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at the holders: %w", err)
	}
	p.Holders = 0
	for _, h := range holders {
		if h.Group != "" && t.OwnsGroup(h.Group) {
			p.Holders++
		}
	}
	if t.Full {
		err = s.absent(ctx, p, o, holders)
	}
	return o, err
}

// holders are the users who hold, or have requested, a group that the feed owns.
func (s *Survey) holders(ctx context.Context) ([]transform.Standing, error) {
	asker, ok := s.Target.(connector.HolderLooker)
	if !ok {
		return nil, run.Stopf(run.ExitUsage, run.Hint{},
			"a target of kind %s cannot tell who holds a group: owns: and mode: full need that", s.Connector.Name)
	}
	var all []transform.Standing
	seen := map[string]bool{}
	err := asker.Holders(ctx, s.Terms.Owns, func(h transform.Standing) error {
		if !seen[h.ID] && (s.Terms.OwnsGroup(h.Group) || s.Terms.OwnsGroup(h.Request)) {
			seen[h.ID] = true
			all = append(all, h)
		}
		return nil
	})
	slices.SortFunc(all, func(a, b transform.Standing) int { return slices.Compare([]byte(a.ID), []byte(b.ID)) })
	return all, err
}

// protected are the ids of the protected users. Their keys may be of any column that the target knows: each is asked
// for by every one.
func (s *Survey) protected(ctx context.Context) (map[string]bool, error) {
	ids := map[string]bool{}
	if len(s.Terms.Protect) == 0 {
		return ids, nil
	}
	found := map[string]bool{}
	for _, column := range s.Connector.Spelling.Users {
		keys := map[string]string{}
		for _, cell := range s.Terms.Protect {
			if key, fault := column.Key(nil, []byte(cell)); fault == nil && len(key) > 0 {
				keys[string(key)] = cell
			}
		}
		err := s.lookAtKeys(ctx, column.By, keys, func(h transform.Standing) error {
			ids[h.ID], found[keys[h.User.Key]] = true, true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, cell := range s.Terms.Protect {
		if !found[cell] {
			s.Warn("the protected user %s is not known to the org", results.Plain(cell))
		}
	}
	return ids, nil
}

// lookAtKeys asks for users by one column. Standings of others, with which a bulk query answers, are left out.
func (s *Survey) lookAtKeys(ctx context.Context, by string, keys map[string]string,
	found func(transform.Standing) error,
) error {
	if len(keys) == 0 {
		return nil
	}
	var users iter.Seq[transform.User] = func(yield func(transform.User) bool) {
		for key := range keys {
			if !yield(transform.User{By: by, Key: key}) {
				return
			}
		}
	}
	_, err := s.Target.Look(ctx, users, func(h transform.Standing) error {
		if _, asked := keys[h.User.Key]; !asked {
			return nil
		}
		return found(h)
	})
	return err
}

// absent finds who is in no line. As long as the user of one line is not known, that line could be about any of them.
func (s *Survey) absent(ctx context.Context, p *run.Planned, o *plan.Others, holders []transform.Standing) error {
	if s.Roster.IsFailed() {
		s.Warn("the file carries reason_code and reason: it is a corrected failed.csv, not the whole roster, " +
			"and is read as changes; no user is taken for absent")
		return nil
	}
	present, err := plan.PresentOf(s.Roster, s.Requests, s.Snapshot)
	if err != nil {
		return err
	}
	err = s.lookAtKeys(ctx, s.Roster.By, present.Wanted(), func(h transform.Standing) error {
		present.See(h)
		return nil
	})
	if err != nil {
		return err
	}
	if present.Sound == 0 {
		s.Warn("no line of the file is sound: no user is taken for absent")
		return nil
	}
	for _, h := range holders {
		if !present.Has(h.ID) && (h.Group == "" || s.Terms.OwnsGroup(h.Group)) {
			o.Absent = append(o.Absent, h)
		}
	}
	o.Unsure, p.UnknownHold = present.Unsure(s.Terms, len(o.Absent))
	if o.Unsure.Code != "" && len(o.Absent) > 0 {
		s.Warn("%s", o.Unsure.Reason)
	}
	return nil
}
