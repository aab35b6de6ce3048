// Package connectortest is one suite for every connector: a night against a pretend org of each, and the same promises.
// Only tests import it.
package connectortest

import (
	"net/http"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/results"
)

// Rig is a connector with a pretend org, and a night to try it on. Every member is needed but those that say otherwise:
// no connector leaves out a part of the suite.
type Rig struct {
	Name      string
	Connector connector.Connector
	// Serve makes the pretend org as it stands before the night. Its jobs and answers take next to no time.
	Serve func(t *testing.T) Org
	// Paged makes the same org so that its lists take several pages, with users of the roster on the last: by small
	// pages, or by further users.
	Paged func(t *testing.T) Org
	// Counted tells whether a call is answered with a list that the org counts: by a total, or by what it was asked
	// for. Such a list may not be believed when it is short.
	Counted func(r *http.Request) bool
	// Open makes a target that talks to the org at this address, as a new process would. flags are the connector's own.
	// A call is tried for two seconds at most (retry_for).
	Open func(t *testing.T, address string, flags map[string]string) connector.Target
	// Roster asks for one of everything: two changes in one of the jobs at least, and one in the other.
	Roster string
	// Line spells a row of the results, and Want is what becomes of each line, spelled so.
	Line func(r results.Row) string
	Want []string
	// Retried is what the results say after a retry. Only connectors without RetryCodes have none.
	Retried []string
	// Drifted is what the results say when another admin has changed a user (Org.Drift) between the removals and the
	// upserts.
	Drifted []string
	Exit    int
	// SentAgain is how many rows a second load sends once more: those that the org refuses, and of which it keeps
	// nothing.
	SentAgain int
	// After is what the org holds in the morning.
	After map[string]string
	// Changes is how often the written field changes in the night: once for each user that is changed, and never again.
	Changes int
	// Removes tells whether a change of the written field takes something away. Nil: it is blank afterwards.
	Removes func(before, after string) bool
	Wait    time.Duration
}

// Org is a pretend org that is watched.
type Org struct {
	http.Handler
	Violations func() []string          // promises that its callers have broken
	Holds      func() map[string]string // all that After speaks of, by user
	Field      func() map[string]string // what a connector may write and nothing else, by user or by user and seat; absent is ""
	// Drift is another admin, who changes by hand the written field of a user who is to get something: to neither the
	// old value nor the one that the roster asks for, where the org knows a third.
	Drift func()
}

// complaint says what a rig lacks.
func (r Rig) complaint() string {
	switch {
	case r.Serve == nil, r.Open == nil, r.Line == nil, r.Roster == "", len(r.Want) == 0, len(r.After) == 0,
		r.Changes == 0, r.Wait == 0:
		return "the rig leaves out a part of the night"
	case r.Paged == nil, r.Counted == nil, len(r.Drifted) != len(r.Want):
		return "the rig leaves out pages, lists that the org counts, or what becomes of each line after a drift"
	case len(r.Connector.RetryCodes) > 0 && len(r.Retried) != len(r.Want):
		return "the connector has codes that a retry takes, and the rig does not say what becomes of each line"
	case len(r.Connector.RetryCodes) == 0 && r.Retried != nil:
		return "the connector has nothing to retry, and the rig says what becomes of it"
	}
	return ""
}
