// Command rosterload carries a roster to a SaaS org and says of every line what became of it.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/run"
)

// version is set when the binary is built.
var version = "unknown"

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(15) // a load holds large tables without pointers: to collect often costs next to nothing, and saves half the memory
	}
	cli.HelpPrinter = printHelp
	ctx, cancel := signals(context.Background())
	code := rosterload(ctx, os.Args, &voice{out: os.Stdout, err: os.Stderr})
	cancel()
	os.Exit(code)
}

// stopped is a run's end by a signal: 129, 130 or 143, whatever else was going on.
type stopped struct{ signal syscall.Signal }

func (s stopped) Error() string { return "stopped by signal: " + s.signal.String() }

// ExitCode is the shell's for a process that died of the signal.
func (s stopped) ExitCode() int { return 128 + int(s.signal) }

// signals cancels the context on the first SIGINT, SIGTERM or SIGHUP: nothing new is begun, what is under way is
// recorded. The second kills. A SIGHUP that is ignored already stays so: that is what nohup is for. A reader of stdout
// or stderr that goes away ends nothing.
func signals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signal.Ignore(syscall.SIGPIPE)
	stops := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		stops = append(stops, syscall.SIGHUP)
	}
	c := make(chan os.Signal, 1)
	signal.Notify(c, stops...)
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
func rosterload(ctx context.Context, args []string, v *voice) int {
	v.listen(args)
	app := newApp(v)
	err := app.RunContext(ctx, flagsFirst(app, args))
	var died stopped
	if errors.As(err, &resting{}) {
		return run.ExitOK
	}
	if errors.As(err, &promiseBroken{}) {
		return run.ExitBug
	}
	if errors.As(context.Cause(ctx), &died) {
		var ended exit
		if !errors.As(err, &ended) {
			v.give(died.ExitCode(), died, "")
		}
		return died.ExitCode()
	}
	return v.whole(v.end(err))
}

// end is the exit code of a verb, and says what the verb itself has not said.
func (v *voice) end(err error) int {
	var ended exit
	switch {
	case err == nil:
		return run.ExitOK
	case errors.As(err, &ended):
		return int(ended) // everything was said already
	}
	code := exitCode(err)
	v.give(code, err, hintOf(nil, err))
	return code
}

// trouble is the document of a command that ended without a run.
type trouble struct {
	Exit  int `json:"exit"`
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Hint    string `json:"hint"`
	} `json:"error"`
}

// give tells why a command ended, on stderr and, with --json, as a document. Having nothing to do is no complaint for
// --quiet.
func (v *voice) give(code int, err error, hint string) {
	if v.document && !v.printed {
		t := trouble{Exit: code}
		t.Error.Code, t.Error.Message, t.Error.Hint = exitWord(code), plainError(err), hint
		_ = v.show(t)
	}
	if !v.quiet || code != run.ExitNothing {
		v.complain(err, hint)
	}
}

// whole is the exit code once more: not 0 when what was to be printed could not be. After something was sent that is 8,
// our own disk's trouble; the results are in their files all the same.
func (v *voice) whole(code int) int {
	if v.lost == nil {
		return code
	}
	hint := ""
	if v.sent {
		hint = "the results are in their files; rosterload runs lists them"
	}
	v.complain(v.lost, hint)
	switch {
	case code != run.ExitOK:
		return code
	case v.sent:
		return run.ExitPending
	}
	return run.ExitUsage
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
