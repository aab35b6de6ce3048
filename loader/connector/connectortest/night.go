package connectortest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rosterload/loader"
	"rosterload/loader/results"
)

var (
	groups = []string{"Alpha", "Beta", "Gamma"}
	people = []Person{
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
	}
	licences = 6 // as many as are held: a joiner finds one only when a leaver went first
)

// roster asks for one of everything. The last joiner comes too late for a licence.
const roster = `Username,Engage Group
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
nobody@acme.example,Alpha
joiner3@acme.example,Gamma
`

// said is what becomes of each line, whatever the org: result, code, next step, before, requested, after.
var said = []string{
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

// holds is how the org stands in the morning.
var holds = map[string]Held{
	"leaver1@acme.example": {}, "leaver2@acme.example": {}, "mover@acme.example": {"Gamma", "Gamma"}, "settled@acme.example": {"Beta", "Beta"},
	"nothing@acme.example": {}, "joiner1@acme.example": {"Alpha", "Alpha"}, "joiner2@acme.example": {"Beta", "Beta"}, "joiner3@acme.example": {"Gamma", ""},
	"misspelt@acme.example": {"Alfa", ""}, "asleep@acme.example": {}, "underway@acme.example": {"Gamma", ""}, "failed@acme.example": {"Gamma", ""},
	"stuck@acme.example": {"", "Gamma"}, "bystander@acme.example": {"Gamma", "Gamma"},
}

// changes is how often the request field changes in this night: once for each of them, and never again.
const changes = 7

// night is one org, one home and one roster.
type night struct {
	rig     Rig
	address string
	folder  string
}

func (n *night) roster() string { return filepath.Join(n.folder, "roster.csv") }

func newNight(t *testing.T, rig Rig, address string) *night {
	n := &night{rig, address, t.TempDir()}
	if err := os.WriteFile(n.roster(), []byte(roster), 0o600); err != nil {
		t.Fatal(err)
	}
	return n
}

// options are those of a new process.
func (n *night) options(t *testing.T) loader.Options {
	kind, org := n.rig.Open(t, n.address)
	return loader.Options{
		Home: filepath.Join(n.folder, "home"), Kind: kind, Target: org, Name: "org",
		Flags: loader.Flags{MaxRemovals: "100%", Wait: time.Minute, Poll: loader.Poll{Job: time.Millisecond, Status: time.Millisecond}},
	}
}

// untilOver loads, and resumes in a new process each time until the run is over.
func (n *night) untilOver(t *testing.T) *results.Summary {
	t.Helper()
	s, err := loader.Load(context.Background(), n.options(t), n.roster())
	for tries := 0; s == nil || !s.Final; tries++ {
		if tries == 6 {
			t.Fatalf("the run does not come to its end: %v", err)
		}
		o := n.options(t)
		runs, _, bad := loader.Runs(o.Home)
		switch {
		case bad != nil:
			t.Fatal(bad)
		case len(runs) == 0:
			s, err = loader.Load(context.Background(), o, n.roster())
		default:
			s, err = loader.Carry(context.Background(), o, runs[len(runs)-1].ID)
		}
	}
	return s
}

// told is the results file in short, one line a row.
func told(t *testing.T, path string) []string {
	t.Helper()
	var lines []string
	for r, err := range results.Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d %s %s %s %s %s|%s|%s", r.Row, r.Action, r.Result, r.ReasonCode, r.NextStep, r.Before, r.Requested, r.After)))
	}
	return lines
}
