package loader

import (
	"slices"

	"rosterload/loader/connector"
	"rosterload/loader/report"
	"rosterload/loader/report/html"
	"rosterload/loader/report/workbook"
	"rosterload/loader/run"
	"rosterload/loader/terms"
	"rosterload/transform"
	"rosterload/validate"
)

// Renderings are the further files that a revision may have.
var Renderings = []report.Rendering{workbook.Rendering, html.Rendering}

// wanted are the names of the renderings of a run that goes on: those it was begun with, those that its last revision
// has, and those that are asked for now.
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
		x, err := renderingOf(name)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}

func renderingOf(name string) (report.Rendering, error) {
	i := slices.IndexFunc(Renderings, func(x report.Rendering) bool { return x.Name == name })
	if i < 0 {
		return report.Rendering{}, run.Stopf(run.ExitUsage, run.Hint{}, "this version makes no %q of a run", name)
	}
	return Renderings[i], nil
}

// CodesOf are all codes that may stand in the results of a kind, for those who explain them.
func CodesOf(c *connector.Connector) []validate.Code { return codesOf(c) }

// codesOf are all codes that may stand in the results of a kind.
func codesOf(c *connector.Connector) []validate.Code {
	return slices.Concat(validate.Codes, transform.Codes, terms.Codes, Codes, c.Codes, transform.NextSteps)
}

// render makes a rendering of a run's newest revision; without a path it lies beside the roster.
func render(home, id, name, to string, c *connector.Connector) (path string, err error) {
	x, err := renderingOf(name)
	if err != nil {
		return "", err
	}
	r, err := run.Open(home, id)
	if err != nil {
		return "", err
	}
	if to == "" {
		to = r.Stem() + "." + x.Ending
	}
	return to, report.Render(r, x, codesOf(c), to)
}
