package loader

import (
	"slices"

	"rosterload/loader/report"
	"rosterload/loader/run"
)

// Renderings are the further files that a revision may have.
var Renderings = []report.Rendering{}

// wanted are the names of the renderings of a run that goes on: those it was begun with, those that its last revision has, and those that
// are asked for now.
func wanted(r *run.Run, now []string) []string {
	names := slices.Concat(r.Seal.Flags.Renderings, now)
	for _, made := range r.Last.Renderings {
		names = append(names, made.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// renderings are those of this run. One that this version cannot make is not left out in silence.
func (o *Options) renderings() ([]report.Rendering, error) {
	var all []report.Rendering
	for _, name := range o.Flags.Renderings {
		i := slices.IndexFunc(Renderings, func(x report.Rendering) bool { return x.Name == name })
		if i < 0 {
			return nil, run.Stopf(run.ExitUsage, run.Hint{}, "this version makes no %q of a run", name)
		}
		all = append(all, Renderings[i])
	}
	return all, nil
}
