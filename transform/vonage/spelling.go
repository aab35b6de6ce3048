package vonage

import (
	"fmt"
	"slices"
	"strings"

	"rosterload/transform"
	"rosterload/validate"
)

// AgentField ties a Salesforce user to a VCC user.
const AgentField = "NVMContactWorld__NVM_Agent_Id__c"

// Nothing is the word for an archive, in the agent ID column of a roster and of a sealed file.
const Nothing = "#N/A"

// NoAgentID is the value of a user who has an account and takes no agent ID, a plain supervisor. It stands in the place
// of the agent ID: an empty value would be an archive, and sealed files of earlier versions hold it.
const NoAgentID = "(supervisor)"

// undrawn is the value of a user who would have been given an agent ID and failed before. It is never sealed: an empty
// value would read as an archive in the results.
const undrawn = "(to be generated)"

// isID tells whether a text may be an agent ID. The vendor publishes no rules; blanks, and the words that mean
// something else in the place of an agent ID, are none.
func isID(text string) bool {
	return !strings.ContainsAny(text, " \t") && !slices.Contains([]string{Nothing, NoAgentID}, text)
}

// The statements of a line besides its agent ID: what it asks for, and what must be so.
const (
	action           = "action"
	phone            = "phone"
	callCenter       = "call_center"
	userType         = "user_type"
	templateUsername = "template_username"
)

// Spelling is how rosters of VCC users are spelled.
var Spelling = validate.Spelling{
	Users: []validate.UserColumn{
		{By: "Id", Headings: []string{"Id", "Salesforce ID", "User ID"}, Key: validate.SalesforceID("005")},
		{By: "Username", Headings: []string{"salesforce_username", "Username", "User Name", "User"}, Key: usernameKey},
		{By: "FederationIdentifier", Headings: []string{"FederationIdentifier", "Federation Identifier"}, Key: validate.TextKey},
		{By: "Email", Headings: []string{"Email", "E-mail"}, Key: validate.FoldKey},
	},
	Values:        []string{"agent_id", "NVM Agent Id", AgentField},
	Nothing:       []string{Nothing},
	Blank:         validate.Keep,
	ValueOptional: true,
	Statements: []validate.Statement{
		{Name: action, Headings: []string{"action"}},
		{Name: phone, Headings: []string{"phone"}},
		{Name: callCenter, Headings: []string{"call_center", "CallCenter", "CallCenterId"}},
		{Name: userType, Headings: []string{"user_type"}},
		{Name: templateUsername, Headings: []string{"template_username"}},
	},
	Interpret: interpret,
}

// usernameKey: VCC has no usernames with blanks inside.
func usernameKey(dst, cell []byte) ([]byte, *validate.Fault) {
	if strings.ContainsAny(string(cell), " \t") {
		return dst, &validate.Fault{
			Code: "USER_BAD_ID", Reason: "a username holds no blanks",
			Next: transform.ChangeKey,
		}
	}
	return validate.FoldKey(dst, cell)
}

// interpret reads the action and the agent ID together.
func interpret(w validate.ValueCells) (value []byte, removal bool, f *validate.Fault) {
	bad := func(code, format string, args ...any) ([]byte, bool, *validate.Fault) {
		return w.Value, false, &validate.Fault{
			Code: code, Next: transform.FixAndLoad,
			Reason: fmt.Sprintf(format, args...),
		}
	}
	switch does := strings.ToLower(w.Said(action)); {
	case does != "" && does != "create" && does != "archive":
		return bad("VCC_BAD_ACTION", "action %q is neither create nor archive", w.Said(action))
	case does == "archive":
		return w.Value, true, nil
	case w.Nothing && does == "create":
		return bad("VCC_BAD_ACTION", "the agent ID asks to archive and the action to create")
	case w.Nothing:
		return w.Value, true, nil
	case strings.ContainsAny(string(w.Value), " \t"):
		return bad("VCC_BAD_AGENT_ID", "agent ID %q holds blanks", w.Value)
	case !isID(string(w.Value)):
		return bad("VCC_BAD_AGENT_ID", "%q is no agent ID", w.Value)
	}
	return w.Value, false, nil
}
