// Command rosterload carries a roster to a SaaS org and says of every line what became of it.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"rosterload/loader"
	"rosterload/loader/run"
)

// version is set when the binary is built.
var version = "unknown"

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(35) // what a load holds are large tables without pointers: collecting often costs little, and half the memory
	}
	ctx, cancel := signals(context.Background())
	code := rosterload(ctx, os.Args, voice{out: os.Stdout, err: os.Stderr})
	cancel()
	os.Exit(code)
}

// stopped is a run's end by a signal: 130 or 143, whatever else was going on.
type stopped struct{ signal syscall.Signal }

func (s stopped) Error() string { return "stopped by signal: " + s.signal.String() }

// ExitCode is the shell's for a process that died of the signal.
func (s stopped) ExitCode() int { return 128 + int(s.signal) }

// signals cancels the context on the first SIGINT or SIGTERM: nothing new is begun, what is under way is recorded. The second kills.
func signals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		select {
		case s := <-c:
			signal.Stop(c)
			cancel(stopped{s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(context.Canceled) }
}

// rosterload is the program without its process: arguments in, exit code out.
func rosterload(ctx context.Context, args []string, v voice) int {
	app := newApp(v)
	err := app.RunContext(ctx, flagsFirst(app, args))
	var died stopped
	var ended exit
	if errors.As(err, &resting{}) {
		return 0
	}
	if errors.As(context.Cause(ctx), &died) {
		if !errors.As(err, &ended) {
			v.complain(died, "")
		}
		return died.ExitCode()
	}
	if err == nil {
		return 0
	}
	if errors.As(err, &ended) {
		return int(ended) // everything was said already
	}
	v.complain(err, hintOf(nil, err))
	return exitCode(err)
}

// exit is the end of a verb that has printed everything there was to say.
type exit int

func (exit) Error() string { return "" }

func exitCode(err error) int {
	var usage usageError
	if errors.As(err, &usage) {
		return run.ExitUsage
	}
	return loader.ExitCode(err)
}
