package vonage

import "rosterload/validate"

// Codes are the reason codes of a contact centre.
var Codes = []validate.Code{
	{Code: "VCC_PHONE_MISSING", Means: "The Salesforce user has no telephone number.", Cure: "Fill Phone in Salesforce and load the line."},
	{
		Code: "VCC_CALL_CENTER_MISSING", Means: "The Salesforce user has no call center.",
		Cure: "Give the user one in Salesforce and load the line.",
	},
	{Code: "VCC_AGENT_ID_MISSING", Means: "There is no agent ID: neither in the roster nor in Salesforce, and " +
		"none is generated.", Cure: "Write one into the roster, or set generate_agent_ids: true."},
	{
		Code: "VCC_AGENT_ID_DIFFERS", Means: "The roster, Salesforce and VCC name different agent IDs for one user.",
		Cure: "Decide which is right and make them agree.",
	},
	{Code: "VCC_AGENT_ID_IN_USE", Means: "Another user has this agent ID.", Cure: "Choose another one."},
	{Code: "VCC_BAD_AGENT_ID", Means: "This is no agent ID, or the template's kind of user takes none.", Cure: "Correct the cell."},
	{Code: "VCC_BAD_ACTION", Means: "The action is neither create nor archive, or contradicts the agent ID.", Cure: "Correct the cell."},
	{Code: "VCC_ALREADY_PROVISIONED", Means: "VCC has this very user already.", Cure: "Nothing."},
	{
		Code: "VCC_USERNAME_EXISTS", Means: "VCC has a user of this name that no run of this home has made.",
		Cure: "Nothing if it is the same person; else give the user another name.",
	},
	{Code: "VCC_STATEMENT_DIFFERS", Means: "The line states something of the user (phone, call center, type, " +
		"template) that is not so.", Cure: "Correct the line, or the user."},
	{Code: "VCC_NO_LICENCES", Means: "There are too few agent licences.", Cure: "Archive a user, or buy licences, and load the line."},
	{
		Code: "VCC_INCOMPLETE", Means: "The user was made and still lacks some of the template's rights.",
		Cure: "Load the line again: it goes on where it stopped.",
	},
	{Code: "VCC_REFUSED", Means: "VCC refused the user, in the words of the reason.", Cure: "Give the reason to the administrator of VCC."},
}
