package transform

// Standing is what the org holds of one user at one time.
type Standing struct {
	User   User   // as it was asked for; the same Key in the same spelling
	ID     string // the org's id, canonical (Salesforce: 18 characters)
	Active bool
	// Request is the request field as stored, "" for nothing. An org without a request field reports what the user
	// holds as Request and as Group: by Request the loader sees that others have moved a user since the plan.
	Request string
	Group   string // what the user really holds, "" for nothing
	Status  string // the provisioning status, raw
	// Others is how many further users matched the same key. Look reports each match; Choose counts.
	Others int
	// Holders is how many of all matches hold a group or have a request stored.
	Holders int
}

// Found tells whether the org knows the user at all.
func (s Standing) Found() bool { return s.ID != "" }

// Choose makes one standing of all users that match one key. Usernames are unique, e-mails are not: of several matches
// the only active one is meant. When there is no such one, the standing has no ID and Others says that there are
// matches.
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
