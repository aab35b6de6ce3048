package main

import (
	"io"
	"log/slog"
	"os"

	"github.com/lmittmann/tint"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"rosterload/loader"
)

// optionsOf is what a run needs from outside, but its flags; done ends the progress that it draws.
func optionsOf(c *cli.Context, v voice, open *opened) (loader.Options, func(), error) {
	p := newProgress(v.err, c.Bool("quiet"))
	log, err := logger(c, p)
	if err != nil {
		return loader.Options{}, nil, err
	}
	slog.SetDefault(log) // the wire says what it had to do again
	return loader.Options{
		Home: homeOf(c), Kind: open.kind, Target: open.target, Name: open.name, Pretend: open.pretend,
		Version: version, By: byWhom(), Queue: c.Duration("wait-for-lock"), Watch: p.watch, Log: log,
	}, p.end, nil
}

// logger writes to stderr, in colours on a terminal only.
func logger(c *cli.Context, to io.Writer) (*slog.Logger, error) {
	level := slog.LevelInfo
	if c.Bool("quiet") {
		level = slog.LevelError
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
