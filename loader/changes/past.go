package changes

import (
	"iter"

	"rosterload/loader/connector"
	"rosterload/loader/run"
)

// Past are the outcomes and steps of all runs on an org, the oldest first. runs are all runs of the home; current is
// among them.
func Past(runs []*run.Run, current *run.Run, kind, org string) iter.Seq2[connector.Outcome, error] {
	return func(yield func(connector.Outcome, error) bool) {
		stopped := false
		each := func(o connector.Outcome, _ int64) error {
			stopped = stopped || !yield(o, nil)
			return nil
		}
		for _, r := range runs {
			if r.Kind != kind || r.Org.ID != org && r.ID != current.ID {
				continue
			}
			for _, b := range r.Batches {
				if err := ReadOutcomes(r, b, each); err != nil && !stopped {
					stopped = !yield(connector.Outcome{}, err)
				}
				if stopped {
					return
				}
			}
		}
	}
}
