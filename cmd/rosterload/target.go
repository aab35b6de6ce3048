package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"

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

// findTarget finds the target that the flags and the config name.
func findTarget(c *cli.Context, v voice, name string) (*opened, error) {
	if name == demoName {
		return findDemo()
	}
	cfg, err := findConfig(c, v)
	if err != nil {
		return nil, err
	}
	entry, err := choose(cfg, name)
	if err != nil {
		return nil, err
	}
	return decode(cfg, entry)
}

// errNoConfig says that there is none in any of the usual places.
var errNoConfig = errors.New("no config")

// findConfig takes --config, then the working directory's, then the user's, and says which.
func findConfig(c *cli.Context, v voice) (*config.Config, error) {
	paths := []string{"rosterload.yaml", userConfig()}
	if named := c.String("config"); named != "" {
		paths = []string{named}
	}
	for _, path := range paths {
		cfg, err := config.Load(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, usage("", "%w", err)
		}
		if !c.Bool("quiet") {
			v.note("config %s", path)
		}
		return cfg, nil
	}
	if named := c.String("config"); named != "" {
		return nil, usage("", "no config at %s", named)
	}
	return nil, usage("rosterload init > rosterload.yaml writes one; -t demo needs none", "%w: neither %s", errNoConfig, strings.Join(paths, " nor "))
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
		return config.Target{}, usage("", "no target %q in %s; there are: %s", name, cfg.Path, strings.Join(names, ", "))
	case len(names) == 1:
		return cfg.Targets[0], nil
	case len(names) == 0:
		return config.Target{}, usage("rosterload init shows how one is written", "%s names no target", cfg.Path)
	}
	return config.Target{}, usage("choose one with --target", "several targets in %s: %s", cfg.Path, strings.Join(names, ", "))
}

// decode reads the settings of a target strictly.
func decode(cfg *config.Config, entry config.Target) (*opened, error) {
	of := connectorOf(entry.Kind)
	if of == nil {
		return nil, usage("", "%w", entry.UnknownKind(kindNames()))
	}
	s := of.Settings()
	if err := entry.Decode(s); err != nil {
		return nil, usage("", "%w", err)
	}
	o := &opened{name: entry.Name, connector: *of, shared: s.(settings).Shared(), close: func() {}, key: cfg.SigningKey, config: entry.Fingerprint()}
	o.open = func(ctx context.Context, own map[string]string, log *slog.Logger) (connector.Target, error) {
		t, err := of.Open(ctx, connector.Opening{Settings: s, Flags: own, Other: openOther(ctx, cfg, log), Log: log})
		return t, placed(err, "target %s in %s", entry.Name, cfg.Path)
	}
	return o, nil
}

// openOther opens the host org of a target.
func openOther(ctx context.Context, cfg *config.Config, log *slog.Logger) func(string) (connector.Target, error) {
	return func(name string) (connector.Target, error) {
		entry, err := choose(cfg, name)
		if err != nil {
			return nil, err
		}
		o, err := decode(cfg, entry)
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
