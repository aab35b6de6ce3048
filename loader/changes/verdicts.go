package changes

import "rosterload/transform"

// Verdict is what a policy makes of an entry, from what the org said before and at the last look; settled means that
// waiting longer changes nothing. A policy that is Impersonal is asked once for all users who stand alike.
func (c *Changes) Verdict(p transform.Policy, i int32) (v transform.Verdict, settled bool) {
	if _, ok := p.(transform.Impersonal); !ok {
		return p.Judge(c.Change(i), c.Before(i), c.After(i))
	}
	if p != c.memo.of {
		c.memo = memo{of: p, known: map[memoKey]judged{}}
	}
	e := &c.entries[i]
	s := memoKey{e.value, e.before, e.after, e.sight.shows()}
	t, known := c.memo.known[s]
	if !known {
		t.verdict, t.settled = p.Judge(c.Change(i), c.Before(i), c.After(i))
		c.memo.keep(s, t)
	}
	return t.verdict, t.settled
}

// memo are the verdicts of one policy.
type memo struct {
	of    transform.Policy
	known map[memoKey]judged
}

// memoKey is all that such a policy looks at. An org has few of them, however many users it has.
type memoKey struct {
	value         uint32
	before, after Held
	seen          bool
}

type judged struct {
	verdict transform.Verdict
	settled bool
}

// mostJudged keeps an org that says something else of each user from filling the memory.
const mostJudged = 1 << 12

func (t *memo) keep(s memoKey, is judged) {
	if len(t.known) < mostJudged {
		t.known[s] = is
	}
}
