package journal

import "fmt"

// order checks that each event follows from those before it. What an event means to a run is for the fold to say;
// here stands only what no run can do, whatever it does: a journal in which it happened was altered or pieced
// together.
type order struct {
	events    int
	planned   bool
	submitted map[batch]bool
}

type batch struct {
	job    string
	number int
}

func (o *order) take(e Event) error {
	o.events++
	switch {
	case e.What == "":
		return fmt.Errorf("no event is named")
	case (e.What == Begun) != (o.events == 1):
		return fmt.Errorf("%q is out of place: a journal has one %q, and it stands first", e.What, Begun)
	case e.Batch < 0 || e.Rows < 0 || e.Size < 0 || e.Revision < 0:
		return fmt.Errorf("%q has a number below zero", e.What)
	}
	switch e.What {
	case Planned:
		if o.planned {
			return fmt.Errorf("%q is out of place: the run was planned before", e.What)
		}
		o.planned = true
	case Sealed, Submitting, Receipt, Sent, Missed, Unsent, Outcomes, Dropped, Ended, Settled, Retrying, Reconciled:
		return o.takeSending(e)
	}
	return nil
}

// takeSending checks an event that only a planned run can have.
func (o *order) takeSending(e Event) error {
	if !o.planned {
		return fmt.Errorf("%q is out of place: the run is not planned yet", e.What)
	}
	b := batch{e.Job, e.Batch}
	switch e.What {
	case Submitting:
		if o.submitted == nil {
			o.submitted = map[batch]bool{}
		}
		o.submitted[b] = true
	case Receipt, Sent, Missed, Unsent:
		if !o.submitted[b] {
			return fmt.Errorf("%q is out of place: %s-%04d was never submitted", e.What, e.Job, e.Batch)
		}
	}
	return nil
}
