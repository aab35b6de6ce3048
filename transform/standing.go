package transform

// Choose makes one standing of all users that match one key. Usernames are unique, e-mails are not: of several matches the only
// active one is meant. When there is no such one, the standing has no ID and Others says that somebody was found.
func Choose(matches []Standing) Standing {
	if len(matches) == 0 {
		return Standing{}
	}
	chosen, active, holders := matches[0], 0, 0
	for _, m := range matches {
		if m.Active {
			chosen = m
			active++
		}
		if m.Group != "" || m.Request != "" {
			holders++
		}
	}
	if len(matches) > 1 && active != 1 {
		chosen = Standing{User: matches[0].User}
	}
	chosen.Others, chosen.Holders = len(matches)-1, holders
	return chosen
}
