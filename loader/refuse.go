package loader

import (
	"context"

	"rosterload/loader/evidence"
	"rosterload/loader/journal"
	"rosterload/loader/report"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// refuse writes the two events of such a run, and its summary with its evidence.
func refuse(ctx context.Context, o Options, why error) (*results.Summary, error) {
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
