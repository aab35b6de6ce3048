package transform

import "rosterload/validate"

// Word is what the results file says became of a line.
type Word string

// The eight result words.
const (
	Created      Word = "Created"
	Updated      Word = "Updated"
	Removed      Word = "Removed"
	Unchanged    Word = "Unchanged"
	Failed       Word = "Failed"
	Skipped      Word = "Skipped"
	Pending      Word = "Pending"
	NotAttempted Word = "Not attempted"
)

// Words are all result words in the order in which a summary lists them.
var Words = []Word{Created, Updated, Removed, Unchanged, Failed, Skipped, Pending, NotAttempted}

// Retryable is a policy of orgs whose failures may be asked for again.
type Retryable interface {
	// Retryable tells whether the org has stored the wish and failed it, so that only a retry helps.
	Retryable(c Change, now Standing) bool
}

// Trusting is a policy of orgs that never say how some things end: a row may stay Pending for ever, and its run is over all the same.
type Trusting interface {
	// Ended tells whether a resume could not learn more of a row of which this is said.
	Ended(v Verdict) bool
	// Trusted tells of rows that are taken for done on trust: they are Pending, and do not make the exit 8.
	Trusted(v Verdict) bool
	// Status is how provisioning_status reads for a change of which this is said: how far what can be seen may be believed.
	Status(c Change, v Verdict, now Standing) string
}

// Extras is a policy of changes that no line asked for.
type Extras interface {
	// Extra are people who are in no line and lose something in the removal job, as they stand now. They count for the guard.
	Extra() []Standing
}

// Action is what a line does to its user, as the results file says it.
type Action string

// The actions. A line that changes nothing, or whose user was never known, has NoAction.
const (
	Assign   Action = "assign"
	Move     Action = "move"
	Remove   Action = "remove"
	Create   Action = "create"
	Archive  Action = "archive"
	NoAction Action = "none"
)

// Next steps: what the reader of a result is to do.
const (
	FixAndLoad         = "fix-and-load"
	Retry              = "retry"
	Wait               = "wait"
	ChangeKey          = "change-key"
	FreeLicences       = "free-licences"
	IgnoreIfSamePerson = "ignore-if-same-person"
	AskAdmin           = "ask-admin"
)

// Verdict is what may be said of a line: the result word, our stable code, a reason in words and the next step.
type Verdict struct {
	Word   Word
	Code   string
	Reason string
	Next   string
}

// Policy is what a kind thinks of users; it never talks to the org.
type Policy interface {
	// Decide is called once per user, in roster order, by one goroutine. Change is the wish in the org's spelling and is set whenever
	// the user was found; Job is Removals, Upserts or None, and with None the verdict is final.
	Decide(r validate.Request, s Standing) (Change, Job, Verdict)
	// Judge says what became of a change, from what the org held before anything was sent and what it holds now. Not settled means:
	// look again later; the verdict is then what is said when patience is over. It may be called any number of times.
	Judge(c Change, before, after Standing) (v Verdict, settled bool)
	// AsAsked tells whether the org stores what a change asks for, whatever became of it.
	AsAsked(c Change, now Standing) bool
	// Shown is how a change's value reads in the results; empty for a removal.
	Shown(c Change) string
	// Action names what a change does to somebody who stands so: assign, move, remove, create or archive.
	Action(c Change, before Standing) Action
	// Holders is how many people in the org have a group now: the whole of which the removal guard takes its share. -1: not known.
	Holders() int
}
