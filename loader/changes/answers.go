package changes

import (
	"fmt"

	"rosterload/loader/connector"
	"rosterload/transform"
)

// What we say ourselves of rows that are not sent.

// Drift is said of a row whose user others have changed since the plan.
func (c *Changes) Drift(i int32) connector.Outcome {
	now := c.After(i)
	reason := fmt.Sprintf("the request field says %q now, neither what it was when the run was planned nor what "+
		"is asked: somebody else moved this user, who was left alone", now.Request)
	if !now.Found() {
		reason = "the org no longer shows this user"
	}
	return connector.Outcome{
		User: c.ID(i), State: OutcomeDrifted, Code: transform.CodeChanged, Reason: reason,
		Next: transform.FixAndLoad,
	}
}

// Supersede is said of a row for whose user a newer run has sent a change.
func (c *Changes) Supersede(i int32, by string) connector.Outcome {
	return connector.Outcome{
		User: c.ID(i), State: OutcomeSuperseded, Code: "RUN_SUPERSEDED", Next: transform.AskAdmin,
		Reason: "run " + by + " is newer and has sent a change for this user; an order this old is not carried out",
	}
}
