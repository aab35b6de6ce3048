package main

import (
	"fmt"
	"strings"
)

// exitCodes are the exit codes, one table for the help of every verb, for `explain` and for the README.
var exitCodes = []struct {
	code              int
	word, means, cure string
}{
	{0, "ok", "all is well", ""},
	{1, "bug", "a fault of rosterload itself", "keep the run's folder and report it"},
	{2, "usage", "the command line, the config, or a file that is no roster; nothing was sent", "read the sentence"},
	{3, "denied", "the org refused the sign-in, or a right is missing", "rosterload check TARGET"},
	{4, "failed-rows", "some rows failed", "correct failed.csv and load it"},
	{5, "nothing", "there was nothing to do", ""},
	{
		6, "held", "the run is held for a person: too many removals, or a delivery that is not as expected",
		"rosterload approve RUN or rosterload reject RUN",
	},
	{7, "stale", "the plan is no longer true; nothing was sent", "load the roster again"},
	{8, "pending", "the org has not answered for all rows yet, or this machine's disk made trouble", "rosterload resume"},
	{9, "unavailable", "the org is unavailable, or another run is at work on it", "rosterload resume"},
	{10, "unproved", "the results could not be proved complete", "keep the run's folder and report it"},
	{129, "stopped", "the terminal was closed (SIGHUP)", "rosterload resume"},
	{130, "stopped", "stopped by Ctrl-C (SIGINT)", "rosterload resume"},
	{143, "stopped", "stopped by SIGTERM", "rosterload resume"},
}

func exitWord(code int) string {
	for _, e := range exitCodes {
		if e.code == code {
			return e.word
		}
	}
	return "stopped"
}

// exitHelp is the last part of each verb's help.
func exitHelp() string {
	lines := []string{"Exit codes:"}
	for _, e := range exitCodes {
		lines = append(lines, fmt.Sprintf("  %3d  %s", e.code, e.means))
	}
	return strings.Join(lines, "\n")
}
