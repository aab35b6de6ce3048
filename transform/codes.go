package transform

import "rosterload/validate"

// Codes are those of users, which every policy says alike.
var Codes = []validate.Code{
	{
		Code:  CodeNotFound,
		Means: "No user of the org has this key.",
		Cure: "Correct the key. In a sandbox an ending may have been added to every username: " +
			"username_suffix in the config adds it.",
	},
	{
		Code:  CodeAmbiguous,
		Means: "Several users have this key, and it is not clear which one is meant.",
		Cure:  "Name the user by a key that only one user has, such as Username or Id.",
	},
	{
		Code:  CodeInactive,
		Means: "The user is inactive and can be given nothing.",
		Cure:  "Activate the user in the org, or delete the line.",
	},
	{
		Code:  CodeChanged,
		Means: "The user's request was changed by another person, a trigger or a newer run after this run had looked.",
		Cure:  "Decide which change is right; load the line again if it is this one.",
	},
}

// NextSteps are the words of the column next_step, explained.
var NextSteps = []validate.Code{
	{
		Code:  FixAndLoad,
		Means: "Correct the line, or what it meets in the org, and load failed.csv.",
		Cure:  "rosterload load ROSTER.RUN.failed.csv",
	},
	{
		Code:  Retry,
		Means: "The org has stored the request and failed it. Cure the cause, then let the org try once more.",
		Cure:  "rosterload retry RUN",
	},
	{Code: Wait, Means: "The org has accepted the request and has not carried it out yet.", Cure: "rosterload resume"},
	{
		Code:  ChangeKey,
		Means: "The line does not name exactly one user of the org.",
		Cure:  "Correct the user cell and load failed.csv.",
	},
	{
		Code:  FreeLicences,
		Means: "The org has no licence left for it.",
		Cure:  "Free or buy licences, then rosterload retry RUN, or load failed.csv.",
	},
	{
		Code:  IgnoreIfSamePerson,
		Means: "The product has a user of this name already.",
		Cure:  "Nothing if it is the same person, else give the user another name.",
	},
	{
		Code:  AskAdmin,
		Means: "A right, a setting or a decision is missing that is not in the roster.",
		Cure:  "Give the reason of the row to the org's administrator.",
	},
}
