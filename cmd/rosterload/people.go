package main

import (
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/connector"
	"rosterload/loader/inspect"
	"rosterload/validate"
)

// peopleFlags are those of check that need no roster.
func peopleFlags() []cli.Flag {
	return []cli.Flag{
		yes("people", "list what the org holds now: users per group, requests under way, failures, licences, inactive holders"),
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
		if err := writeLeavers(path, saw.Inactive, leaver(found.connector.Spelling, o.Flags.NA)); err != nil {
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
		printCures(v, saw, waiting, found.connector.Stuck, commandOf(c))
	}
	failures := newGrid(v, "failure", "users")
	for _, f := range saw.Failures {
		failures.add(f.Name, f.Users)
	}
	failures.draw()
	if len(saw.Failures) > 0 {
		for _, id := range saw.Retries {
			v.say("after the cure: %s", commandOf(c)("retry", id))
		}
	}
	printLicences(v, saw.Licences)
	v.say("inactive users who hold a group: %d", len(saw.Inactive))
	if path := c.String("roster"); path != "" {
		v.say("roster   %s", path)
		v.say("next:    %s", commandOf(c)("plan", path, "-t", found.name))
	}
}

// printCures says what helps requests that are under way for long: a look by the run that has sent them, and else what
// the vendor says.
func printCures(
	v *voice, saw *inspect.People, waiting []inspect.Waiting, vendor string,
	command func(verb string, args ...string) string,
) {
	sent := func(run string) bool {
		return slices.ContainsFunc(waiting, func(w inspect.Waiting) bool { return w.Run == run })
	}
	helped := false
	for _, helps := range []struct {
		verb string
		runs []string
	}{{"resume", saw.Resumes}, {"retry", saw.Retries}} {
		for _, id := range helps.runs {
			if sent(id) {
				v.say("next:    %s", command(helps.verb, id))
				helped = true
			}
		}
	}
	switch {
	case vendor == "":
	case helped:
		v.say("where that changes nothing: %s", vendor)
	default:
		v.say("what helps: %s", vendor)
	}
}

// printLicences says how many are used, and of which the org does not tell.
func printLicences(v *voice, all []connector.Licence) {
	t := newGrid(v, "licences", "used", "of")
	for _, l := range all {
		of := "no limit is told"
		switch {
		case !l.Known:
			t.add(l.Name, "", l.Why)
			continue
		case l.Of != nil:
			of = strconv.Itoa(*l.Of)
		}
		t.add(l.Name, l.Used, of)
	}
	t.draw()
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

// leaver is how a roster of these settings takes a group away: the heading of its second column, and the word in it.
func leaver(s validate.Spelling, na string) [2]string {
	heading, nothing := s.Values[0], s.Nothing[0]
	if slices.Contains(s.Values, "Group") { // the plainest of several names for one thing
		heading = "Group"
	}
	if na == validate.Reject {
		nothing = ""
		if len(s.Nothing) > 1 {
			nothing = s.Nothing[1]
		}
	}
	return [2]string{heading, nothing}
}

// writeLeavers writes a roster that takes the groups away.
func writeLeavers(path string, leavers []inspect.Holder, as [2]string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return usage("use --roster to name a file that is not there yet", "%w", err)
	}
	w := csv.NewWriter(f)
	_ = w.Write([]string{"Username", as[0]}) // an error stays until Flush
	for _, l := range leavers {
		_ = w.Write([]string{l.Username, as[1]})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
