package org

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever happens: each user counts once, stretches stand in order, two neighbours differ or are apart, and no more are kept than may be.
func TestLawsOfALine(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l, at, count := Line{}, time.Unix(0, 0), 0
		for range rapid.IntRange(1, 90).Draw(r, "deeds") {
			at = at.Add(time.Duration(rapid.IntRange(0, 20).Draw(r, "seconds")) * time.Second)
			l.Add(rapid.SampledFrom([]string{Removals, Upserts}).Draw(r, "what"), at, at.Add(time.Minute))
			count++
		}
		before := Stretch{}
		for i, s := range l.Stretches() {
			count -= s.Count
			if s.Ended.Before(s.Began) || s.Settled.Before(s.Ended) || s.Began.Before(before.Ended) {
				r.Fatalf("%+v behind %+v", s, before)
			}
			if i > 0 && s.What == before.What && s.Began.Sub(before.Ended) < pause {
				r.Fatalf("%+v and %+v are one", before, s)
			}
			before = s
		}
		if count != 0 {
			r.Fatalf("%d deeds are lost", count)
		}
	})
	l := Line{}
	for i := range 10 * keptStretches {
		l.Add(Upserts, time.Unix(int64(i)*60, 0), time.Unix(int64(i)*60, 0))
	}
	if all := l.Stretches(); len(all) > keptStretches || all[len(all)-1].Began != time.Unix((10*keptStretches-1)*60, 0) {
		t.Errorf("%d are kept, the last %+v", len(all), all[len(all)-1])
	}
}

func TestALoadOnTheLine(t *testing.T) {
	g, member, other, later := newOrg(t)
	g.Write(member, "")
	later()
	g.Write(other, "Alpha")
	g.Write(other, "Alpha") // it is there already
	later()
	g.Move(other, "Beta")
	var did []string
	for _, s := range g.Stretches() {
		did = append(did, s.What)
		if wait := s.Settled.Sub(s.Ended); (s.What == ByHand) != (wait == 0) {
			t.Errorf("%s is settled after %s", s.What, wait)
		}
	}
	if len(did) != 3 || did[0] != Removals || did[1] != Upserts || did[2] != ByHand {
		t.Errorf("%q", did)
	}
}
