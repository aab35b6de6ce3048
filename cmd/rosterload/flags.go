package main

import (
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/config"
	"rosterload/loader/connector/all"
	"rosterload/loader/plan"
	"rosterload/loader/run"
	"rosterload/validate"
)

// Each flag has an environment variable: ROSTERLOAD_ and its name in capitals, hyphens as underscores. A flag goes
// before its variable, that before the config.
func env(name string) []string {
	return []string{"ROSTERLOAD_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))}
}

func text(name, usage string, aliases ...string) cli.Flag {
	return &cli.StringFlag{Name: name, Usage: usage, Aliases: aliases, EnvVars: env(name)}
}

func yes(name, usage string) cli.Flag {
	return &cli.BoolFlag{Name: name, Usage: usage, EnvVars: env(name), DisableDefaultText: true}
}

// count is a whole number; without the flag none is meant.
func count(name, usage string) cli.Flag {
	return &cli.IntFlag{Name: name, Usage: usage, EnvVars: env(name), DefaultText: "none"}
}

func duration(name, usage string) cli.Flag {
	return &cli.DurationFlag{Name: name, Usage: usage, EnvVars: env(name), DefaultText: "not at all"}
}

// siteFlags say where a command works.
func siteFlags() []cli.Flag {
	return []cli.Flag{
		text("config", "the config (default ./rosterload.yaml, then the user's, then /etc/rosterload/rosterload.yaml)"),
		text("home", "where runs are kept (default the config's home, then ~/.local/state/rosterload)"),
	}
}

func speechFlags() []cli.Flag {
	return []cli.Flag{
		yes("json", "print the summary as JSON, alone, on stdout"),
		yes("verbose", "log each call to the org, too"),
		yes("quiet", "say nothing when all is well (exit 0 and 5), else the summary and complaints alone"),
		&cli.StringFlag{Name: "log-format", Usage: "text or json", Value: "text", EnvVars: env("log-format")},
	}
}

func targetFlags() []cli.Flag {
	return []cli.Flag{
		text("target", "which target of the config; demo is a pretend org in the process", "t"),
	}
}

func columnFlags() []cli.Flag {
	return []cli.Flag{
		text("user", "heading of the user column"),
		text("group", "heading of the group column"),
		text("blank", "what a blank group means: remove, ignore or reject"),
		text("na", "what #N/A means: remove or reject"),
		text("duplicates", "which of a user's contradicting lines counts: reject (none), first or last"),
	}
}

func runFlags() []cli.Flag {
	return []cli.Flag{
		text("results", "folder of the results (default beside the roster)"),
		text("max-removals", "stop when more are to be removed: a share such as 20% of those who have a group, or a number"),
		count("allow-removals", "go on with exactly this many removals"),
		text("max-failed", "so many failed rows, or such a share, are still exit 0"),
		&cli.DurationFlag{Name: "wait", Usage: "patience with the org, counted from the last row that settled; 0 " +
			"waits for jobs only", Value: 30 * time.Minute, DefaultText: "30m", EnvVars: env("wait")},
		duration("wait-for-lock", "wait so long for another run on the same org"),
		yes("split", "write .success.csv, too"),
		yes("sheet-safe", "guard the roster's own columns against being run as formulas, too"),
	}
}

// renderingFlags ask for further files of a revision.
func renderingFlags() []cli.Flag {
	var all []cli.Flag
	for _, x := range loader.Renderings {
		all = append(all, yes(x.Name, x.Usage))
	}
	return all
}

func renderingsOf(c *cli.Context) []string {
	var names []string
	for _, x := range loader.Renderings {
		if c.Bool(x.Name) {
			names = append(names, x.Name)
		}
	}
	return names
}

func join(groups ...[]cli.Flag) []cli.Flag {
	return slices.Concat(groups...)
}

// ownFlags are of single connectors; a target of another kind refuses them.
func ownFlags() []cli.Flag {
	var own []cli.Flag
	for _, of := range all.Connectors {
		for _, f := range of.Flags {
			own = append(own, text(f.Name, of.Name+": "+f.Usage))
		}
	}
	return own
}

// own are those that were given.
func own(c *cli.Context) map[string]string {
	var given map[string]string
	for _, f := range ownFlags() {
		if name := f.Names()[0]; c.String(name) != "" {
			if given == nil {
				given = map[string]string{}
			}
			given[name] = c.String(name)
		}
	}
	return given
}

// flagsOf merges flags over the target's settings and refuses words that mean nothing.
func flagsOf(c *cli.Context, open *opened) (run.Flags, error) {
	shared := open.shared
	f := run.Flags{
		Results: c.String("results"), AllowRemovals: c.Int("allow-removals"), Split: c.Bool("split"),
		SheetSafe: c.Bool("sheet-safe"),
		User:      either(c, "user", shared.Columns.User), Group: either(c, "group", shared.Columns.Group),
		Blank: either(c, "blank", shared.Blank), NA: either(c, "na", shared.NA),
		Duplicates:  either(c, "duplicates", shared.Duplicates),
		MaxRemovals: either(c, "max-removals", shared.MaxRemovals),
		MaxFailed:   either(c, "max-failed", shared.MaxFailed),
		Suffix:      shared.UsernameSuffix, Wait: c.Duration("wait"), Poll: pollOf(shared), Own: own(c),
		Renderings: renderingsOf(c),
	}
	if f.Blank == validate.Remove && open.connector.Spelling.Blank == validate.Keep {
		return f, usage("", "--blank remove: a blank never removes a user from a target of kind %s; #N/A or the "+
			"action archive does", open.connector.Name)
	}
	if !c.IsSet("wait") && shared.Wait != nil {
		f.Wait = shared.Wait.Duration()
	}
	return f, checkFlags(f, c.IsSet("allow-removals"))
}

func pollOf(shared *config.Common) run.Poll {
	return run.Poll{
		Job: shared.Poll.Job.Duration(), JobMost: shared.Poll.JobMost.Duration(),
		Status: shared.Poll.Status.Duration(), StatusMost: shared.Poll.StatusMost.Duration(),
	}
}

func either(c *cli.Context, flag, setting string) string {
	if c.IsSet(flag) {
		return c.String(flag)
	}
	return setting
}

func checkFlags(f run.Flags, allowed bool) error {
	for _, word := range []struct {
		flag, is string
		may      []string
	}{
		{"blank", f.Blank, []string{validate.Remove, validate.Ignore, validate.Reject}},
		{"na", f.NA, []string{validate.Remove, validate.Reject}},
		{"duplicates", f.Duplicates, []string{validate.Reject, validate.First, validate.Last}},
	} {
		if word.is != "" && !slices.Contains(word.may, word.is) {
			return usage("", "--%s %q is none of %s", word.flag, word.is, strings.Join(word.may, ", "))
		}
	}
	for flag, value := range map[string]string{"max-removals": f.MaxRemovals, "max-failed": f.MaxFailed} {
		if err := plan.CheckShare(value); err != nil {
			return usage("", "--%s: %v", flag, err)
		}
	}
	switch {
	case f.Wait < 0:
		return usage("", "--wait %s is less than nothing", f.Wait)
	case allowed && f.AllowRemovals < 1:
		return usage("", "--allow-removals %d allows nothing", f.AllowRemovals)
	}
	return nil
}
