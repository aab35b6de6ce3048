package main

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/connector/all"
)

// demoName is the pretend org inside the process. It is used only when it is named.
const demoName = "demo"

// opened is a target ready for use.
type opened struct {
	name    string
	kind    connector.Connector
	target  connector.Target
	shared  *config.Common
	pretend bool
	close   func()
}

// settings of every kind embed config.Common.
type settings interface{ Shared() *config.Common }

// openTarget opens the target that the flags and the config name.
func openTarget(ctx context.Context, c *cli.Context, v voice, name string) (*opened, error) {
	if name == demoName {
		return openDemo(ctx)
	}
	cfg, err := findConfig(c, v)
	if err != nil {
		return nil, err
	}
	entry, err := choose(cfg, name)
	if err != nil {
		return nil, err
	}
	return openEntry(ctx, cfg, entry)
}

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
	return nil, usage("rosterload init > rosterload.yaml writes one; -t demo needs none", "no config: neither %s", strings.Join(paths, " nor "))
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

func openEntry(ctx context.Context, cfg *config.Config, entry config.Target) (*opened, error) {
	kind := kindOf(entry.Kind)
	if kind == nil {
		return nil, usage("", "%w", entry.UnknownKind(kindNames()))
	}
	s := kind.Settings()
	if err := entry.Decode(s); err != nil {
		return nil, usage("", "%w", err)
	}
	t, err := kind.Open(ctx, s, func(name string) (any, error) {
		other, err := choose(cfg, name)
		if err != nil {
			return nil, err
		}
		o, err := openEntry(ctx, cfg, other)
		if err != nil {
			return nil, err
		}
		return o.target, nil
	})
	var placed *config.Error
	switch {
	case errors.As(err, &placed):
		return nil, usage("", "%w", err)
	case err != nil:
		return nil, usage("", "target %s in %s: %w", entry.Name, cfg.Path, err)
	}
	shared := s.(settings).Shared()
	return &opened{name: entry.Name, kind: *kind, target: t, shared: shared, close: func() {}}, nil
}

// kindOf is the kind of that name, nil when there is none.
func kindOf(name string) *connector.Connector {
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
