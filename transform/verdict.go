package transform

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
