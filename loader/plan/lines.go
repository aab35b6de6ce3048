package plan

import (
	"iter"

	"rosterload/transform"
	"rosterload/validate"
)

// Line is a line of the roster, and the request that it makes or why it can make none.
type Line struct {
	*validate.Line
	Request validate.Request
	Fault   *validate.Fault
}

// Lines walks the roster: what is wrong with a line by itself, and what is wrong with it among the others.
func Lines(r *validate.Roster, s *validate.Screening) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for line, err := range r.Lines() {
			if err != nil {
				yield(Line{}, err)
				return
			}
			l := Line{Line: line}
			if l.Request, l.Fault = r.Check(line); l.Fault == nil {
				l.Fault = s.Fault(line.Row)
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}

// Requests walks the sound lines, as often as is wanted.
type Requests struct {
	roster    *validate.Roster
	screening *validate.Screening
	err       error // of the last walk
}

// NewRequests are those of a roster.
func NewRequests(r *validate.Roster, s *validate.Screening) *Requests {
	return &Requests{roster: r, screening: s}
}

// Err is why the last walk ended early.
func (q *Requests) Err() error { return q.err }

// All are the requests in roster order. Their bytes are valid until the next.
func (q *Requests) All() iter.Seq[validate.Request] {
	return func(yield func(validate.Request) bool) {
		q.err = nil
		for line, err := range Lines(q.roster, q.screening) {
			if err != nil {
				q.err = err
				return
			}
			if line.Fault == nil && !yield(line.Request) {
				return
			}
		}
	}
}

// Users are the users of the requests.
func (q *Requests) Users() iter.Seq[transform.User] {
	return func(yield func(transform.User) bool) {
		for r := range q.All() {
			if !yield(transform.User{By: r.By(), Key: string(r.Key())}) {
				return
			}
		}
	}
}

// Forecast lets a policy that wants to know every request see them, before it decides the first.
func (q *Requests) Forecast(p transform.Policy, n *Snapshot) error {
	f, ok := p.(transform.Forecaster)
	if !ok {
		return nil
	}
	f.Forecast(func(yield func(validate.Request, transform.Standing) bool) {
		for r := range q.All() {
			if !yield(r, n.Of(r)) {
				return
			}
		}
	})
	return q.err
}
