package transform

import (
	"iter"

	"rosterload/validate"
)

// Decision is what a policy makes of one request.
type Decision struct {
	Change  Change  // set whenever the user was found
	Job     Job     // None: the verdict is final
	Verdict Verdict // with a job only its Reason counts: a note for whatever is said of the row later
	Own     string  // for the connector's own column of the sealed file
}

// Policy is what is thought of users of one kind of org. It is made by a look, of what that look saw; it never talks to
// an org and changes nothing but what it keeps itself. All of its methods are called by one goroutine.
type Policy interface {
	// Decide is called once per sound request, in roster order.
	Decide(r validate.Request, s Standing) Decision
	// Judge says what became of a change, from what the org held before anything was sent and what it holds now. Not
	// settled means: look again later; the verdict is then what is said when patience is over. It may be called any
	// number of times.
	Judge(c Change, before, after Standing) (v Verdict, settled bool)
	// AsAsked tells whether the org stores what a change asks for, whatever became of it.
	AsAsked(c Change, now Standing) bool
	// Shown is how a change's value reads in the results; empty for a removal.
	Shown(c Change) string
	// Action names what a change does to a user who stands so: assign, move, remove, create or archive.
	Action(c Change, before Standing) Action
	// Holders is how many people in the org have a group now: the whole of which the removal guard takes its share. -1:
	// not known.
	Holders() int
}

// The interfaces below are further abilities of a policy. A policy without one of them does not need it.

// Forecaster is a policy that must know every request before the first is decided: which values the roster names, how
// many removals free something.
type Forecaster interface {
	// Forecast is called once, before the first Decide. The requests come in roster order with what was found of their
	// users, and may be ranged over more than once; their bytes are valid until the next.
	Forecast(requests iter.Seq2[validate.Request, Standing])
}

// Extras is a policy of changes that no line asked for.
type Extras interface {
	// Extra are people who are in no line and lose something in the removal job, as they stand now. They count for the
	// guard. It is called once, after the last Decide.
	Extra() []Standing
}

// Absenter is a policy of orgs where a file may name all users of a group: a user who is in no line loses it.
type Absenter interface {
	// Absent is what a removal of a user who is in no line comes to, as Decide is for a line. It is called behind the
	// last Decide.
	Absent(s Standing) Decision
}

// Retryable is a policy of orgs whose failures may be asked for again.
type Retryable interface {
	// Retryable tells whether the org has stored the request and failed it, so that only a retry helps.
	Retryable(c Change, now Standing) bool
}

// Impersonal is a policy whose Judge looks at the value that is asked for and at what the org said before and says now,
// and not at who the user is: of two users who are alike in all of that it says the same. Its type can be compared: the
// policy of a later look is another one.
type Impersonal interface {
	Impersonal()
}

// Trusting is a policy of orgs that never say how some things end: a row may stay Pending for ever, and its run is over
// all the same.
type Trusting interface {
	// Ended tells whether a resume could not learn more of a row of which this is said.
	Ended(v Verdict) bool
	// Trusted tells of rows that are taken for done on trust: they are Pending, and do not make the exit 8.
	Trusted(v Verdict) bool
	// Status is how provisioning_status reads for a change of which this is said: how far what can be seen may be
	// believed.
	Status(c Change, v Verdict, now Standing) string
	// ShownDone is the word for a change that a person's export shows carried out, and how provisioning_status then
	// reads. v is what was said of it; sent tells whether this run has sent it.
	ShownDone(c Change, v Verdict, before Standing, sent bool) (w Word, status string)
}

// Carrying is a policy of orgs where a change may be carried by one of several fields.
type Carrying interface {
	// Carrier names the field that carries a change, as the org's own answer does: a row that was found carried out by
	// looking says the same.
	Carrier(c Change, before Standing) string
}

// Stepwise is a policy of orgs where one change takes several calls.
type Stepwise interface {
	// PartWay tells whether a user stands between the first and the last of the calls for a change: a run that was cut
	// short there left it so, and the change is to be sent again.
	PartWay(c Change, before, now Standing) bool
}
