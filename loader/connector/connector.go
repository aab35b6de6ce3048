// Package connector is the one seam of rosterload: what the code for every kind of org must be able to do, and nothing
// about how.
//
//	Connector ── Open ──▶ Target:  Org ─▶ Restore ─▶ Ready ─▶ Look ─▶ Submit ─▶ Collect ─▶ Look
//
// A row that is refused is no error here: the org's word for it is an Outcome. An error means that this run cannot go
// on now; what was sealed and journaled stays, and the run can be resumed.
package connector

import (
	"context"
	"iter"
	"log/slog"

	"rosterload/transform"
	"rosterload/validate"
)

// Connector is the code for one kind of target: facts about it, and how a target is opened.
type Connector struct {
	Name     string            // the word after kind: in rosterload.yaml
	Spelling validate.Spelling // how its rosters are spelled
	// Settings makes an empty struct of its settings in rosterload.yaml, to be decoded strictly. It must embed
	// config.Common.
	Settings func() any
	// Open makes a target from decoded settings. It sends nothing.
	Open func(ctx context.Context, o Opening) (Target, error)
	// Example is the commented piece of rosterload.yaml that `init` writes.
	Example string
	// Flags are flags of load, plan and check that only this connector reads.
	Flags []Flag
	// RetryCodes are the reason codes that the verb retry may take; empty where an org has nothing to retry.
	RetryCodes []string
	// Codes explains the reason codes of this connector, and of its org behind its prefix.
	Codes []validate.Code
	// ChecksPeople is set when Ready speaks of each user it is given. Of other connectors' rosters check says what a
	// plan would.
	ChecksPeople bool
	// ChecksBesideLook is set when Ready and a Look may be under way side by side: neither needs what the other has seen.
	ChecksBesideLook bool
	// Worker says in words who carries a stored request out, where that is not the org itself: "the Engage server".
	Worker string
	// WorkerOff is the question to ask when nothing at all is carried out: "is Engage group provisioning switched on?"
	WorkerOff string
	// Stuck says what helps a row that a run before found Pending, too: "ask for the vendor's manual sync".
	Stuck string
}

// Flag is a flag of the command line that belongs to one connector.
type Flag struct {
	Name  string // "starting-id"
	Usage string
}

// Opening is what a target is opened with.
type Opening struct {
	Settings any               // what Connector.Settings made, decoded
	Flags    map[string]string // the connector's own flags of this run, by name; those that were not given are missing
	// Other opens another target of the config by name: the host org in which the users of this one live.
	Other func(name string) (Target, error)
	Log   *slog.Logger // nil: nothing is logged
}

// Org tells which org this is and who we are in it.
type Org struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Sandbox bool   `json:"sandbox"`
	As      string `json:"-"` // the org's user we act as
}

// Target is an org we can load. Its methods may be called again after any error, and one at a time but for these:
// Submit and Collect of several batches of one job may be under way side by side, and nothing else is called meanwhile;
// Ready may be under way beside a Look where ChecksBesideLook says so, and so may CountHolders.
type Target interface {
	// Limits never changes and asks nothing.
	Limits() transform.Limits
	// Org signs in if need be. It is the first call of a run: its ID names the lock.
	Org(ctx context.Context) (Org, error)
	// Ready looks at rights, session, fields, licences, and per user where a roster is given (users may be nil). Reads
	// only. An error of found ends it. All failures are reported, not the first. The error returned is one of the wire;
	// what fails in the org is a Finding.
	Ready(ctx context.Context, users iter.Seq[transform.User], found func(Finding) error) error
	// Look reports what the org holds of each of these users now, once per match, in any order; users it does not know
	// are not reported. users may be ranged over more than once. It may be called at any time: after a crash, after the
	// run. It is complete or an error: what the org counts is compared with what came. The texts of a standing may be
	// pieces of an answer: copy what is kept.
	//
	// The policy it returns is that of what it saw. A look at no users asks the org nothing: its policy can Judge, and
	// tell AsAsked, Shown and Action, from the settings and what was restored.
	Look(ctx context.Context, users iter.Seq[transform.User],
		found func(transform.Standing) error) (transform.Policy, error)
	// Submit sends one sealed batch. took is called as soon as the org has given an id and before any data go there; it
	// returns when that is journaled. What the org answers at once goes to each, a call's answers together; it returns
	// when they are on disk. An error that wraps ErrLost means that the batch may or may not have arrived: Collect, or
	// Look, will tell. After a crash Submit is called again only after Look and Collect said so, for the users without
	// an outcome.
	Submit(ctx context.Context, batch transform.Batch, took func(Receipt) error, each func(...Outcome) error) error
}
