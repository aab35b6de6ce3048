package groove

import "rosterload/validate"

// Codes are the reason codes of Groove.
var Codes = []validate.Code{
	{Code: "GROOVE_CORE_REQUIRED", Means: "Every Groove licence needs core, and the line asks for another one " +
		"without it.", Cure: "Add core, or take all licences away with - ."},
	{Code: "GROOVE_DIALER_REQUIRED", Means: "Text messages are sent through the dialer: sms needs dialer.", Cure: "Add dialer."},
	{Code: "GROOVE_UNKNOWN_LICENCE", Means: "Groove has no licence of this name.", Cure: "Use one of the names that the reason lists."},
	{
		Code: "GROOVE_BAD_SETTING", Means: "A cell of a settings column holds a value that Groove does not know.",
		Cure: "Correct the cell; the reason names the column.",
	},
	{
		Code: "GROOVE_NO_SEATS", Means: "The package has too few seats; the last lines of the roster go without.",
		Cure: "Free seats, or buy some, and load failed.csv.",
	},
	{
		Code: "GROOVE_UNVERIFIED", Means: "The licences were written, and no interface shows what Groove made of them.",
		Cure: "Export Groove's users page and run rosterload reconcile EXPORT ROSTER; or set unverified: ok.",
	},
	{
		Code: "GROOVE_WORK_ORDER", Means: "What is left has no interface and stands on the work order.",
		Cure: "Do the work order on Groove's users page, then rosterload reconcile EXPORT ROSTER.",
	},
}
