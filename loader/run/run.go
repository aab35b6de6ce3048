// Package run keeps one run on disk: its folder, its journal, and what follows from it.
//
//	home/runs/<run>/journal.jsonl   one event a line; what a run is, is a fold over them
//	home/runs/<run>/lock            held by the one process that may append to the journal
//	home/runs/<run>/…               the roster as read, tables, sealed batches, outcomes, results
//
// Writer is the only place that appends to a journal. Everything else reads.
package run

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/results"
	"rosterload/transform"
)

// Run is one roster's way through everything, as its journal tells. Nothing of it is kept anywhere else.
type Run struct {
	ID         string
	Folder     string
	Version    int // of the journal
	Target     string
	Kind       string
	Begun      time.Time
	Ended      time.Time
	Seal       Seal
	Org        connector.Org
	Planned    *Planned // nil: killed while planning
	Batches    []*Batch
	Times      map[transform.Job]JobTimes
	Silent     bool // stopped once because the org settled nothing at all
	Last       Revision
	Over       bool
	Stopped    string          // why a whole job was given up: its reason
	Retry      *Retry          // a retry under way
	Retries    int             // begun so far
	Superseded bool            // by a newer run
	Stale      bool            // refused as a whole: users had drifted
	Approvals  []Word          // of persons who have lifted holds
	Rejected   *Word           // of the person who ended the run while it was held
	Aborted    []string        // receipts of other runs' jobs that this run has aborted
	stops      []transform.Job // the jobs that were given up
	Given      []Given         // the reasons that were given, the oldest first
	Reconciled []Reconciled    // what exports have shown of its lines, the oldest first
	// HoldersAfter is how many people had a group when the run had sent everything; nil where the org did not tell.
	HoldersAfter *int
	Pruned       bool // its rows were dropped; journal and manifests stay
}

// Seal is what a run was given, in its first event.
type Seal struct {
	Flags   Flags  `json:"flags"`
	Roster  string `json:"roster"` // the file's name
	Place   string `json:"place"`  // the folder of the results files
	Mode    uint32 `json:"mode"`   // of the results files
	SHA256  string `json:"sha256"`
	Pretend bool   `json:"pretend,omitempty"`
	Verb    string `json:"verb"`             // "load" or "plan": a run made by plan must be named to be resumed
	Source  string `json:"source,omitempty"` // the feed that the roster came by; empty for loads by hand
	Mends   string `json:"mends,omitempty"`  // the run whose failed.csv this roster is
	By      string `json:"by,omitempty"`
	Version string `json:"version,omitempty"`
	Reason  string `json:"reason,omitempty"` // why it was begun, as given
	Ticket  string `json:"ticket,omitempty"`
	Undoes  string `json:"undoes,omitempty"` // the run whose changes this one takes back
	// ConfigSHA256 is of the target's settings without secrets; empty for the demo.
	ConfigSHA256 string   `json:"config_sha256,omitempty"`
	Delivery     Delivery `json:"delivery,omitzero"`
	RosterBytes  int64    `json:"roster_bytes,omitempty"` // so many bytes of a feed's delivery are the roster; 0: all
	Terms        Sealed   `json:"terms,omitzero"`
	Refused      string   `json:"refused,omitempty"` // why the delivery is no roster: the run is over as it begins
	RefusedExit  int      `json:"refused_exit,omitempty"`
}

// Delivery is the file as it came, and whose it was.
type Delivery = results.Delivery

// Delivered is what is known of the delivery; nil for runs of versions that did not keep it.
func (s *Seal) Delivered() *Delivery {
	if s.Delivery.SHA256 == "" {
		return nil
	}
	return &s.Delivery
}

// Given is a reason that was given for a run, or for going on with it.
type Given = results.Given

