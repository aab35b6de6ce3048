package connectortest

import (
	"fmt"
	"strings"
	"time"

	"rosterload/loader/results"
	"rosterload/loader/run"
)

// Person is a user of an org with Engage groups.
type Person struct {
	Username string
	Inactive bool
	Request  string
	Group    string
	Status   Status
}

// Status is what the Engage server said last. Each org spells it in its own way.
type Status int

// The statuses.
const (
	Blank Status = iota
	Sent
	Failed
	Success
)

// EngageOrg is the org before the night of Engage.
var EngageOrg = struct {
	People   []Person
	Groups   []string
	Licences int // as many as are held: a joiner finds one only when a leaver went first
}{
	[]Person{
		{Username: "leaver1@acme.example", Request: "Alpha", Group: "Alpha", Status: Success},
		{Username: "leaver2@acme.example", Request: "Beta", Group: "Beta", Status: Success},
		{Username: "mover@acme.example", Request: "Alpha", Group: "Alpha", Status: Success},
		{Username: "settled@acme.example", Request: "Beta", Group: "Beta", Status: Success},
		{Username: "nothing@acme.example"},
		{Username: "joiner1@acme.example"},
		{Username: "joiner2@acme.example"},
		{Username: "joiner3@acme.example"},
		{Username: "misspelt@acme.example"},
		{Username: "asleep@acme.example", Inactive: true},
		{Username: "underway@acme.example", Request: "Gamma", Status: Sent},
		{Username: "failed@acme.example", Request: "Gamma", Status: Failed},
		{Username: "stuck@acme.example", Group: "Gamma", Status: Success},
		{Username: "bystander@acme.example", Request: "Gamma", Group: "Gamma", Status: Success},
	},
	[]string{"Alpha", "Beta", "Gamma"},
	6,
}

// engageRoster asks for one of everything. The last joiner comes too late for a licence.
const engageRoster = `Username,Engage Group
joiner1@acme.example,Alpha
leaver1@acme.example,
MOVER@acme.example,Gamma
settled@acme.example,Beta
nothing@acme.example,
joiner2@acme.example,Beta
leaver2@acme.example,#N/A
misspelt@acme.example,Alfa
asleep@acme.example,Alpha
underway@acme.example,Gamma
failed@acme.example,Gamma
stuck@acme.example,
unknown@acme.example,Alpha
joiner3@acme.example,Gamma
`

// engageWant: row, action, result, code, next step, before, requested, after.
var engageWant = []string{
	"1 assign Updated   |Alpha|Alpha",
	"2 remove Removed   Alpha||",
	"3 move Updated   Alpha|Gamma|Gamma",
	"4 none Unchanged   Beta|Beta|Beta",
	"5 none Unchanged   ||",
	"6 assign Updated   |Beta|Beta",
	"7 remove Removed   Beta||",
	"8 assign Failed ENGAGE_INVALID_GROUP fix-and-load |Alfa|",
	"9 assign Failed USER_INACTIVE ask-admin |Alpha|",
	"10 assign Pending ENGAGE_PENDING wait |Gamma|",
	"11 assign Failed ENGAGE_RETRY_NEEDED retry |Gamma|",
	"12 remove Failed ENGAGE_RETRY_NEEDED retry Gamma||Gamma",
	"13 none Failed USER_NOT_FOUND change-key |Alpha|",
	"14 assign Failed ENGAGE_NO_LICENSES free-licences |Gamma|",
}

// engageAfter is request|group of each user.
var engageAfter = map[string]string{
	"leaver1@acme.example": "|", "leaver2@acme.example": "|", "mover@acme.example": "Gamma|Gamma",
	"settled@acme.example": "Beta|Beta",
	"nothing@acme.example": "|", "joiner1@acme.example": "Alpha|Alpha", "joiner2@acme.example": "Beta|Beta",
	"joiner3@acme.example":  "Gamma|",
	"misspelt@acme.example": "Alfa|", "asleep@acme.example": "|", "underway@acme.example": "Gamma|",
	"failed@acme.example": "Gamma|",
	"stuck@acme.example":  "|Gamma", "bystander@acme.example": "Gamma|Gamma",
}

// EngageDrifts is the user that another admin changes to Beta.
const EngageDrifts = "mover@acme.example"

// Engage makes a rig's night the one of Engage groups. Nothing is cured before its retry: what failed for want of a
// licence fails again, what merely failed works, and a removal whose request is blank already goes first.
func Engage(rig Rig) Rig {
	rig.Roster, rig.Want, rig.After, rig.Line = engageRoster, engageWant, engageAfter, EngageLine
	rig.Retried = append([]string{}, engageWant...)
	rig.Retried[10] = "11 assign Updated   |Gamma|Gamma"
	rig.Retried[11] = "12 remove Removed   Gamma||"
	rig.Drifted = append([]string{}, engageWant...)
	rig.Drifted[2] = "3 move Failed USER_CHANGED_MEANWHILE fix-and-load Alpha|Gamma|Beta"
	rig.Changes, rig.Exit, rig.Wait = 7, run.ExitFailedRows, time.Minute
	return rig
}

// EngageLine is a row of the results in short.
func EngageLine(r results.Row) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s %s %s %s %s|%s|%s", r.Row, r.Action, r.Result, r.ReasonCode, r.NextStep,
		r.Before, r.Requested, r.After))
}
