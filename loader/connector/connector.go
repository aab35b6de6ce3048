// Package connector is the one seam of rosterload: what every kind of org must be able to do, and nothing about how.
//
// A row that is refused is no error here: the org's word for it is an Outcome. An error means that this run cannot go on now; what was
// sealed and journaled stays, and the run can be resumed.
package connector

import (
	"context"
	"iter"
	"time"

	"rosterload/loader/transport"
	"rosterload/transform"
	"rosterload/validate"
)

// Connector is the code for one kind of target: how its rosters are spelled, how its part of rosterload.yaml is spelled, and how one is opened.
type Connector struct {
	Name     string
	Spelling validate.Spelling
	// Settings makes an empty struct of the kind's settings, to be decoded strictly. It must embed config.Common.
	Settings func() any
	// Open makes a target from decoded settings. It sends nothing. Other opens the named target, for kinds that stand on another.
	Open func(ctx context.Context, settings any, other func(name string) (any, error)) (Target, error)
	// Example is the commented piece of rosterload.yaml that `init` writes for the kind.
	Example string
}

// Org tells which org this is and who we are in it.
type Org struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Sandbox bool   `json:"sandbox"`
	As      string `json:"-"` // the org's user we act as
}

// Mark is how a check ended.
type Mark string

// The four marks of a check. What the org does not let us ask is NotChecked, never Fail.
const (
	Pass       Mark = "pass"
	Warn       Mark = "warn"
	Fail       Mark = "fail"
	NotChecked Mark = "not checked"
)

// Finding is one line of what a check saw.
type Finding struct {
	Subject string `json:"subject,omitempty"` // whose: a user's name; empty: the org's or our own
	Type    string `json:"type,omitempty"`    // what sort of user, where the kind has sorts
	Mark    Mark   `json:"state"`
	Check   string `json:"check"` // what was looked at: "sign-in", "API Enabled"
	Saw     string `json:"found"` // what was seen, in words
	Cure    string `json:"cure,omitempty"`
	// Rights is set when a failure is one of our own sign-in, rights or licence: exit 3 instead of 4.
	Rights bool `json:"-"`
}

// Receipt is what the org gave us for a batch: a job id.
type Receipt struct {
	ID string
}

// State is what the org did with one change.
type State string

// The states of an outcome.
const (
	Accepted    State = "accepted"    // stored; what becomes of it is seen later by looking
	Refused     State = "refused"     // the org's no
	Unprocessed State = "unprocessed" // the org never came to it
	Same        State = "same"        // the org says that nothing changed by it
	Step        State = "step"        // one of several calls for a change is over; Code says which. No end of it
)

// Outcome is what the org said of one change. It is joined by user id, never by position.
type Outcome struct {
	User   string // the org's id, canonical
	State  State
	Code   string // ours: SF_UNABLE_TO_LOCK_ROW; empty when accepted
	Reason string // the org's own sentence, whole
	Fields string // those that the error names, ";" between
	Next   string // next step
	Ref    string // the org's id of what was made or changed, where it is not the user himself
	// Again is set when the org's no is about the moment, not the row (a lock, innocent rows of a failed chunk): once more, later, alone.
	Again bool
}

// Phase is where a receipt's job stands.
type Phase string

// The phases of a job in the org.
const (
	Running Phase = "running" // go on polling
	Ended   Phase = "ended"   // every outcome was handed over
	Broken  Phase = "broken"  // the org gave the job up as a whole; outcomes of what it did were handed over, the rest is Unprocessed
	Missed  Phase = "missed"  // the data never arrived and never will: the job was still open and is now aborted. Send again
	Gone    Phase = "gone"    // the org knows the job no more: look at the users
)

// Progress is what is known of a receipt's job.
type Progress struct {
	Phase     Phase
	State     string // the org's own word: JobComplete
	Processed int64  // rows so far; growing counters are movement
	Failed    int64
	Code      string // of a Broken job: SF_InvalidBatch
	Reason    string // of a Broken job: the org's own sentence
}

// Target is an org we can load. Its methods may be called again after any error.
type Target interface {
	// Limits never changes and asks nothing.
	Limits() transform.Limits
	// Org signs in if need be. It is the first call of a run: its ID names the lock.
	Org(ctx context.Context) (Org, error)
	// Ready looks at rights, session, fields, licences, and per user where a roster is given (users may be nil). Reads only. An error of
	// found ends it. The error returned is one of the wire; what fails in the org is a Finding.
	Ready(ctx context.Context, users iter.Seq[transform.User], found func(Finding) error) error
	// Look reports what the org holds of each of these users, once per match, in any order, from one goroutine at a time; users it does
	// not know are not reported. users may be ranged over more than once. It may be called at any time: also after a crash, and after the run.
	Look(ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) error
	// Policy is asked for once Look is over: it may know what everybody in the org holds.
	Policy() transform.Policy
	// Submit sends one sealed batch. took is called as soon as the org has given an id and before any data go there; it returns when
	// that is journaled. What the org answers at once goes to each, a call's answers together; it returns when they are on disk.
	// An error that wraps ErrLost means that the batch may or may not have arrived: Collect, or Look, will tell. After a crash Submit is called again
	// only after Look and Collect said so, for the users without an outcome.
	Submit(ctx context.Context, batch transform.Batch, took func(Receipt) error, each func(...Outcome) error) error
}

// Collector is for orgs that answer later: the bulk interfaces.
type Collector interface {
	// Collect asks for a receipt's job once. When it has ended every outcome goes to each before it returns. It may be called again
	// after any error; outcomes are then handed over again. A job found open is aborted and reported as Missed.
	Collect(ctx context.Context, r Receipt, each func(...Outcome) error) (Progress, error)
	// Sweep aborts our own jobs that were created since then, are still open and have no receipt among known: the answer to their creation was lost.
	Sweep(ctx context.Context, since time.Time, known func(Receipt) bool) error
	// Abort ends a job that has not begun; one that has begun is left alone.
	Abort(ctx context.Context, r Receipt) error
}

// Retrier is for orgs with a status that may be set to retry.
type Retrier interface {
	// RetrySpelling is how a retry's sealed files are spelled: two headings, and the one word in the second column.
	RetrySpelling() (headings [2]string, word string)
	// Retry asks once more for these users' stored requests, by writing the retry word into the status field and nothing else.
	// took, each and errors are as in Submit.
	Retry(ctx context.Context, again transform.Again, took func(Receipt) error, each func(...Outcome) error) error
}

// Errors that decide how a run ends: those of the wire, under the names that a loader asks for.
var (
	ErrLost        = transport.ErrLost        // sent, no answer: look before sending again
	ErrDenied      = transport.ErrDenied      // sign-in or permission: exit 3
	ErrUnavailable = transport.ErrUnavailable // exit 9, the run stays open
)

// WithTag tells a target which run, job and batch its calls belong to, for its log lines.
func WithTag(ctx context.Context, run string, job transform.Job, batch int) context.Context {
	return transport.WithTag(ctx, transport.Tag{Run: run, Job: string(job), Batch: batch})
}

// Suffixer is for orgs whose sandboxes add an ending to every username. Suffix answers the one ending that finds each of these users, or
// nothing. It is asked when nobody was found, and only to be told to people.
type Suffixer interface {
	Suffix(ctx context.Context, users []transform.User) (string, error)
}
