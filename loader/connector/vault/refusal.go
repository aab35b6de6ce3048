package vault

import (
	"rosterload/loader/connector"
	"rosterload/transform"
)

// advice is the next step for each type of error a row may have; transient marks those that are about the moment.
var advice = map[string]struct {
	next      string
	transient bool
}{
	"INSUFFICIENT_ACCESS":   {transform.AskAdmin, false},
	"OPERATION_NOT_ALLOWED": {transform.AskAdmin, false},
	"SDK_ERROR":             {transform.AskAdmin, false},
	"INACTIVE_USER":         {transform.AskAdmin, false},
	"USER_NOT_FOUND":        {transform.ChangeKey, false},
	"RACE_CONDITION":        {transform.FixAndLoad, true},
	"OPERATION_IN_PROGRESS": {transform.FixAndLoad, true},
	"API_LIMIT_EXCEEDED":    {transform.FixAndLoad, true},
	"UNEXPECTED_ERROR":      {transform.FixAndLoad, true},
}

// outcome reads a row's own status.
func outcome(id string, e envelope) connector.Outcome {
	if e.Status == "SUCCESS" || e.Status == "WARNING" {
		return connector.Outcome{User: id, State: connector.Accepted}
	}
	o := connector.Outcome{
		User: id, State: connector.Refused, Code: "VAULT_" + e.Status,
		Reason: "refused without a reason", Next: transform.FixAndLoad,
	}
	if len(e.Errors) > 0 {
		o.Code, o.Reason = "VAULT_"+e.Errors[0].Type, e.Errors[0].Message
		if a, known := advice[e.Errors[0].Type]; known {
			o.Next, o.Transient = a.next, a.transient
		}
	}
	return o
}
