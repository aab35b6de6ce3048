package terms

import "rosterload/validate"

// Codes are those that a feed gives to lines and users.
var Codes = []validate.Code{
	{Code: CodeUnknownValue, Means: "The value is in no table of the feed.", Cure: "Correct the value, or add it to the feed's table."},
	{
		Code: CodeRule, Means: "A rule of the feed refuses the line, or cannot be worked out for it.",
		Cure: "Correct the line as the reason says, or the rule.",
	},
	{Code: CodeNoRule, Means: "No rule of the feed is about this line.", Cure: "Correct the line, or give the feed a rule for such lines."},
	{
		Code: CodeNotOwned, Means: "The group that is asked for, or held, is not one of the feed's.",
		Cure: "Ask the feed that owns the group; or let this one own it: owns, take_over.",
	},
	{
		Code: CodeProtected, Means: "The user is protected: no run of this feed changes it.",
		Cure: "Nothing; or take the user out of protect.",
	},
	{
		Code:  CodeAbsentUnsure,
		Means: "The user is in no line, but a line whose user is not known could be about it; nothing was sent.",
		Cure:  "Correct the lines that the reason names and drop the whole file once more.",
	},
}
