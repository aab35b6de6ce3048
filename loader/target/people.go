package target

import (
	"context"
	"fmt"
	"iter"

	"rosterload/transform"
)

// mostNamed is how many people who are not found, or may not be meant, are named one by one.
const mostNamed = 20

// CheckPeople looks for each user of a roster and says who is not there, inactive, or not alone: for kinds whose people need nothing else.
func CheckPeople(ctx context.Context, t Target, users iter.Seq[transform.User], found func(Finding) error) error {
	seen := map[string][]transform.Standing{}
	if err := t.Look(ctx, users, func(s transform.Standing) error {
		seen[s.User.Key] = append(seen[s.User.Key], transform.Standing{User: s.User, ID: s.ID, Active: s.Active, Group: s.Group, Request: s.Request})
		return nil
	}); err != nil {
		return err
	}
	well, bad := 0, 0
	for u := range users {
		s := transform.Choose(seen[u.Key])
		f := Finding{Subject: u.Key, Check: "user", Mark: Fail}
		switch {
		case s.Others > 0 && !s.Found():
			f.Saw, f.Cure = fmt.Sprintf("%d users have this key and not exactly one is active", s.Others+1), "name the user another way"
		case !s.Found():
			f.Saw, f.Cure = "nobody has this key", "correct the roster"
		case !s.Active:
			f.Mark, f.Saw, f.Cure = Warn, "inactive: a group cannot be assigned, only taken away", "activate the user"
		default:
			well++
			continue
		}
		if bad++; bad > mostNamed {
			continue
		}
		if err := found(f); err != nil {
			return err
		}
	}
	if bad > mostNamed {
		if err := found(Finding{Check: "people of the roster", Mark: Fail, Saw: fmt.Sprintf("%d more are not found, not alone or inactive", bad-mostNamed)}); err != nil {
			return err
		}
	}
	return found(Finding{Check: "people of the roster", Mark: Pass, Saw: fmt.Sprintf("%d found, active", well)})
}
