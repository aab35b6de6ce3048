package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"rosterload/loader/config"
)

// site is where a command works: the config, when there is one, and the home.
type site struct {
	config  *config.Config // nil: there is none, and missing says so
	missing error
	home    string
	by      string // who started the process, for the auditor
}

// findSite finds the config and the home. A config that is missing is an error only for commands that need a target of
// it.
func findSite(c *cli.Context) (*site, error) {
	p := &site{by: byWhom()}
	var err error
	if p.config, err = findConfig(c.String("config")); errors.Is(err, fs.ErrNotExist) {
		p.missing = err
	} else if err != nil {
		return nil, err
	}
	if p.home, err = p.findHome(c); err != nil {
		return nil, err
	}
	return p, actAsOwner(p.home)
}

// findHome takes --home and its variable, then the config's, then the user's own.
func (p *site) findHome(c *cli.Context) (string, error) {
	switch {
	case c.String("home") != "":
		return filepath.Abs(c.String("home"))
	case p.config != nil && p.config.Home != "":
		return filepath.Abs(p.config.Home)
	}
	home := defaultHome()
	if home == "" {
		return "", usage("use --home to name a folder", "no place to keep runs: neither HOME nor XDG_STATE_HOME is set")
	}
	return home, nil
}

// noConfig is a config that is nowhere: exit 2 where one is needed.
type noConfig struct{ usageError }

func (n noConfig) Unwrap() error { return n.usageError }

func (noConfig) Is(target error) bool { return target == fs.ErrNotExist }

// findConfig takes the one that is named, else the working directory's, then the user's, then the system's.
func findConfig(named string) (*config.Config, error) {
	paths := configPaths()
	if named != "" {
		paths = []string{named}
	}
	for _, path := range paths {
		cfg, err := config.Load(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, usage("", "%w", err)
		}
		return cfg, nil
	}
	if named != "" {
		return nil, usage("", "no config at %s", named)
	}
	last := len(paths) - 1
	return nil, noConfig{usageError{
		fmt.Errorf("no config: neither %s nor %s", strings.Join(paths[:last], " nor "), paths[last]),
		"rosterload init > rosterload.yaml writes one; -t demo needs none",
	}}
}

func configPaths() []string {
	paths := []string{"rosterload.yaml"}
	if own := userConfig(); own != "" {
		paths = append(paths, own)
	}
	if runtime.GOOS != "windows" {
		paths = append(paths, "/etc/rosterload/rosterload.yaml")
	}
	return paths
}

// defaultHome is empty where the system names no place for it.
func defaultHome() string {
	if runtime.GOOS == "windows" {
		return under(os.Getenv("LocalAppData"), "rosterload")
	}
	if state := os.Getenv("XDG_STATE_HOME"); state != "" {
		return filepath.Join(state, "rosterload")
	}
	return under(os.Getenv("HOME"), ".local", "state", "rosterload")
}

// userConfig is empty where the system names no place for it.
func userConfig() string {
	folder := os.Getenv("XDG_CONFIG_HOME")
	switch {
	case runtime.GOOS == "windows":
		folder = os.Getenv("AppData")
	case folder == "":
		folder = under(os.Getenv("HOME"), ".config")
	}
	return under(folder, "rosterload", "rosterload.yaml")
}

// under is a path below a folder; none when there is no folder.
func under(folder string, names ...string) string {
	if folder == "" {
		return ""
	}
	return filepath.Join(append([]string{folder}, names...)...)
}
