package survey

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

// Hint warns of what most probably is a mistake: usernames that a sandbox spells otherwise, numbers that a
// spreadsheet has shortened and, for a person who looks at a plan, groups that no user holds. A load by night asks
// nothing for the last.
func (s *Survey) Hint(ctx context.Context, p *run.Planned, isPlan bool) error {
	if err := s.findSuffix(ctx, p); err != nil {
		return err
	}
	if err := s.findZeros(ctx); err != nil || !isPlan {
		return err
	}
	return s.findUnheld(ctx, p)
}

// findSuffix: when no user at all is found by username, a sandbox may have added its name to each. Nothing is guessed
// into the load; the summary says what would find them.
func (s *Survey) findSuffix(ctx context.Context, p *run.Planned) error {
	asker, ok := s.Target.(connector.Suffixer)
	if !ok || s.Snapshot.Found() > 0 || s.Roster.By != "Username" {
		return nil
	}
	var some []transform.User
	for user := range s.Requests.Users() {
		if some = append(some, user); len(some) == 20 {
			break
		}
	}
	if len(some) == 0 {
		return s.Requests.Err()
	}
	suffix, err := asker.Suffix(ctx, some)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil: // a hint that the org does not let us give is none; the load goes on
		s.Log.Info("no hint about a sandbox", "err", err)
		return nil
	case suffix == "":
		return nil
	}
	p.Suffix = suffix
	s.Warn("no user was found, but each username with %q behind it would be (a sandbox?): "+
		"username_suffix: %s in the config adds it", suffix, suffix)
	return nil
}

// Numbers whose users are looked for with zeros in front: so many numbers, so many zeros.
const (
	mostNumbers = 20
	mostZeros   = 6
)

// findZeros looks whether numbers that no user has would be found with zeros in front: a spreadsheet drops them.
// Nothing is guessed into the load. A target that keeps what it looked at is not asked.
func (s *Survey) findZeros(ctx context.Context) error {
	if _, keeps := s.Target.(connector.Stateful); keeps || s.Roster.By != "EmployeeNumber" {
		return nil
	}
	meant := s.padded()
	if len(meant) == 0 {
		return s.Requests.Err()
	}
	found := map[string]string{}
	err := s.lookAtKeys(ctx, s.Roster.By, meant, func(is transform.Standing) error {
		found[meant[is.User.Key]] = is.User.Key
		return nil
	})
	if err != nil {
		return fmt.Errorf("look: %w", err)
	}
	if len(found) > 0 {
		number := slices.Min(slices.Collect(maps.Keys(found)))
		s.Warn("%d of the EmployeeNumbers that no user has would be found with zeros in front (%s for %s): "+
			"a spreadsheet drops them; format its column as text", len(found), found[number], number)
	}
	return nil
}

// padded are the numbers that no user has with zeros in front, and which number each of them stands for.
func (s *Survey) padded() map[string]string {
	meant := map[string]string{}
	for r := range s.Requests.All() {
		number := string(r.Key())
		if strings.Trim(number, "0123456789") != "" || s.Snapshot.Of(r).Found() || len(meant) >= mostNumbers*mostZeros {
			continue
		}
		for zeros := range mostZeros {
			meant[strings.Repeat("0", zeros+1)+number] = number
		}
	}
	return meant
}

// findUnheld names the groups of a plan that no user of the org holds: most are typing mistakes.
func (s *Survey) findUnheld(ctx context.Context, p *run.Planned) error {
	counter, ok := s.Target.(connector.GroupCounter)
	if !ok {
		return nil
	}
	for _, group := range p.Unheld {
		n, err := counter.HoldersOf(ctx, group)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil: // a hint that the org does not let us give is none
			s.Log.Info("no hint about a group", "err", err)
			return nil
		case n > 0:
			continue
		}
		near := ""
		if names := validate.Near(group, s.Snapshot.Groups()); len(names) > 0 {
			near = "; near it: " + strings.Join(names, ", ")
		}
		s.Warn("no user of the org holds the group %q%s", group, near)
	}
	return nil
}
