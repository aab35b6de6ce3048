package loader

import "rosterload/validate"

const decide = "Look at the plan; if it is right: rosterload approve RUN --reason TEXT, " +
	"else rosterload reject RUN --reason TEXT."

// Codes are those of rows that a run has not sent, or has not sent to the end.
var Codes = []validate.Code{
	{
		Code:  "HOLD_REMOVALS",
		Means: "More users would lose their group than --max-removals allows; nothing was sent.",
		Cure:  "Look at the plan; if it is right: rosterload resume RUN --allow-removals N.",
	},
	{
		Code:  "HOLD_ROWS",
		Means: "The delivery has fewer or more rows than its feed expects; nothing was sent.",
		Cure:  decide,
	},
	{Code: "HOLD_CHANGE", Means: "More users would be changed than the feed expects; nothing was sent.", Cure: decide},
	{
		Code:  "HOLD_REPEATED",
		Means: "A delivery of the same bytes was carried out before; nothing was sent.",
		Cure:  decide,
	},
	{
		Code:  "HOLD_OLDER",
		Means: "The delivery's name does not come after the one that was carried out last; nothing was sent.",
		Cure:  decide,
	},
	{
		Code:  "HOLD_APPROVAL",
		Means: "So many removals or changes need the signature of a second person; nothing was sent.",
		Cure:  "That person signs what approve RUN --reason TEXT --print writes: rosterload approve RUN --signature FILE.",
	},
	{
		Code:  "HOLD_UNKNOWN",
		Means: "The delivery has lines whose user the org does not know, so who is absent is not sure; nothing was sent.",
		Cure:  decide,
	},
	{
		Code:  "RUN_PLANNED",
		Means: "The run was made by plan, which sends nothing.",
		Cure:  "rosterload resume RUN carries the plan out.",
	},
	{Code: "RUN_INTERRUPTED", Means: "The run was stopped before it came to this row.", Cure: "rosterload resume RUN."},
	{
		Code:  "RUN_UNAVAILABLE",
		Means: "The org could not be reached before the run came to this row.",
		Cure:  "rosterload resume RUN, when the org is there again.",
	},
	{
		Code:  "RUN_DENIED",
		Means: "The org refused the sign-in, or a right is missing.",
		Cure:  "rosterload check TARGET, and behind it rosterload resume RUN.",
	},
	{
		Code:  "RUN_SILENT",
		Means: "Not one removal was carried out in time, so no upsert was sent.",
		Cure:  "See that the org works on its requests, then rosterload resume RUN.",
	},
	{
		Code:  "RUN_STOPPED",
		Means: "The org gave up a whole job, or the plan was no longer true; the run is over.",
		Cure:  "Cure what the reason names, then load failed.csv.",
	},
	{
		Code:  "RUN_REJECTED",
		Means: "The run was held and a person rejected it, or its file was changed after it was taken; nothing was sent.",
		Cure:  "Load a correct roster; this one is over.",
	},
	{
		Code:  "RUN_SUPERSEDED",
		Means: "A newer run has sent something for this user; an older order is not carried out.",
		Cure:  "Nothing if the newer roster is right; else load a new one.",
	},
	{
		Code:  "UNDO_IMPOSSIBLE",
		Means: "The run that is undone has archived the user, and an archived user cannot be brought back.",
		Cure:  "Make the user once more by a load, or ask an admin of the org.",
	},
}
