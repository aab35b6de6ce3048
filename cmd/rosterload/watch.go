package main

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/connector"
	"rosterload/loader/feeds"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

func watchVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "watch", Usage: "take the files that other systems drop, load each once, and answer",
		ArgsUsage: "[FEED…]",
		Description: "Works on the feeds of the config, or on those that are named, until it is stopped. A file " +
			"is taken when it is complete, is\n" +
			"loaded by the rules of its feed, and its answer is put beside it. --once takes what is ready and ends: 5 when nothing was.",
		Flags: join(siteFlags(), speechFlags(), []cli.Flag{
			yes("once", "take what is ready and end"),
			yes("dry-run", "say of each waiting file what plan would say; move and send nothing"),
		}),
		Action: func(c *cli.Context) error { return watch(c, v) },
	}
}

func watch(c *cli.Context, v *voice) error {
	p, err := findSite(c)
	if err != nil {
		return err
	}
	all, err := p.chosenFeeds(c)
	if err != nil {
		return err
	}
	opener := &feedOpener{c: c, voice: v, site: p, watch: func(loader.Progress) {}}
	before := func() {}
	if c.Bool("once") { // who stays for days draws nothing
		line := newProgress(v)
		defer line.end()
		opener.watch, before = line.watch, line.rest
	}
	w := &feeds.Watch{
		Home: p.home, Feeds: all, Named: c.Args().Present(), Options: opener.open,
		Changed: opener.changed,
	}
	speak(c, v, w, before)
	for _, f := range all { // a secret that is not set is 2 before anything is claimed
		if _, err := opener.open(f); err != nil {
			return err
		}
	}
	switch {
	case c.Bool("dry-run"):
		return dryRun(c, v, w)
	case c.Bool("once"):
		return ended(v, w.Once(c.Context))
	}
	return stayAndWatch(c.Context, v, w)
}

// speak lets the feeds, which work side by side, be heard one after the other. before is called first.
func speak(c *cli.Context, v *voice, w *feeds.Watch, before func()) {
	var mu sync.Mutex
	w.Tell = func(f *feeds.Feed, text string) {
		mu.Lock()
		defer mu.Unlock()
		v.note("feed %s: %s", f.Name, text)
	}
	w.Ended = func(f *feeds.Feed, s *results.Summary, err error) {
		mu.Lock()
		defer mu.Unlock()
		before()
		printEnded(c, v, f, s, err)
	}
}

// ended is the end of a watch that does not stay. Each delivery was told already; without one, --json still prints a
// document.
func ended(v *voice, code int) error {
	switch {
	case code == run.ExitOK:
		return nil
	case v.document && !v.printed:
		return run.Stopf(code, run.Hint{}, "no delivery was carried out")
	}
	return exit(code)
}

// chosenFeeds are those that were named, or all.
func (p *site) chosenFeeds(c *cli.Context) ([]*feeds.Feed, error) {
	cfg := p.config
	if cfg == nil {
		return nil, p.missing
	}
	all, err := feeds.Read(cfg)
	if err != nil {
		return nil, usage("", "%w", err)
	}
	if len(all) == 0 {
		return nil, usage("rosterload init --feed shows how one is written", "%s has no feed", cfg.Path)
	}
	if !c.Args().Present() {
		return all, nil
	}
	var chosen []*feeds.Feed
	for _, name := range c.Args().Slice() {
		f := feedCalled(all, name)
		if f == nil {
			return nil, usage("", "no feed %q in %s%s", name, cfg.Path, choices(name, namesOf(all)))
		}
		chosen = append(chosen, f)
	}
	return chosen, nil
}

func feedCalled(all []*feeds.Feed, name string) *feeds.Feed {
	for _, f := range all {
		if f.Name == name {
			return f
		}
	}
	return nil
}

func namesOf(all []*feeds.Feed) []string {
	var names []string
	for _, f := range all {
		names = append(names, f.Name)
	}
	return names
}

// feedOpener opens the target of a feed for each run: config and secrets are read again each time, so that a cured one
// needs no restart.
type feedOpener struct {
	c     *cli.Context
	voice *voice
	site  *site
	watch func(loader.Progress)
}

