package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"rosterload/loader/results"
	"rosterload/transform"
)

// printSummary is what an admin reads in the morning, the most important first.
func printSummary(v *voice, s *results.Summary, command func(verb string, args ...string) string) {
	org := s.Org.Name
	if s.Org.Sandbox {
		org += " (sandbox)"
	}
	if s.Pretend {
		org += " (a pretend org)"
	}
	v.say("run %s on %s, org %s", s.Run, s.Target,
		cmp.Or(strings.TrimSpace(s.Org.ID+" "+org), "not known, since signing in failed"))
	if s.Plan != nil {
		printPlan(v, s, command)
	}
	for _, w := range s.Warnings {
		v.say("warning: %s", w)
	}
	if s.Stopped != "" {
		v.say("the org gave up a job: %s", s.Stopped)
	}
	printReasons(v, s)
	printFiles(v, s.Files)
	for _, word := range transform.Words {
		if n := s.Beyond[string(word)]; n > 0 {
			v.say("beyond the roster: %d %s", n, strings.ToLower(string(word)))
		}
	}
	if s.Trusted > 0 {
		v.say("taken for done on trust alone (unverified: ok): %s", many(s.Trusted, "row"))
	}
	if s.Next != "" {
		v.say("next:    %s", s.Next)
	}
	printEnd(v, s)
}

// printFiles names the files of a revision.
func printFiles(v *voice, files results.Files) {
	for _, f := range []struct{ what, path string }{
		{"results", files.Results},
		{"success", files.Success},
		{"failed", files.Failed},
		{"absent", files.Absent},
		{"summary", files.Summary},
	} {
		if f.path != "" {
			v.say("%-8s %s", f.what, f.path)
		}
	}
	for _, further := range []map[string]string{files.Attachments, files.Renderings} {
		for _, name := range slices.Sorted(maps.Keys(further)) {
			v.say("%-8s %s", name, further[name])
		}
	}
}

// printEnd is the last line and, where something was sent, what it has changed in the org and how long it took.
func printEnd(v *voice, s *results.Summary) {
	if len(s.Jobs) > 0 {
		printHolders(v, s)
		if took := took(s); took > 0 && s.Revision > 1 { // a resume or a retry may come a day later
			v.say("took     %s, from the beginning of the run to this revision", took)
		} else if took > 0 {
			v.say("took     %s", took)
		}
	}
	v.say("%s", s.Line())
}

// printHolders says how many people have a group, before and behind the run, as the org counts them.
func printHolders(v *voice, s *results.Summary) {
	removed := s.Results[string(transform.Removed)]
	switch {
	case s.Plan == nil:
	case s.Plan.HoldersAfter != nil:
		after := *s.Plan.HoldersAfter
		v.say("holders: %d before, %d removed, %d new: %d after%s", s.Plan.Holders, removed, s.Assigned, after,
			unexplained(after-(s.Plan.Holders-removed+s.Assigned)))
	case s.Plan.Holders > 0:
		v.say("holders: %d before, %d removed, %d new; not counted again", s.Plan.Holders, removed, s.Assigned)
	}
}

// unexplained says why the org counts so many holders more or fewer than the rows explain.
func unexplained(n int) string {
	switch {
	case n > 0:
		return fmt.Sprintf(" (%d more by rows that are not settled, or by others)", n)
	case n < 0:
		return fmt.Sprintf(" (%d fewer by rows that are not settled, or by others)", -n)
	}
	return ""
}

// took is how long a run was, from its beginning to this revision.
func took(s *results.Summary) time.Duration {
	began, err := time.Parse(time.RFC3339, s.StartedAt)
	ended, bad := time.Parse(time.RFC3339, s.EndedAt)
	if err != nil || bad != nil {
		return 0
	}
	return max(time.Second, ended.Sub(began)).Round(time.Second)
}

func printPlan(v *voice, s *results.Summary, command func(verb string, args ...string) string) {
	p := s.Plan
	if p.RetryFirst > 0 && waitsForRetry(s) {
		how := command("retry", s.Run)
		if s.Results[string(transform.NotAttempted)] > 0 {
			how = "after this run, " + how // before that a retry is refused
		}
		v.say("%s can only be done by a retry, the request is blank already: %s", many(p.RetryFirst, "removal"), how)
	}
	v.say("%s: %s, %s, delimiter %s; %s", s.Roster.Name, many(s.Roster.Rows, "row"), s.Roster.Encoding,
		strconv.Quote(s.Roster.Delimiter), many(s.Roster.BlankLines, "blank line"))
	if s.Roster.Rows == 0 {
		return // the org was not asked
	}
	v.say("%s (lines asking for one: %d by a blank, %d by #N/A), %s; holders in the org now: %d",
		many(p.Removals, "removal"), p.ByBlank, p.ByNA, many(p.Upserts, "upsert"), p.Holders)
	if p.UsernameSuffix != "" {
		v.say("no user was found, but each username with %s behind it would be: is this a sandbox? username_suffix: %s",
			strconv.Quote(p.UsernameSuffix), p.UsernameSuffix)
	}
	if len(s.Jobs) > 0 {
		return
	}
	if len(p.Names) > 0 {
		more := ""
		if p.Removals > len(p.Names) {
			more = fmt.Sprintf(" and %d more", p.Removals-len(p.Names))
		}
		v.say("to be removed: %s%s", strings.Join(p.Names, ", "), more)
	}
	if len(p.Moves) > 0 {
		t := newGrid(v, "from", "to", "users")
		for _, m := range p.Moves {
			t.add(orNone(m.From), orNone(m.To), m.Count)
		}
		t.draw()
	}
}

// waitsForRetry tells whether a row still needs one: what a plan has found may be done since.
func waitsForRetry(s *results.Summary) bool {
	return slices.ContainsFunc(s.Reasons, func(r results.Reason) bool { return r.NextStep == transform.Retry })
}

// many is "1 row" or "3 rows".
func many(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func orNone(group string) string {
	if group == "" {
		return "(none)"
	}
	return group
}

// mostReasons is how many the end of a run names.
const mostReasons = 10

func printReasons(v *voice, s *results.Summary) {
	if len(s.Reasons) == 0 {
		return
	}
	t := newGrid(v, "rows", "reason", "next step", "for example row")
	shown := s.Reasons[:min(len(s.Reasons), mostReasons)]
	for _, r := range shown {
		if s.WouldSend != nil && r.ReasonCode == "RUN_PLANNED" {
			continue // the last line says it
		}
		t.add(r.Count, r.ReasonCode, r.NextStep, r.ExampleRow)
	}
	t.draw()
	if more := len(s.Reasons) - len(shown); more > 0 {
		v.say("and %s more in %s", many(more, "reason"), s.Files.Results)
	}
	if s.SameFailures > 0 {
		v.say("%d of %d failures are the same as in the run before", s.SameFailures, s.Failed)
	}
}
