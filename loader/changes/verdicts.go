package changes

import "rosterload/transform"

// Verdict is what a policy makes of an entry, from what the org said before and at the last look; settled means that
// waiting longer changes nothing. Of a policy that does not look at the person it is thought once for all users alike.
func (c *Changes) Verdict(p transform.Policy, i int32) (v transform.Verdict, settled bool) {
	if _, ok := p.(transform.Impersonal); !ok {
		return p.Judge(c.Change(i), c.Before(i), c.After(i))
	}
	if p != c.thoughts.of {
		c.thoughts = thoughts{of: p, known: map[situation]thought{}}
	}
	e := &c.entries[i]
	s := situation{e.value, e.before, e.after, e.sight.shows()}
	t, known := c.thoughts.known[s]
	if !known {
		t.verdict, t.settled = p.Judge(c.Change(i), c.Before(i), c.After(i))
		c.thoughts.keep(s, t)
	}
	return t.verdict, t.settled
}

// thoughts are the verdicts of one policy.
type thoughts struct {
	of    transform.Policy
	known map[situation]thought
}

// situation is all that such a policy looks at. An org has few of them, however many users it has.
type situation struct {
	value         uint32
	before, after Held
	seen          bool
}

type thought struct {
	verdict transform.Verdict
	settled bool
}

// mostThoughts keeps an org that says something else of each user from filling the memory.
const mostThoughts = 1 << 12

func (t *thoughts) keep(s situation, is thought) {
	if len(t.known) < mostThoughts {
		t.known[s] = is
	}
}
