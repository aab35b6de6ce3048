package engage

import "rosterload/validate"

// Codes explains the reason codes of Engage.
func Codes() []validate.Code {
	return []validate.Code{
		{
			Code: codePending, Means: "The org has stored the request, and the Engage server has not carried it out yet.",
			Cure: "rosterload resume looks again. After a day: " + Stuck + ".",
		},
		{Code: codeMismatch, Means: "The org says success but shows another group than the one asked for.", Cure: Stuck + "."},
		{Code: codeNoLicenses, Means: "No Engage licence was left for the user.", Cure: "Free or buy licences, then rosterload retry RUN."},
		{
			Code: codeInvalidGroup, Means: "No Engage group has this name.",
			Cure: "Correct the name and load the line; after the group was made: rosterload retry RUN.",
		},
		{
			Code: codeRequestFailed, Means: "The Engage server could not carry the request out.",
			Cure: "Look for the cause in the Engage administration, then rosterload retry RUN.",
		},
		{Code: codeRetryNeeded, Means: "The org has stored this very request already and failed it; sending it " +
			"again would change nothing.", Cure: "Cure what the reason names, then rosterload retry RUN."},
	}
}
