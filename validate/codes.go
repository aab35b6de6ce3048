package validate

// Code is a reason code and what a person is to make of it. Each package lists the codes that it makes; `rosterload
// explain` shows them.
type Code struct {
	Code  string // one that ends in * stands for all codes that begin so
	Means string // in an admin's words
	Cure  string
}

// Codes are those of a line that cannot be asked for.
var Codes = []Code{
	{"ROW_USER_MISSING", "The line names no user.", "Fill the user column, or delete the line."},
	{
		"ROW_COLUMNS",
		"The line has more or fewer cells than the header, often because a name with a comma has no quotes.",
		"Put quotes around such a cell, or add the cells that are missing.",
	},
	{
		"ROW_QUOTING", "A quote is opened and not closed, or text follows a closing quote.",
		"Double each quote inside a quoted cell, and close it at its end.",
	},
	{"ROW_ENCODING", "The line holds bytes that fit no text encoding.", "Save the file as UTF-8."},
	{
		"ROW_CONTROL_CHARACTER", "The user or group cell holds a control character or a line break.",
		"Type the cell again: such characters come along when text is copied.",
	},
	{
		"ROW_VALUE_TOO_LONG", "The cell is longer than the org's field.",
		"Look whether two cells have run into one; else shorten the name.",
	},
	{
		"ROW_BLANK", "The group cell is blank, and blanks are rejected or ignored.",
		"Fill it, write #N/A for a removal, or load with --blank remove.",
	},
	{"ROW_DUPLICATE", "An earlier line says the same of the same user.", "Nothing: the user was loaded once."},
	{
		"ROW_CONTRADICTION", "Two lines ask for different things for one user; none of them was sent.",
		"Delete the wrong line, or choose one with --duplicates first or last.",
	},
	{
		"ROW_SPREADSHEET_ERROR", "The cell holds a formula's error such as #REF! or #N/A, not a value.",
		"Correct the formula and export the sheet once more.",
	},
	{
		"USER_BAD_ID", "The user cell cannot be an id of this org.",
		"Check for a digit too few, or choose another user column with --user.",
	},
}
