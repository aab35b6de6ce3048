package loader

import (
	"context"
	"slices"

	"rosterload/loader/connector"
	"rosterload/loader/inspect"
	"rosterload/loader/run"
	"rosterload/validate"
)

// openTarget opens the target with the connector's own flags.
func (o *Options) openTarget(ctx context.Context) (connector.Target, error) {
	for name := range o.Flags.Own {
		if !slices.ContainsFunc(o.Connector.Flags, func(f connector.Flag) bool { return f.Name == name }) {
			return nil, run.Stopf(run.ExitUsage, run.Hint{}, "a target of kind %s has no flag --%s", o.Connector.Name, name)
		}
	}
	if _, err := o.renderings(); err != nil {
		return nil, err
	}
	return o.Open(ctx, o.Flags.Own)
}

func (o *Options) openRoster(path string) (*validate.Roster, error) {
	f := o.Flags
	return validate.Open(path, o.Connector.Spelling, validate.Options{
		MayBeEmpty: true, // its sender waits for an answer all the same
		User:       f.User, Group: f.Group, Blank: f.Blank, NA: f.NA, Duplicates: f.Duplicates, UsernameSuffix: f.Suffix,
		Meaning: o.Terms.Meaning(), NoValue: o.Terms.HasRules(),
	})
}

// inspected opens the target for the verbs that only look.
func (o *Options) inspected(ctx context.Context) (*inspect.Target, error) {
	o.fill()
	target, err := o.openTarget(ctx)
	if err != nil {
		return nil, err
	}
	return &inspect.Target{
		Target: target, Name: o.Name, Connector: &o.Connector, Home: o.Home, Flags: o.Flags, Roster: o.openRoster, Now: o.Now,
		Listed: func(users int) { o.Watch(Progress{Stage: "looking", Done: users}) },
	}, nil
}