func (o *feedOpener) open(f *feeds.Feed) (loader.Options, error) {
	now := *o.site
	var err error
	if now.config, err = findConfig(o.c.String("config")); err != nil {
		return loader.Options{}, err
	}
	found, err := now.target(o.c, &voice{out: io.Discard, err: io.Discard}, f.Target, 0)
	if err != nil {
		return loader.Options{}, err
	}
	log, err := logger(o.c, o.voice)
	if err != nil {
		return loader.Options{}, err
	}
	flags, err := flagsOf(o.c, found)
	if err != nil {
		return loader.Options{}, err
	}
	own, err := feeds.OfTarget(found.shared)
	if found.shared.Wait == nil {
		flags.Wait = 30 * time.Minute
	}
	return loader.Options{
		Home: now.home, Connector: found.connector, Name: found.name, Pretend: found.pretend,
		RetryFor: found.shared.RetryFor.Duration(),
		Open: func(ctx context.Context, own map[string]string) (connector.Target, error) {
			return found.open(ctx, own, log)
		},
		SigningKey: found.key, ConfigSHA256: found.config,
		Flags: flags, Terms: own, Version: version, By: now.by, Watch: o.watch, Log: log, Command: commandOf(o.c),
	}, err
}

// changed is the newest time of the config and the secret files that it names.
func (o *feedOpener) changed(*feeds.Feed) time.Time {
	newest := time.Time{}
	cfg, err := findConfig(o.c.String("config"))
	if err != nil {
		return newest
	}
	for _, t := range cfg.Targets {
		_, _ = decode(cfg, t, 0) // it learns which files it reads
	}
	for _, path := range append(cfg.Files, cfg.Path) {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest
}

// printEnded says how one delivery ended; with --json it is one line.
func printEnded(c *cli.Context, v *voice, f *feeds.Feed, s *results.Summary, err error) {
	if s == nil {
		return
	}
	well := s.Exit == run.ExitOK || s.Exit == run.ExitNothing
	switch {
	case v.document:
		v.showLine(s)
		return
	case v.quiet && well:
		return
	}
	v.say("feed %s: %s", f.Name, s.Roster.Name)
	if s.Refused != "" {
		v.say("no roster: %s", s.Refused)
	}
	printSummary(v, s, commandOf(c))
	if err != nil {
		v.complain(err, hintOf(c, err))
	}
}

func dryRun(c *cli.Context, v *voice, w *feeds.Watch) error {
	if len(w.Feeds) != 1 {
		return usage("", "--dry-run takes one feed")
	}
	worst := []int{}
	err := w.DryRun(c.Context, w.Feeds[0], func(name string, s *results.Summary, err error) {
		if !v.document {
			v.say("%s", name)
		}
		code := loader.ExitCode(err)
		if s != nil {
			printEnded(c, v, w.Feeds[0], s, err)
			code = s.Exit
		} else if err != nil {
			v.complain(err, hintOf(c, err))
		}
		worst = append(worst, code)
	})
	if err != nil {
		return err
	}
	return ended(v, feeds.First(worst))
}

// stayAndWatch works until a signal comes, and tells systemd that it is ready and alive. At rest its end is 0.
func stayAndWatch(ctx context.Context, v *voice, w *feeds.Watch) error {
	events, err := feeds.NewEvents(w.Feeds)
	if err != nil {
		v.note("no events of the file system (%v): folders are looked at every 30 seconds", err)
	} else {
		defer events.Close()
		w.Rest = events.Rest
	}
	v.note("watching %s", strings.Join(namesOf(w.Feeds), ", "))
	feeds.Notify("READY=1")
	w.Alive = func() { feeds.Notify("WATCHDOG=1") }
	atRest := w.Stay(ctx)
	feeds.Notify("STOPPING=1")
	if atRest {
		return resting{}
	}
	return exit(run.ExitPending)
}

// resting is the end of a watch that had nothing in hand when it was stopped.
type resting struct{}

func (resting) Error() string { return "" }
