package loader

import (
	"context"

	"rosterload/loader/evidence"
	"rosterload/loader/journal"
	"rosterload/loader/report"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// Refuse makes a run of a delivery that is no roster, so that it has a journal and an answer as any other: the run is over as it begins. It
// asks no org. A crash between its two events leaves a run without results; Refuse with a Writer that has taken it up writes them.
func Refuse(ctx context.Context, o Options, why error) (*results.Summary, error) {
	o.fill()
	w := o.Into
	defer w.Close()
	if !w.Has() {
		seal, err := w.DescribeDelivery(o.Flags, o.Delivery)
		if err != nil {
			return nil, err
		}
		if seal.Refused, seal.RefusedExit = why.Error(), ExitCode(why); seal.RefusedExit != run.ExitNothing {
			seal.RefusedExit = run.ExitUsage
		}
		if err := w.Begin(journal.Event{Target: o.Name, Kind: o.Connector.Name}, o.sign(seal)); err != nil {
			return nil, err
		}
	}
	renderings, err := o.renderings()
	if err != nil {
		return nil, err
	}
	f := report.Refusal{
		Writer: w, Connector: &o.Connector, By: o.By, Version: o.Version, Now: o.Now(),
		Evidence:   &evidence.Keeper{Home: o.evidence(), Context: ctx, Run: w.Run, Version: o.Version},
		Renderings: renderings, Codes: CodesOf(&o.Connector),
	}
	return f.Write()
}
