package groove

// Past is what earlier runs have asked of a user, and what an export of Groove has shown since: of licences that no
// interface shows it is all that is known.
type Past struct {
	Asked string            `json:"asked"`          // the set that was asked for last, or shown last
	Known bool              `json:"known"`          // Asked says something: without it only work is known
	Shown bool              `json:"shown"`          // an export has shown that set; else it rests on trust
	Done  map[string]string `json:"done,omitempty"` // work that an export has shown done: by column of the roster, or by licence, its value
}

// Left takes in what the results of an earlier run say of a user. A row that was sent replaces what an export has shown
// before; one that was not repeats an earlier run's, which an export may have settled since.
func (p Past) Left(value string, sent, pending bool) Past {
	switch {
	case sent && pending:
		return Past{Asked: value, Known: true, Done: p.withoutLicences()}
	case sent:
		return Past{Done: p.withoutLicences()}
	case pending && !p.showed(value):
		return Past{Asked: value, Known: true, Done: p.Done}
	}
	return p
}

// Seen takes in what an export has shown of a line. Work that it shows undone is issued again.
func (p Past) Seen(value string, asksLicences, shown bool, done map[string]string) Past {
	is := Past{Asked: p.Asked, Known: p.Known, Shown: p.Shown, Done: map[string]string{}}
	if asksLicences {
		is.Asked, is.Known, is.Shown = value, true, shown
	}
	for _, work := range []map[string]string{p.Done, done} {
		for column, v := range work {
			if is.Done[column] = v; v == "" {
				delete(is.Done, column)
			}
		}
	}
	return is
}

// withoutLicences: what was done by hand for a set that was asked for before says nothing of another one.
func (p Past) withoutLicences() map[string]string {
	left := map[string]string{}
	for column, v := range p.Done {
		if !All.Has(column) {
			left[column] = v
		}
	}
	return left
}

func (p Past) showed(value string) bool  { return p.Known && p.Shown && p.Asked == value }
func (p Past) trusted(value string) bool { return p.Known && !p.Shown && p.Asked == value }

// forget drops work that was done for an earlier line, where this line asks for something else: when a later one asks
// for it again, it is to be done again.
func (o *Org) forget(a Asked, id string, ceiling int) {
	past, known := o.Past[id]
	if !known {
		return
	}
	for _, s := range Settings {
		if cell := a.Said(s.Name); cell != "" {
			if value, _ := s.Spell(cell, ceiling); value != past.Done[s.Name] {
				delete(past.Done, s.Name)
			}
		}
	}
	for _, licence := range All {
		if !a.SettingsOnly() && !a.Set.Has(licence) {
			delete(past.Done, licence)
		}
	}
}

// isDone tells whether an export has shown all work of a line of settings alone.
func (o *Org) isDone(a Asked, id string, ceiling int) bool {
	past, asks := o.Past[id], false
	for _, s := range Settings {
		cell := a.Said(s.Name)
		if cell == "" {
			continue
		}
		value, _ := s.Spell(cell, ceiling)
		if s.OnlyYes && value != "Yes" {
			continue
		}
		if asks = true; past.Done[s.Name] != value {
			return false
		}
	}
	return asks
}
