package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"runtime"
	"time"

	"github.com/lmittmann/tint"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"rosterload/loader"
	"rosterload/loader/connector"
	"rosterload/loader/results"
)

// withTarget opens the named target for one call of the loader, and ends the progress that the call draws. patience,
// when it is not 0, is the longest that one call to the org may be tried.
func (p *site) withTarget(
	c *cli.Context, v *voice, name string, patience time.Duration, do func(o loader.Options, found *opened) error,
) error {
	found, err := p.target(c, v, name, patience)
	if err != nil {
		return err
	}
	defer found.close()
	line := newProgress(v)
	log, err := logger(c, v)
	if err != nil {
		return err
	}
	defer line.end()
	return do(loader.Options{
		Home: p.home, Connector: found.connector, Name: found.name, Pretend: found.pretend,
		RetryFor: found.shared.RetryFor.Duration(),
		Open: func(ctx context.Context, own map[string]string) (connector.Target, error) {
			return found.open(ctx, own, log)
		},
		Reason: c.String("reason"), Ticket: c.String("ticket"), SigningKey: found.key, ConfigSHA256: found.config,
		Version: version, By: p.by, Queue: c.Duration("wait-for-lock"), Watch: line.watch, Log: log,
		Command: commandOf(c),
	}, found)
}

// logger writes to stderr, in colours on a terminal only. --quiet writes nothing: what matters is in the summary.
func logger(c *cli.Context, v *voice) (*slog.Logger, error) {
	level := slog.LevelInfo
	if c.Bool("verbose") {
		level = slog.LevelDebug
	}
	switch format := c.String("log-format"); {
	case format != "json" && format != "text":
		return nil, usage("", "--log-format %q is neither text nor json", format)
	case v.quiet:
		return slog.New(slog.DiscardHandler), nil
	case format == "json":
		return slog.New(slog.NewJSONHandler(v.err, &slog.HandlerOptions{Level: level, ReplaceAttr: plainAttr})), nil
	case onTerminal(v.err):
		return slog.New(tint.NewTextHandler(v.err,
			&tint.Options{Level: level, NoColor: !colourful(), ReplaceAttr: plainAttr})), nil
	}
	return slog.New(slog.NewTextHandler(v.err, &slog.HandlerOptions{Level: level, ReplaceAttr: plainAttr})), nil
}

// plainAttr spells out the control characters of what an org or a roster says, and leaves out what a call outside of
// any job does not have.
func plainAttr(_ []string, a slog.Attr) slog.Attr {
	value := a.Value.Resolve()
	if tagged(a.Key) && (value.Equal(slog.StringValue("")) || value.Equal(slog.IntValue(0))) {
		return slog.Attr{}
	}
	switch value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(results.Plain(value.String()))
	case slog.KindAny:
		if err, ok := value.Any().(error); ok {
			a.Value = slog.StringValue(results.Plain(err.Error()))
		}
	}
	return a
}

// tagged tells of the attributes that say for which batch a call is made.
func tagged(key string) bool { return key == "run" || key == "job" || key == "batch" }

// onTerminal tells of a stream that shows what is redrawn. A terminal that says of itself that it can do nothing is
// none.
func onTerminal(stream io.Writer) bool {
	if p, ok := stream.(*progress); ok {
		stream = p.to // drawn over a terminal or not, it is one
	}
	f, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return false
	}
	kind := os.Getenv("TERM")
	return runtime.GOOS == "windows" || kind != "" && kind != "dumb"
}

// colourful tells whether colours are wanted at all (https://no-color.org).
func colourful() bool { return os.Getenv("NO_COLOR") == "" }
