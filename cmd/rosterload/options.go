package main

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/lmittmann/tint"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"rosterload/loader"
	"rosterload/loader/connector"
	"rosterload/loader/run"
)

// withTarget opens the named target for one call of the loader, and ends the progress that the call draws.
func withTarget(c *cli.Context, v voice, name string, do func(o loader.Options, found *opened) error) error {
	found, err := findTarget(c, v, name)
	if err != nil {
		return err
	}
	defer found.close()
	p := newProgress(v.err, c.Bool("quiet"))
	log, err := logger(c, p)
	if err != nil {
		return err
	}
	defer p.end()
	return do(loader.Options{
		Home: homeOf(c), Connector: found.connector, Name: found.name, Pretend: found.pretend, RetryFor: found.shared.RetryFor.Duration(),
		Open: func(ctx context.Context, own map[string]string) (connector.Target, error) {
			return found.open(ctx, own, log)
		},
		Reason: c.String("reason"), Ticket: c.String("ticket"), SigningKey: found.key, ConfigSHA256: found.config,
		Version: version, By: byWhom(), Queue: c.Duration("wait-for-lock"), Watch: p.watch, Log: log, Command: commandOf(c),
	}, found)
}

// commandOf spells commands that can be pasted: with the home and the config that this one was given.
func commandOf(c *cli.Context) func(verb string, args ...string) string {
	return func(verb string, args ...string) string {
		for _, f := range c.App.Command(verb).Flags {
			if name := f.Names()[0]; (name == "home" || name == "config") && c.IsSet(name) {
				args = append(args, "--"+name, c.String(name))
			}
		}
		return run.Command(verb, args...)
	}
}

// logger writes to stderr, in colours on a terminal only.
func logger(c *cli.Context, to io.Writer) (*slog.Logger, error) {
	level := slog.LevelInfo
	switch {
	case c.Bool("quiet"):
		level = slog.LevelError
	case c.Bool("verbose"):
		level = slog.LevelDebug
	}
	switch format := c.String("log-format"); {
	case format == "json":
		return slog.New(slog.NewJSONHandler(to, &slog.HandlerOptions{Level: level})), nil
	case format != "text":
		return nil, usage("", "--log-format %q is neither text nor json", format)
	case onTerminal():
		return slog.New(tint.NewTextHandler(to, &tint.Options{Level: level, NoColor: os.Getenv("NO_COLOR") != ""})), nil
	}
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: level})), nil
}

func onTerminal() bool { return term.IsTerminal(int(os.Stderr.Fd())) }
