package connector

import (
	"iter"

	"rosterload/transform"
)

// First are the keys of the first users, at most so many, and what these keys are: a heading, or Id.
func First(users iter.Seq[transform.User], most int) (keys []string, by string) {
	by = "Id"
	for u := range users {
		by = u.By
		if keys = append(keys, u.Key); len(keys) >= most {
			break
		}
	}
	return keys, by
}

// Once hands each user to found one time, whatever number of questions the user answers.
func Once(found func(transform.Standing) error) func(transform.Standing) error {
	seen := map[string]bool{}
	return func(s transform.Standing) error {
		if seen[s.ID] {
			return nil
		}
		seen[s.ID] = true
		return found(s)
	}
}
