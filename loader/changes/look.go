package changes

import (
	"iter"

	"rosterload/transform"
)

// sight tells what looks have shown of a user.
type sight uint8

const (
	unseen  sight = iota
	seen          // after was filled by a look
	seenNow       // by the look that is under way, or the last one
	lost          // a whole look did not show the user
)

func (s sight) shows() bool { return s == seen || s == seenNow }

// glimpse is what a look has shown of one user, on its way to the user's entry.
type glimpse struct {
	id    string
	said  held
	place int
	hash  uint64 // of the id, and what the index has in its slot
	at    uint64
}

// mostGlimpses are taken in together.
const mostGlimpses = 256

// BeginLook prepares for a look at these entries, which EndLook ends when it was complete. Cut short in the middle,
// what was known before stays known.
func (c *Changes) BeginLook(which []int32) {
	c.glimpses = c.glimpses[:0]
	for _, i := range which {
		if e := &c.entries[i]; e.sight == seenNow {
			e.sight = seen
		}
	}
}

// NotLooked are those of these entries that the look under way has not shown yet.
func (c *Changes) NotLooked(which []int32) []int32 {
	c.TakeIn()
	var rest []int32
	for _, i := range which {
		if c.entries[i].sight != seenNow {
			rest = append(rest, i)
		}
	}
	return rest
}

// EndLook ends a look that was complete: users that it did not show are gone.
func (c *Changes) EndLook(which []int32) {
	c.TakeIn()
	for _, i := range which {
		if e := &c.entries[i]; e.sight != seenNow {
			e.sight, e.after = lost, 0
		}
	}
}

// See takes in one standing of a look. Users of no entry are skipped: a bulk query answers with the whole org. What it
// has taken counts with EndLook or TakeIn.
func (c *Changes) See(s transform.Standing) error {
	if c.glimpses = append(c.glimpses, glimpse{id: s.ID, said: said(s)}); len(c.glimpses) == mostGlimpses {
		c.TakeIn()
	}
	return nil
}

// TakeIn lets what See has taken count, as EndLook does: it is for a look that was cut short.
func (c *Changes) TakeIn() {
	c.index.findAll(c.glimpses, &c.last)
	for _, s := range c.glimpses {
		if s.place >= 0 {
			e := &c.entries[s.place]
			e.sight, e.after = seenNow, c.names.pack(s.said)
		}
	}
	c.glimpses = c.glimpses[:0]
}

// Users names the users of these entries.
func (c *Changes) Users(which []int32) iter.Seq[transform.User] {
	return func(yield func(transform.User) bool) {
		for _, i := range which {
			if !yield(transform.User{By: "Id", Key: c.ID(i)}) {
				return
			}
		}
	}
}

// Position is where a user stands, compared with the plan.
type Position int

// The positions.
const (
	AsBefore Position = iota
	AsAsked
	Elsewhere // neither: others have changed the user
)

// Position compares what was last seen of an entry, which a look must have shown, with what the plan saw and what it
// asks.
func (c *Changes) Position(p transform.Policy, i int32) Position {
	now := c.After(i)
	switch {
	case !now.Found():
		return Elsewhere
	case p.AsAsked(c.Change(i), now):
		return AsAsked
	case now.Request == c.names.request(c.entries[i].before):
		return AsBefore
	}
	return Elsewhere
}