// Planned is what planning found, in its event: numbers and names, never rows.
type Planned struct {
	Rows         int            `json:"rows"`
	Blanks       int            `json:"removals_by_blank"`
	NAs          int            `json:"removals_by_na"`
	BlankLines   int            `json:"blank_lines"`
	Windows1252  int            `json:"windows_1252_lines"`
	Removals     int            `json:"removals"`
	Upserts      int            `json:"upserts"`
	Holders      int            `json:"holders"`
	RetryFirst   int            `json:"removals_by_retry"`        // removals that only a retry can do
	Extra        int            `json:"extra_removals,omitempty"` // of people who are in no line
	Encoding     string         `json:"encoding"`
	Delimiter    string         `json:"delimiter"`
	Suffix       string         `json:"suffix,omitempty"` // added to each username it would find the users
	Warnings     []string       `json:"warnings,omitempty"`
	Moves        []Move         `json:"moves,omitempty"`         // the ten largest
	Unheld       []string       `json:"unheld_groups,omitempty"` // asked for, and held by no user of the roster; the first 20
	Guard        string         `json:"guard,omitempty"`         // why the removal guard tripped
	Holds        []results.Hold `json:"holds,omitempty"`         // all reasons to wait for a person, the guard's included
	ApprovalHold results.Hold   `json:"-"`                       // on its way into Holds
	UnknownHold  results.Hold   `json:"-"`                       // in full mode, on its way into Holds
	Absent       int            `json:"absent,omitempty"`        // users who are in no line, in full mode; their rows follow those of the roster
	Org          connector.Org  `json:"org"`
	As           string         `json:"as"`
	Files        []Sealed       `json:"files"`   // faults, verdicts, standings, the connector's snapshot
	Batches      []SealedBatch  `json:"batches"` // all at once: a run killed before this event has sealed nothing
}

// Changes is how many users the plan changes.
func (p *Planned) Changes() int { return p.Removals + p.Upserts }

// SealedBatch is a batch as the journal names it.
type SealedBatch struct {
	Job    transform.Job `json:"job"`
	Number int           `json:"number"`
	File   string        `json:"file"`
	Rows   int           `json:"rows"`
	Size   int64         `json:"size"`
	SHA256 string        `json:"sha256"`
}

// Move counts people who go from one group to another.
type Move struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Count int    `json:"count"`
}

// Sealed is a file of the run and the digest taken when it was sealed.
type Sealed struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Rows   int    `json:"rows,omitempty"` // 0: not known, or none
}

// Piece is a file of a revision as its manifest lists it.
type Piece struct {
	Name   string // in the run's folder; empty for files that are only beside the roster
	Beside string // its name beside the roster, where it has one
	SHA256 string
	Bytes  int64
	Rows   int // or NoRows
}

// NoRows is for files whose rows are not counted.
const NoRows = -1

// Rendered is a further file that was made with a revision, from its results.
type Rendered struct {
	Sealed
	Name   string `json:"name"`   // of what it is
	Beside string `json:"beside"` // its name beside the roster
	Bytes  int64  `json:"bytes"`
}

// Batch is a sealed batch and how far it has come. While it is delivered its fields belong to the goroutine that
// delivers it.
type Batch struct {
	transform.Batch
	Began     time.Time
	Ended     time.Time
	Submitted bool // Submit was called
	Receipt   string
	Tried     bool // Submit was called at any time
	Arrived   bool // Submit came back without an error
	Done      bool // its outcomes are on disk
	Dropped   bool // replaced by a later batch before it was sent
	Reported  bool // it had been sent when the last results were written
	Outcomes  Sealed
}

// Open tells whether the batch still waits for outcomes.
func (b *Batch) Open() bool { return !b.Done && !b.Dropped }

// Further is what an event says of a batch that was sealed after the plan.
type Further struct {
	Replaces int    `json:"replaces,omitempty"` // the batch that is over by it
	Outcomes Sealed `json:"outcomes,omitzero"`  // of the replaced batch
	Resend   bool   `json:"sent,omitempty"`     // its rows may have been sent before
}

// Retry is a retry of failed rows, as its event has it: the batches are sealed before it, and nothing of it counts
// without it.
type Retry struct {
	Number  int           `json:"number"`
	Wait    time.Duration `json:"wait"`
	Batches []SealedBatch `json:"batches"`
}

// JobTimes is the auditor's proof of order.
type JobTimes struct {
	Began, Ended, Settled time.Time
}

// Revision is the last results that were written.
type Revision struct {
	Number int
	Exit   int
	Final  bool
	SHA256 string
	File   string
	Unsent string // why rows are unsent, as a reason code
	Same   int    // so many revisions in a row have ended with this exit code
	After  Sealed // what was last seen of the users that the run touched
	// Manifest is the digest of its manifest; empty in runs of versions that kept none.
	Manifest  string
	Published bool   // it lies beside the roster
	Given     int    // how many reasons had been given
	Summary   string // the digest of its summary; empty in runs of version 1
	// Renderings are the further files that were made with it.
	Renderings []Rendered
}

// Path is where a file of the run lies.
func (r *Run) Path(name string) string { return filepath.Join(r.Folder, name) }

// RevisionPath is the kept copy of a revision of the results.
func (r *Run) RevisionPath(number int) string { return r.Path(fmt.Sprintf("results-%d.csv", number)) }

