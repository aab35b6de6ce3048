package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader/simulator"
	simulators "rosterload/loader/simulator/all"
)

func simulateVerb(v *voice) *cli.Command {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "listen", Value: "127.0.0.1:8080", Usage: "address", EnvVars: env("listen")},
		text("users", "users from this CSV, with the fields' API names as headers"),
		count("count", "so many made-up users, every tenth in the first group"),
		text("groups", "valid groups, comma between (default Alpha, Beta and those that users hold)"),
		&cli.IntFlag{Name: "licences", Usage: "so many licences", EnvVars: env("licences"), DefaultText: "no limit"},
		&cli.DurationFlag{
			Name: "delay", Value: 2 * time.Second, Usage: "until a request is answered",
			EnvVars: env("delay"),
		},
		yes("one-by-one", "requests queue for the delay"),
		text("faults", "trouble on demand: a YAML file, see loader/simulator/FAULTS.md"),
		&cli.Int64Flag{Name: "seed", Usage: "makes everything random repeatable", EnvVars: env("seed")},
		text("log", "a line for each request goes to this file"),
		text("save", "keep the org in this file between starts"),
		yes("strict", "a broken promise ends the process with 1"),
		yes("tls", "serve https; the certificate authority is written into KIND-ca.pem in the working directory"),
	}
	for _, f := range simulators.Flags() {
		flags = append(flags, text(f.Name, f.Usage))
	}
	return &cli.Command{
		Name: "simulate", Usage: "serve a pretend org over its real protocol", ArgsUsage: "KIND",
		Description: "State at /_sim/users.csv, what was asked at /_sim/requests, broken promises at " +
			"/_sim/violations. With --strict a broken\n" +
			"promise ends the process with 1 when it is stopped. Kinds: " + strings.Join(simulatorKinds(), ", "),
		Flags:  flags,
		Action: func(c *cli.Context) error { return simulate(c, v) },
	}
}

func simulatorKinds() []string { return simulators.Kinds() }

func simulate(c *cli.Context, v *voice) error {
	if err := arguments(c, 1, 1, "one kind: "+strings.Join(simulatorKinds(), ", ")); err != nil {
		return err
	}
	options := simulationOf(c)
	if path := c.String("log"); path != "" {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return usage("", "--log: %w", err)
		}
		defer func() { _ = f.Close() }()
		options.Log = f
	}
	kind := c.Args().First()
	if !slices.Contains(simulatorKinds(), kind) {
		return usage("", "there is no pretend org of kind %q%s", kind, choices(kind, simulatorKinds()))
	}
	org, err := simulators.Open(kind, options)
	if err != nil {
		return usage("", "%w", err)
	}
	ca := ""
	if c.Bool("tls") {
		ca = c.Args().First() + "-ca.pem"
	}
	return serve(c.Context, v, c.String("listen"), ca, org, options.Strict)
}

// simulationOf is what the flags say of the pretend org.
func simulationOf(c *cli.Context) simulator.Options {
	options := simulator.Options{
		Users: c.String("users"), Count: c.Int("count"), Delay: c.Duration("delay"), OneByOne: c.Bool("one-by-one"),
		FaultsFile: c.String("faults"),
		Seed:       c.Int64("seed"), Save: c.String("save"), Strict: c.Bool("strict"), Address: c.String("listen"),
	}
	if c.IsSet("licences") {
		n := c.Int("licences")
		options.Licences = &n
	}
	for _, g := range strings.Split(c.String("groups"), ",") {
		if g = strings.TrimSpace(g); g != "" {
			options.Groups = append(options.Groups, g)
		}
	}
	for _, f := range simulators.Flags() {
		if c.IsSet(f.Name) {
			f.Set(&options, c.String(f.Name))
		}
	}
	return options
}

// promiseBroken is the end of a strict pretend org that has seen a promise broken. The signal that ended it changes
// nothing of that.
type promiseBroken struct{}

func (promiseBroken) Error() string { return "a promise was broken" }

// serve ends with the first signal, which is how a pretend org is meant to end.
func serve(ctx context.Context, v *voice, address, ca string, org simulator.Simulator, strict bool) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return usage("choose another address with --listen", "%w", err)
	}
	scheme := "http"
	if ca != "" {
		config, err := pretendTLS(ca)
		if err != nil {
			return err
		}
		scheme, listener = "https", tls.NewListener(listener, config)
		v.note("its certificate authority is in %s", ca)
	}
	server := &http.Server{Handler: org, ReadHeaderTimeout: time.Minute}
	v.note("serving on %s://%s", scheme, listener.Addr())
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	if err := org.Close(); err != nil {
		return err
	}
	if broken := org.Violations(); strict && len(broken) > 0 {
		for _, b := range broken {
			v.note("broken promise: %s", b)
		}
		return promiseBroken{}
	}
	return exit(0)
}
