package connector

import (
	"context"
	"iter"
	"time"

	"rosterload/transform"
	"rosterload/validate"
)

// The interfaces below are further abilities of a Target. The loader asks for each by a type assertion and does without
// where it is missing.

// Collector is for orgs that answer later: the bulk interfaces.
type Collector interface {
	// Collect asks for a receipt's job once. When it has ended every outcome goes to each before it returns. It may be
	// called again after any error; outcomes are then handed over again. A job found open is aborted and reported as
	// Missed.
	Collect(ctx context.Context, r Receipt, each func(...Outcome) error) (Progress, error)
	// Sweep aborts our own jobs that were created since then, are still open and have no receipt among known: the
	// answer to their creation was lost. It may be called any number of times.
	Sweep(ctx context.Context, since time.Time, known func(Receipt) bool) error
	// Abort ends a job that has not begun; one that has begun is left alone. aborted: the job has done nothing and
	// never will.
	Abort(ctx context.Context, r Receipt) (aborted bool, err error)
}

// Retrier is for orgs with a status that may be set to retry.
type Retrier interface {
	// RetrySpelling is how a retry's sealed files are spelled: two headings, and the one word in the second column.
	RetrySpelling() (headings [2]string, word string)
	// Retry asks once more for these users' stored requests, by writing the retry word into the status field and
	// nothing else. took, each and errors are as in Submit.
	Retry(ctx context.Context, again transform.RetryBatch, took func(Receipt) error, each func(...Outcome) error) error
}

// GroupCounter is for orgs that tell how many users hold a group.
type GroupCounter interface {
	// HoldersOf counts them. It may be called after Org.
	HoldersOf(ctx context.Context, group string) (int, error)
}

// Census is for orgs that list who holds what.
type Census interface {
	// Members hands over each user of the org, in any order. It only reads. It is complete or an error.
	Members(ctx context.Context, each func(Member) error) error
}

// Member is what an org holds of one user now.
type Member struct {
	ID, Username string
	Active       bool
	Request      string // as stored, "" for nothing
	Group        string // what the user really holds, "" for nothing
	Status       string // raw
	UnderWay     bool   // the org has not answered the request yet
	Failed       bool   // the org has answered it with a failure: Status says which
}

// LicenceTeller is for orgs that tell, or are known not to tell, how many licences are used.
type LicenceTeller interface {
	// Licences lists them. What the org does not let us ask is one that is not told. It only reads.
	Licences(ctx context.Context) ([]Licence, error)
}

// Licence is a kind of licence and how many of it are used.
type Licence struct {
	Name  string `json:"name"`
	Used  int    `json:"used"`
	Of    *int   `json:"of"`            // null: there is no limit, or none is told
	Why   string `json:"why,omitempty"` // why nothing is told
	Known bool   `json:"told"`          // false: only Why says something
}

// HolderCounter is for orgs that tell how many people have a group, and whose looks count them only once.
type HolderCounter interface {
	// CountHolders counts them now, so that a run can say how many there are behind it. It only reads, and may be under
	// way beside a Look.
	CountHolders(ctx context.Context) (int, error)
}

// Hosted is for orgs whose users live in another org, the host org. Its lock is held as well.
type Hosted interface {
	// HostOrg signs in to the host org and tells which it is. It is called once, behind Org.
	HostOrg(ctx context.Context) (Org, error)
}

// KeepAliver is for orgs whose sessions end when they are idle, and whose answers may end with them.
type KeepAliver interface {
	// KeepAlive is called at least every four minutes while a run waits.
	KeepAlive(ctx context.Context) error
}

// Stateful is for connectors whose runs rest on what was read once, such as a template, or on what earlier runs did.
type Stateful interface {
	// Restore is called once in each process that has a run in hand, before Ready and Look, also where signing in was
	// not possible: with what Snapshot returned, or nil while the run is not planned yet. past are the outcomes and
	// steps of all runs of this home on this org, the oldest first, this run's included; it reads files, and may be
	// left unread.
	Restore(snapshot []byte, past iter.Seq2[Outcome, error]) error
	// Snapshot is called once, when every line is decided. It is sealed with the run. It is JSON.
	Snapshot() ([]byte, error)
}

// Suffixer is for orgs whose sandboxes add an ending to every username. Suffix answers the one ending that finds each
// of these users, or nothing. It is asked when no user was found, and only to be told to people.
type Suffixer interface {
	Suffix(ctx context.Context, users []transform.User) (string, error)
}

