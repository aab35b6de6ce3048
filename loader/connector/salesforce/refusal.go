package salesforce

import (
	"strings"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
)

// advice is the next step for each of the org's refusals; others are of the value: fix-and-load. transient marks those
// that are about the moment.
var advice = map[string]struct {
	next      string
	transient bool
}{
	"UNABLE_TO_LOCK_ROW":                            {transform.FixAndLoad, true},
	"SERVER_UNAVAILABLE":                            {transform.FixAndLoad, true},
	"QUERY_TIMEOUT":                                 {transform.FixAndLoad, true},
	"REQUEST_RUNNING_TOO_LONG":                      {transform.FixAndLoad, true},
	"INSUFFICIENT_ACCESS_OR_READONLY":               {transform.AskAdmin, false},
	"LICENSE_LIMIT_EXCEEDED":                        {transform.AskAdmin, false},
	"INSUFFICIENT_ACCESS":                           {transform.AskAdmin, false},
	"INVALID_FIELD_FOR_INSERT_UPDATE":               {transform.AskAdmin, false},
	"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY":          {transform.AskAdmin, false},
	"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": {transform.AskAdmin, false},
	"INVALID_CROSS_REFERENCE_KEY":                   {transform.ChangeKey, false},
	"ENTITY_IS_DELETED":                             {transform.ChangeKey, false},
	"MALFORMED_ID":                                  {transform.ChangeKey, false},
}

// innocents marks rows that failed only because others in their chunk of 200 did. Source: Salesforce, "Bulk triggers
// and partial success".
const innocents = "Too many retries of batch save"

// noCode is ours for a refusal without a code of the org's.
const noCode = "SF_ERROR"

func refusal(id string, e sforce.RowError) connector.Outcome {
	o := connector.Outcome{
		User: id, State: connector.Refused, Code: noCode, Reason: e.Message, Fields: e.Fields,
		Next: transform.FixAndLoad,
	}
	if e.Code != "" {
		o.Code = "SF_" + e.Code
	}
	if a, known := advice[e.Code]; known {
		o.Next, o.Transient = a.next, a.transient
	}
	if strings.Contains(e.Message, innocents) {
		o.Next, o.Transient = transform.FixAndLoad, true
	}
	return o
}
