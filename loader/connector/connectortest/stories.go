package connectortest

import (
	"math"
	"math/rand/v2"
)

// chosen are so many stories, the same each time, spread over all.
func chosen(all []Story, many int) (some []Story) {
	if many == 0 || many >= len(all) {
		return all
	}
	random := rand.New(rand.NewPCG(7, 8))
	step := float64(len(all)) / float64(many)
	for i := range many {
		at := int(math.Floor(float64(i) * step))
		some = append(some, all[min(at+random.IntN(max(1, int(step))), len(all)-1)])
	}
	return some
}

// stories are all of them: each trouble at each call; the same call of the resume as well; its neighbour; a signal, or
// a disk that is full, beside it; and a trouble that does not stop.
func (g ghost) stories(troubles []string) (all []Story) {
	random := rand.New(rand.NewPCG(5, 6))
	other := func() string { return troubles[random.IntN(len(troubles))] }
	for call := 1; call <= g.calls; call++ {
		for _, name := range troubles {
			lie := Ordeal{Lies: map[int]string{call: name}}
			all = append(all, Story{lie})
		}
	}
	for call := 1; call <= g.calls; call++ {
		for range 4 {
			a, b := other(), other()
			all = append(all,
				Story{{Lies: map[int]string{call: a}}, {Lies: map[int]string{call: b}}},
				Story{{Lies: map[int]string{call: a, call + 1: b}}},
				Story{
					{Lies: map[int]string{call: a}, Stop: call + random.IntN(3)},
					{Lies: map[int]string{1 + random.IntN(call): b}},
				},
				Story{
					{Lies: map[int]string{call: a}, Disk: 1 + random.IntN(g.writes), Full: random.IntN(2) == 0},
					{Stop: 1 + random.IntN(g.calls)},
				},
			)
		}
		all = append(all, Story{{Forever: other(), From: call}, {Forever: other(), From: call}})
	}
	return all
}

// strikesOf are the calls, in order.
func strikesOf(lies map[int]string) []int {
	s := strikes{}
	for at := range lies {
		s[at] = 0
	}
	return s.calls()
}
