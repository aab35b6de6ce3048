package journal

import (
	"encoding/json"
	"fmt"
	"time"
)

// Version is the spelling of journals that this program writes. It stands in the first event. Version 1 is read as
// well: its events mean the same.
const Version = 2

// VersionError says that a journal was begun in a spelling that this program does not know. Nothing else of the
// journal was read.
type VersionError struct{ Version int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("the journal has version %d; this program reads versions 1 to %d", e.Version, Version)
}

// What may happen to a run.
const (
	Begun      = "begun"      // the roster's copy is complete
	Planned    = "planned"    // every line is answered or sealed in a batch
	Sealed     = "sealed"     // a further batch, of rows that stood in earlier ones
	Submitting = "submitting" // a batch is about to be sent
	Receipt    = "receipt"    // the org gave an id for it; no data went yet
	Sent       = "sent"       // the data arrived
	Missed     = "missed"     // the data never arrived and never will
	Unsent     = "unsent"     // the org refused the batch before anything of it arrived
	Outcomes   = "outcomes"   // what the org said of each row is on disk
	Dropped    = "dropped"    // a batch that will never be sent
	Ended      = "ended"      // every batch of a job has its outcomes
	Settled    = "settled"    // the org has carried out every row of a job
	Silent     = "silent"     // the org settled nothing at all, and the run stopped once for it
	Stopped    = "stopped"    // the org gave a job up as a whole
	Superseded = "superseded" // a newer run has sent something
	Stale      = "stale"      // the plan was no longer true
	Aborted    = "aborted"    // a job of an older run that had not begun in the org was aborted by this run
	Retrying   = "retrying"   // a retry of failed rows was sealed
	Results    = "results"    // a revision of the results was written and counts
	Published  = "published"  // that revision lies beside the roster
	Given      = "given"      // a reason for going on with the run was given
	Approved   = "approved"   // a person has lifted holds
	Rejected   = "rejected"   // a person has ended a held run, or its delivery was taken back
	Reconciled = "reconciled" // what an export has shown of the run's lines was kept
	Counted    = "counted"    // the org was asked how many people have a group behind the run
	Pruned     = "pruned"     // the rows of the run were dropped
)

// Event is one line. Most fields are empty in most events.
type Event struct {
	At       time.Time       `json:"at"`
	What     string          `json:"event"`
	Version  int             `json:"version,omitempty"`
	Run      string          `json:"run,omitempty"`
	Target   string          `json:"target,omitempty"`
	Kind     string          `json:"kind,omitempty"`
	OrgID    string          `json:"org_id,omitempty"`
	Job      string          `json:"job,omitempty"`
	Batch    int             `json:"batch,omitempty"`
	File     string          `json:"file,omitempty"`
	SHA256   string          `json:"sha256,omitempty"`
	Size     int64           `json:"size,omitempty"`
	Rows     int             `json:"rows,omitempty"`
	Receipt  string          `json:"receipt,omitempty"`
	Code     string          `json:"code,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Note     string          `json:"note,omitempty"`
	Revision int             `json:"revision,omitempty"`
	Exit     int             `json:"exit,omitempty"`
	Final    bool            `json:"final,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
}
