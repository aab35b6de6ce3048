package connector

import (
	"context"
	"iter"

	"rosterload/transform"
	"rosterload/validate"
)

// Further abilities. Each is for whoever has it; the loader uses it then, and otherwise does without.

// Tuned is for kinds with flags of their own. Tune is called before anything else, also when a run is taken up again; the flags are sealed
// with the run.
type Tuned interface {
	Tune(flags map[string]string) error
}

// Tenant is for kinds whose users live in another org. Its lock is held as well.
type Tenant interface {
	Landlord(ctx context.Context) (Org, error)
}

// Inspector is for kinds whose Ready says of each user what is missing. Of other kinds' rosters a check says what a plan would.
type Inspector interface{ InspectsPeople() }

// Keeper is for orgs whose sessions die when nobody speaks for a while, and whose answers may die with them.
type Keeper interface {
	KeepAlive(ctx context.Context) error
}

// Founded is for kinds whose runs rest on something that is read once, such as a template: it is sealed in the run's folder, and a resume
// rests on the same.
type Founded interface {
	// Foundation reads it, before anybody is looked at.
	Foundation(ctx context.Context) ([]byte, error)
	// Rest hands it back, once the run is planned, and to every process that takes the run up.
	Rest(foundation []byte) error
}

// Rememberer is for kinds that may finish only what runs of this home have begun. It is told of every step and outcome of every such run on
// the org, the oldest first, before anybody is looked at. It may be told again.
type Rememberer interface {
	Remember(run string, o Outcome)
}

// Forewarned is for kinds that must know every line before the first is decided: which values the roster names, how many removals free
// something. The requests come in roster order; their bytes are valid until the next.
type Forewarned interface {
	Foresee(all iter.Seq[validate.Request])
}

// Clerk is for kinds with papers beside the results: what a human has to do. It is told of every line in roster order, then of the changes
// that no line asked for; each writing of results begins anew.
type Clerk interface {
	Begin()
	// Line may answer a note for the line's reason. ID is the org's id of the user, empty when nobody was found.
	Line(r validate.Request, id string, v transform.Verdict) (note string)
	Extra(user string, v transform.Verdict)
	Papers() []Paper
	// Notes are what the papers need to know of people, when a run has been planned: names, which a later process does not ask for again.
	// They are sealed with the run.
	Notes() ([]byte, error)
	// Recall hands them back, to every process that takes the run up.
	Recall(notes []byte) error
}

// Paper is a further file: <roster>.<run>.<Name>.csv. One without rows behind its header is not written.
type Paper struct {
	Name string
	Rows [][]string // the first is the header
}

// Reconciler is for kinds whose product exports what it holds, when no interface tells.
type Reconciler interface {
	// Reconcile holds an export, its header first, against the lines of a roster. It only reads.
	Reconcile(ctx context.Context, export [][]string, lines iter.Seq[validate.Request]) ([]Compared, error)
}

// Compared is one thing that an export and a roster say of somebody.
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

// Redrawer is for kinds that make values up. Redraw is asked for each change that the org refused for the moment, and answers the value
// with which it is sealed again: the same, or, when it was made up and is taken, another.
type Redrawer interface {
	Redraw(ctx context.Context, c transform.Change) (value string, err error)
}
