package loader

import "rosterload/validate"

// Codes are those of rows that a run has not sent, or has not sent to the end.
var Codes = []validate.Code{
	{Code: "HOLD_REMOVALS", Means: "More users would lose their group than --max-removals allows; nothing was sent.", Cure: "Look at the plan; if it is right: rosterload resume RUN --allow-removals N."},
	{Code: "RUN_PLANNED", Means: "The run was made by plan, which sends nothing.", Cure: "rosterload resume RUN carries the plan out."},
	{Code: "RUN_INTERRUPTED", Means: "The run was stopped before it came to this row.", Cure: "rosterload resume RUN."},
	{Code: "RUN_UNAVAILABLE", Means: "The org could not be reached before the run came to this row.", Cure: "rosterload resume RUN, when the org is there again."},
	{Code: "RUN_DENIED", Means: "The org refused the sign-in, or a right is missing.", Cure: "rosterload check TARGET, and behind it rosterload resume RUN."},
	{Code: "RUN_SILENT", Means: "Not one removal was carried out in time, so no upsert was sent.", Cure: "See that the org works on its requests, then rosterload resume RUN."},
	{Code: "RUN_STOPPED", Means: "The org gave up a whole job, or the plan was no longer true; the run is over.", Cure: "Cure what the reason names, then load failed.csv."},
	{Code: "RUN_SUPERSEDED", Means: "A newer run has sent something for this user; an older order is not carried out.", Cure: "Nothing if the newer roster is right; else load a new one."},
}
