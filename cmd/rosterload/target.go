package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/connector/all"
)

// demoName is the pretend org inside the process. It is used only when it is named.
const demoName = "demo"

// opened is a target of the config, ready to be opened.
type opened struct {
	name      string
	connector connector.Connector
	shared    *config.Common
	pretend   bool
	close     func()
	key       string // that signs the evidence, as the config names it
	config    string // digest of the settings without secrets
	// open signs in to nothing yet. own are the connector's own flags.
	open func(ctx context.Context, own map[string]string, log *slog.Logger) (connector.Target, error)
}

// settings of every connector embed config.Common.
type settings interface{ Shared() *config.Common }

// target finds the target that is named, or the only one. patience, when it is not 0, is the longest that one call may
// be tried.
func (p *site) target(c *cli.Context, v *voice, name string, patience time.Duration) (*opened, error) {
	if name == demoName {
		return findDemo(c, v, p.home)
	}
	if p.config == nil {
		return nil, p.missing
	}
	entry, err := choose(p.config, name)
	if err != nil {
		return nil, err
	}
	v.note("config %s", p.config.Path)
	o, err := decode(p.config, entry, patience)
	for _, text := range p.config.Warnings {
		v.warn("%s", text)
	}
	return o, err
}

func choose(cfg *config.Config, name string) (config.Target, error) {
	var names []string
	for _, t := range cfg.Targets {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	switch {
	case name != "":
		return config.Target{}, usage("", "no target %q in %s%s", name, cfg.Path, choices(name, names))
	case len(names) == 1:
		return cfg.Targets[0], nil
	case len(names) == 0:
		return config.Target{}, usage("rosterload init shows how one is written", "%s names no target", cfg.Path)
	}
	return config.Target{}, usage("choose one with --target", "several targets in %s: %s", cfg.Path,
		strings.Join(names, ", "))
}

// decode reads the settings of a target strictly.
func decode(cfg *config.Config, entry config.Target, patience time.Duration) (*opened, error) {
	of := connectorOf(entry.Kind)
	if of == nil {
		return nil, usage("", "%w", entry.UnknownKind(kindNames()))
	}
	s := of.Settings()
	if err := entry.Decode(s); err != nil {
		return nil, usage("", "%w", err)
	}
	o := &opened{
		name: entry.Name, connector: *of, shared: s.(settings).Shared(), close: func() {}, key: cfg.SigningKey,
		config: entry.Fingerprint(),
	}
	if is := o.shared.RetryFor.Duration(); patience > 0 && (is <= 0 || is > patience) {
		o.shared.RetryFor = config.Duration(patience)
	}
	o.open = func(ctx context.Context, own map[string]string, log *slog.Logger) (connector.Target, error) {
		t, err := of.Open(ctx, connector.Opening{
			Settings: s, Flags: own, Other: openOther(ctx, cfg, patience, log),
			Log: log,
		})
		return t, placed(err, "target %s in %s", entry.Name, cfg.Path)
	}
	return o, nil
}

// openOther opens the host org of a target.
func openOther(
	ctx context.Context, cfg *config.Config, patience time.Duration, log *slog.Logger,
) func(string) (connector.Target, error) {
	return func(name string) (connector.Target, error) {
		entry, err := choose(cfg, name)
		if err != nil {
			return nil, &config.Error{Text: err.Error()}
		}
		o, err := decode(cfg, entry, patience)
		if err != nil {
			return nil, err
		}
		return o.open(ctx, nil, log)
	}
}

// placed is a mistake in the config: exit 2. One that does not know its place gets where.
func placed(err error, where string, args ...any) error {
	var known *config.Error
	var said usageError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said):
		return err
	case errors.As(err, &known):
		return usage("", "%w", err)
	}
	return usage("", where+": %w", append(args, err)...)
}

// connectorOf is the connector of that kind, nil when there is none.
func connectorOf(name string) *connector.Connector {
	i := slices.IndexFunc(all.Connectors, func(k connector.Connector) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &all.Connectors[i]
}

func kindNames() []string {
	var names []string
	for _, k := range all.Connectors {
		names = append(names, k.Name)
	}
	return names
}
