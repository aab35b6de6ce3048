package inspect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

func TestTheExitCodeOfACheckIsThatOfTheWorstFinding(t *testing.T) {
	pass, warn := connector.Finding{Mark: connector.Pass}, connector.Finding{Mark: connector.Warn}
	fail, denied := connector.Finding{Mark: connector.Fail}, connector.Finding{Mark: connector.Fail, Rights: true}
	for _, c := range []struct {
		name     string
		findings []connector.Finding
		exit     int
	}{
		{"all is well", []connector.Finding{pass, warn, {Mark: connector.NotChecked, Rights: true}}, run.ExitOK},
		{"something fails", []connector.Finding{fail, pass}, run.ExitFailedRows},
		{"our own right is missing, found first", []connector.Finding{denied, fail}, run.ExitDenied},
		{"our own right is missing, found last", []connector.Finding{fail, denied, pass}, run.ExitDenied},
	} {
		t.Run(c.name, func(t *testing.T) {
			saw, err := target(t, &seen{findings: c.findings}).Check(context.Background(), "")
			if err != nil || saw.Exit != c.exit || saw.Org.ID != "org1" || len(saw.Findings) != len(c.findings) {
				t.Errorf("%v, %+v", err, saw)
			}
		})
	}
}

func TestACheckOfARosterNamesTheLinesThatWouldFail(t *testing.T) {
	org := &seen{known: map[string]transform.Standing{"ada@acme.example": {ID: "1", Active: true}}}
	roster := file(t, "in.csv", "Username,Group", "ada@acme.example,Alpha", "bob@acme.example,Alpha", "carl@acme.example", "")
	saw, err := target(t, org).Check(context.Background(), roster)
	if err != nil || saw.Exit != run.ExitFailedRows || len(saw.Findings) != 3 {
		t.Fatalf("%v, %+v", err, saw)
	}
	if f := saw.Findings[0]; f.Subject != "bob@acme.example" || f.Check != "USER_NOT_FOUND" || f.Cure != string(transform.FixAndLoad) {
		t.Errorf("%+v", f)
	}
	if f := saw.Findings[1]; f.Subject != "carl@acme.example" || f.Mark != connector.Fail {
		t.Errorf("a line with too few cells: %+v", f)
	}
	if f := saw.Findings[2]; f.Subject != OfRoster || f.Saw != "2 of 3 would fail" {
		t.Errorf("%+v", f)
	}
}

func TestACheckNamesAHundredLinesAtMost(t *testing.T) {
	lines := []string{"Username,Group"}
	for n := range mostFaults + 1 {
		lines = append(lines, fmt.Sprintf("user%d@acme.example,Alpha", n))
	}
	saw, err := target(t, &seen{}).Check(context.Background(), file(t, "in.csv", lines...))
	if err != nil || len(saw.Findings) != mostFaults+1 {
		t.Fatalf("%v, %d findings", err, len(saw.Findings))
	}
	if f := saw.Findings[mostFaults]; f.Saw != "101 of 101 would fail; the first 100 are shown" {
		t.Errorf("%+v", f)
	}
}

func TestAConnectorThatChecksPeopleIsGivenThem(t *testing.T) {
	org := &seen{}
	look := target(t, org)
	look.Connector.ChecksPeople = true
	saw, err := look.Check(context.Background(), file(t, "in.csv", "Username,Group", "Ada@acme.example,Alpha"))
	if err != nil || len(saw.Findings) != 0 || !slices.Equal(org.asked, []string{"ada@acme.example"}) {
		t.Errorf("%v, %+v, asked %v", err, saw, org.asked)
	}
}

func TestACheckOfAFileWithoutAHeaderOrOfALostLookIsAnError(t *testing.T) {
	if _, err := target(t, &seen{}).Check(context.Background(), file(t, "in.csv", "")); !errors.Is(err, validate.ErrEmpty) {
		t.Errorf("an empty file: %v", err)
	}
	roster := file(t, "in.csv", "Username,Group", "ada@acme.example,Alpha")
	if _, err := target(t, &seen{err: connector.ErrUnavailable}).Check(context.Background(), roster); !errors.Is(err, connector.ErrUnavailable) {
		t.Errorf("a look that failed: %v", err)
	}
}

func TestWorstFirstKeepsTheOrderOfEquals(t *testing.T) {
	c := &Checked{Findings: []connector.Finding{
		{Check: "a", Mark: connector.Pass},
		{Check: "b", Mark: connector.Fail},
		{Check: "c", Mark: connector.NotChecked},
		{Check: "d", Mark: connector.Warn},
		{Check: "e", Mark: connector.Fail},
	}}
	c.WorstFirst()
	order := ""
	for _, f := range c.Findings {
		order += f.Check
	}
	if order != "bedca" {
		t.Error(order)
	}
}
