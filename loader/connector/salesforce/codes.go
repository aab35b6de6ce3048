package salesforce

import (
	"slices"

	"rosterload/transform/engage"
	"rosterload/validate"
)

// codes explains Engage's reason codes, and the org's own refusals behind SF_.
func codes() []validate.Code {
	return slices.Concat(engage.Codes(), []validate.Code{
		{
			Code: "SF_UNABLE_TO_LOCK_ROW", Means: "Another process held the record, also when the row was sent once more.",
			Cure: "Load the line later, away from other jobs.",
		},
		{
			Code: "SF_FIELD_CUSTOM_VALIDATION_EXCEPTION", Means: "A validation rule of the org refuses the change.",
			Cure: "The reason is the rule's own sentence: correct the line or the user.",
		},
		{
			Code: "SF_CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Means: "A trigger or a flow of the org failed on this user.",
			Cure: "Give the reason to the org's administrator.",
		},
		{
			Code: "SF_INSUFFICIENT_ACCESS_OR_READONLY", Means: "Our user may not change this user.",
			Cure: "rosterload check TARGET names the right that is missing.",
		},
		{
			Code: "SF_ERROR", Means: "The org refused the row and gave no reason.",
			Cure: "Load the line again; if that fails too, ask the org's administrator.",
		},
		{Code: "SF_ABORTED", Means: "The job was aborted in the org before it came to this row.", Cure: "Load failed.csv."},
		{
			Code: "SF_*", Means: "The org refused the row with this status code; the reason is its own sentence.",
			Cure: "Correct what the sentence names and load failed.csv.",
		},
	})
}