// Attacher is for connectors with files beside the results: what a person has to do by hand.
type Attacher interface {
	// Attachments begins one writing of them. It is called once for each writing of the results.
	Attachments() Attachments
}

// Attachments gathers what the files will say.
type Attachments interface {
	// Line is called for every sound line in roster order. It may answer a note for the line's reason. id is the org's
	// id of the user, empty when no user was found.
	Line(r validate.Request, id string, v transform.Verdict) (note string)
	// Extra is called behind all lines, for each change that no line asked for.
	Extra(user string, v transform.Verdict)
	Files() []Attachment
}

// Attachment is a further file: <roster>.<run>.<Name>.csv. One without rows behind its header is not written.
type Attachment struct {
	Name string
	Rows [][]string // the first is the header
}

// RemovedLooker is for orgs that can be asked for all users whose request was cleared. Behind a job of removals these
// are few of all.
type RemovedLooker interface {
	// LookRemoved is Look at users whose request should be blank by now. What it does not report only Look can tell.
	LookRemoved(ctx context.Context, users iter.Seq[transform.User],
		found func(transform.Standing) error) (transform.Policy, error)
}

// HolderLooker is for orgs that can be asked who holds a group, or has requested one.
type HolderLooker interface {
	// Holders reports every user who holds one of these groups or has requested it, inactive users included, each once.
	// Groups are compared as the policy compares them; none are named: any group counts. The users are named as people
	// know them. It may be called at any time, and is complete or an error.
	Holders(ctx context.Context, groups []string, found func(transform.Standing) error) error
}

// Redrawer is for connectors that make values up.
type Redrawer interface {
	// Redraw is asked for each change that the org refused for the moment, and answers the change with which it is
	// sealed again: the same, or, when its value was made up and is taken, another value. It may be called any number
	// of times.
	Redraw(ctx context.Context, c transform.SealedChange) (transform.SealedChange, error)
}

// Reconciler is for connectors whose product exports what it holds, when no interface tells.
type Reconciler interface {
	// Reconcile holds an export, its header first, against the lines of a roster. It only reads. lines may be ranged
	// over more than once.
	Reconcile(ctx context.Context, export [][]string, lines iter.Seq[validate.Request]) ([]Compared, []Seen, error)
}

// Seen is what an export shows of one line as a whole, where the line's user is known. It is kept with the line's run.
type Seen struct {
	Row    int
	User   string            // the org's id
	Asked  bool              // the line asks for something that a run leaves on trust
	Value  string            // what it asks for, as a change does
	Shown  bool              // the export shows all of that
	Why    string            // what it does not show
	Worked map[string]string // work of people, by column: the value that is done, or "" where it is not done
}

// Recaller is for connectors of orgs that never tell how some things end: what earlier runs have left on trust, and
// what people have shown since, is all that is known.
type Recaller interface {
	// Recall is called behind Restore and before Look, in each process, once for each run of this home on this org, the
	// oldest first. Of a run in hand that is planned it is called for that run alone, and snapshot and left are empty:
	// what is older is in what Restore was given. snapshot is what the run has sealed, nil where that is gone.
	Recall(snapshot []byte, left iter.Seq2[Left, error], seen iter.Seq2[Seen, error]) error
}

// Left is what the newest results of a run say of a user.
type Left struct {
	User, Value string // the org's id, and what was asked for
	Sent        bool
	Pending     bool
}

// Compared is one thing that an export and a roster say of a user.
type Compared struct {
	Subject string `json:"subject" csv:"subject"`
	Row     int    `json:"row,omitempty" csv:"row"` // of the roster
	Column  string `json:"column,omitempty" csv:"column"`
	State   string `json:"state" csv:"state"` // one of the four below, or NotComparable
	Wanted  string `json:"wanted,omitempty" csv:"wanted"`
	Found   string `json:"found,omitempty" csv:"found"`
	Done    string `json:"done,omitempty" csv:"done"` // yes: a line of the work order that was carried out
	Note    string `json:"note,omitempty" csv:"note"`
}

// How an export and a roster stand to each other.
const (
	Agrees        = "agrees"
	Differs       = "differs"
	OnlyRoster    = "only in the roster"
	OnlyExport    = "only in the export"
	NotComparable = "not comparable"
)
