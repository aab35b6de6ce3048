package main

import (
	"encoding/csv"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/inspect"
	"rosterload/validate"
)

// peopleFlags are those of check that need no roster.
func peopleFlags() []cli.Flag {
	return []cli.Flag{
		yes("people", "list what the org holds now: users per group, requests under way, failures, inactive holders"),
		text("roster", "with --people: write the inactive holders into this file, a roster that takes their groups away"),
		yes("stuck", "with --people: list the requests that have been under way for a day"),
	}
}

// peopleAlone refuses flags and arguments that say nothing together.
func peopleAlone(c *cli.Context, roster string) error {
	switch {
	case c.Bool("people") && roster != "":
		return usage("", "--people needs no roster; %q is too much", roster)
	case !c.Bool("people") && (c.Bool("stuck") || c.String("roster") != ""):
		return usage("", "--stuck and --roster go with --people")
	}
	return nil
}

func checkPeople(c *cli.Context, v *voice, o loader.Options, found *opened) error {
	saw, err := loader.Census(c.Context, o)
	if err != nil {
		return err
	}
	if path := c.String("roster"); path != "" {
		if err := writeLeavers(path, saw.Inactive, o.Flags.NA); err != nil {
			return err
		}
	}
	if v.document {
		return v.show(saw)
	}
	printPeople(c, v, saw, found)
	return nil
}

func printPeople(c *cli.Context, v *voice, saw *inspect.People, found *opened) {
	v.say("org %s, %s: %s", saw.Org.Name, saw.Org.ID, many(saw.Users, "user"))
	groups := newGrid(v, "group", "users")
	for _, g := range saw.Groups {
		groups.add(g.Name, g.Users)
	}
	groups.draw()
	v.say("under way: %s", many(len(saw.UnderWay), "request"))
	waiting := saw.UnderWay
	if c.Bool("stuck") {
		waiting = saw.Stuck(time.Now())
		v.say("for a day or longer: %s", many(len(waiting), "request"))
	}
	printWaiting(v, waiting)
	if c.Bool("stuck") && len(waiting) > 0 {
		v.say("what helps: %s", found.connector.Stuck)
	}
	failures := newGrid(v, "failure", "users")
	for _, f := range saw.Failures {
		failures.add(f.Name, f.Users)
	}
	failures.draw()
	for _, id := range saw.Retries {
		v.say("after the cure: %s", commandOf(c)("retry", id))
	}
	v.say("inactive users who hold a group: %d", len(saw.Inactive))
	if path := c.String("roster"); path != "" {
		v.say("roster   %s", path)
		v.say("next:    %s", commandOf(c)("plan", path, "-t", found.name))
	}
}

func printWaiting(v *voice, all []inspect.Waiting) {
	t := newGrid(v, "user", "request", "status", "since", "run")
	for _, w := range all[:min(len(all), mostRows)] {
		t.add(w.Username, orNone(w.Request), w.Status, w.Since, w.Run)
	}
	t.draw()
	if more := len(all) - mostRows; more > 0 {
		v.say("and %d more; --json lists all", more)
	}
}

// writeLeavers writes a roster that takes the groups away: by #N/A, or by a blank where #N/A is rejected.
func writeLeavers(path string, leavers []inspect.Holder, na string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return usage("use --roster to name a file that is not there yet", "%w", err)
	}
	nothing := "#N/A"
	if na == validate.Reject {
		nothing = ""
	}
	w := csv.NewWriter(f)
	_ = w.Write([]string{"Username", "Group"}) // an error stays until Flush
	for _, l := range leavers {
		_ = w.Write([]string{l.Username, nothing})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
