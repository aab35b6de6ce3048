package org

import "time"

// What happens to users, as a time line shows it.
const (
	Removals = "removals"
	Upserts  = "upserts"
	ByHand   = "by hand" // another admin at work
)

// Stretch is a time in which one thing happened to several users, one behind the other.
type Stretch struct {
	What         string
	Count        int
	Began, Ended time.Time
	Settled      time.Time // when the last of them has its answer
}

// Line is what has happened, in order. It is bounded: of what happened long ago the beginning is forgotten.
type Line struct{ stretches []Stretch }

const (
	pause         = 10 * time.Second // something after such a pause is a thing of its own
	keptStretches = 100
)

// Add takes in what happened to one user, and when it is, or will be, settled.
func (l *Line) Add(what string, at, settled time.Time) {
	if n := len(l.stretches); n > 0 {
		s := &l.stretches[n-1]
		if s.What == what && at.Sub(s.Ended) < pause {
			s.Count++
			s.Ended = at
			if settled.After(s.Settled) {
				s.Settled = settled
			}
			return
		}
	}
	if len(l.stretches) >= keptStretches {
		l.stretches = append([]Stretch{}, l.stretches[keptStretches/2:]...)
	}
	l.stretches = append(l.stretches, Stretch{What: what, Count: 1, Began: at, Ended: at, Settled: settled})
}

// Stretches are a copy of what is kept.
func (l *Line) Stretches() []Stretch { return append([]Stretch{}, l.stretches...) }
