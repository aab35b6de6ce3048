package loader

import (
	"strings"
)

// Resumable names the run that a resume without a name takes: the one open run that a load began and that no newer run of its org has
// superseded. None is exit 5, several are exit 2 and a list.
func Resumable(home string) (*Run, error) {
	runs, _, err := Runs(home)
	if err != nil {
		return nil, err
	}
	var open []*Run
	for _, r := range runs {
		if r.Open() && r.Verb == "load" && !r.guarded() && !superseded(r, runs) {
			open = append(open, r)
		}
	}
	switch len(open) {
	case 0:
		return nil, stop(ExitNothing, "rosterload runs", "nothing to resume")
	case 1:
		return open[0], nil
	}
	var names []string
	for _, r := range open {
		names = append(names, r.ID+" ("+r.Target+")")
	}
	return nil, stop(ExitUsage, "rosterload resume RUN", "several runs are open: %s", strings.Join(names, ", "))
}

// guarded runs were stopped by the removal guard; they must be named, with the number that is allowed.
func (r *Run) guarded() bool {
	return r.Planned != nil && r.Planned.Guard != "" && !r.SentAnything()
}

func superseded(r *Run, runs []*Run) bool {
	for _, newer := range runs {
		sameOrg := newer.Org.ID == r.Org.ID || r.Org.ID == "" // one that never signed in does not know its org
		if newer.ID > r.ID && sameOrg && newer.Target == r.Target && (newer.SentAnything() || newer.Over) {
			return true
		}
	}
	return false
}