// ManifestPath is the manifest of a revision; its signature has the same name and .sig.
func (r *Run) ManifestPath(number int) string { return r.Path(fmt.Sprintf("manifest-%d.json", number)) }

// RenderingPath is the kept copy of a further file of a revision: report-2.html is the second one of report.html.
func (r *Run) RenderingPath(ending string, number int) string {
	stem, kind, _ := strings.Cut(ending, ".")
	return r.Path(fmt.Sprintf("%s-%d.%s", stem, number, kind))
}

// BlocksPath holds the digests of a revision's rows.
func (r *Run) BlocksPath(number int) string { return r.Path(fmt.Sprintf("blocks-%d.json", number)) }

// AbsentPath is the kept copy of what a revision says of the users who are in no line.
func (r *Run) AbsentPath(number int) string { return r.Path(fmt.Sprintf("absent-%d.csv", number)) }

// SummaryPath is the kept copy of a revision's summary.
func (r *Run) SummaryPath(number int) string { return r.Path(fmt.Sprintf("summary-%d.json", number)) }

// SentAnything tells whether any call that writes has been made for the run.
func (r *Run) SentAnything() bool {
	return slices.ContainsFunc(r.Batches, func(b *Batch) bool { return b.Submitted || b.Done || b.Resend })
}

// MaySend tells whether anything new of a job may leave: not after the org has given up that job or the one before it,
// and of the load's own jobs not once the run is superseded, stale or rejected. A retry asks only for what the org
// still shows as failed, whatever newer runs did.
func (r *Run) MaySend(job transform.Job) bool {
	stopped := slices.ContainsFunc(r.stops, func(s transform.Job) bool { return s == job || s.Next() == job })
	return !stopped && (job.IsRetry() || !r.Superseded && !r.Stale && r.Rejected == nil)
}

func (r *Run) waits(b *Batch) bool { return b.Open() && (b.Submitted || r.MaySend(b.Job)) }

// Waiting are the batches of a job that have no outcomes yet and may get some.
func (r *Run) Waiting(job transform.Job) []*Batch {
	var left []*Batch
	for _, b := range r.Batches {
		if b.Job == job && r.waits(b) {
			left = append(left, b)
		}
	}
	return left
}

// Answered tells whether every batch that may be sent has its outcomes.
func (r *Run) Answered() bool { return !slices.ContainsFunc(r.Batches, r.waits) }

// Unpublished tells whether nothing is left to do but to publish the last results: a crash came between writing them
// and laying them beside the roster.
func (r *Run) Unpublished() bool { return r.Retry == nil && r.Last.Final && !r.Last.Published }

// SentSince tells whether anything was sent of which the last results do not speak.
func (r *Run) SentSince() bool {
	return slices.ContainsFunc(r.Batches, func(b *Batch) bool { return (b.Submitted || b.Done) && !b.Reported })
}

// JobBegan tells whether any batch of the job was sent.
func (r *Run) JobBegan(job transform.Job) bool { return !r.Times[job].Began.IsZero() }

// JobEnded tells whether every batch of the job has its outcomes.
func (r *Run) JobEnded(job transform.Job) bool { return !r.Times[job].Ended.IsZero() }

// IsPlanned tells whether a batch was sealed by the plan, so that no row of it stands in another.
func (r *Run) IsPlanned(b *Batch) bool {
	return slices.ContainsFunc(r.Planned.Batches,
		func(p SealedBatch) bool { return p.Job == b.Job && p.Number == b.Number })
}

// LastNumber is the highest batch number of a job.
func (r *Run) LastNumber(job transform.Job) int {
	last := 0
	for _, b := range r.Batches {
		if b.Job == job {
			last = max(last, b.Number)
		}
	}
	return last
}

// Batch finds one by its job and number; nil when there is none.
func (r *Run) Batch(job transform.Job, number int) *Batch {
	for _, b := range r.Batches {
		if b.Job == job && b.Number == number {
			return b
		}
	}
	return nil
}

// SetLimits tells each batch how its sealed file is spelled.
func (r *Run) SetLimits(of func(transform.Job) transform.Limits) {
	for _, b := range r.Batches {
		b.Limits = of(b.Job)
	}
}

// SentUsers are the users for which the run has asked something. A batch that cannot be read names none.
func (r *Run) SentUsers() []string {
	var users []string
	for _, b := range r.Batches {
		if !b.Submitted && !b.Done {
			continue
		}
		for c, err := range b.Changes() {
			if err == nil {
				users = append(users, c.User)
			}
		}
	}
	return users
}
