package connector

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
	Ref    string // the org's id of what was made or changed, where it is not the user's own
	// Transient is set when the org's no is about the moment, not the row (a lock, innocent rows of a failed chunk):
	// send it once more, later, alone.
	Transient bool
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
	Code      string // of a Broken job, or for unlisted rows: SF_InvalidBatch, SF_ERROR
	Reason    string // likewise: the org's own sentence, or "the org gave no reason"
	Untouched bool   // a Broken job was aborted before it had done anything
	Unlisted  int    // rows that an Ended job counts as failed and gives no line for
}
