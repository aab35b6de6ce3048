package all_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader"
	"rosterload/loader/connector"
	"rosterload/loader/connector/groove"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

func TestAttachmentsAreTheSameHoweverTheRunEnds(t *testing.T) {
	reclaim := func(s *groove.Settings) { s.Reclaim.V = "inactive" }
	attachments := func(s *results.Summary) []string {
		return slices.Concat(attachment(t, s, "workorder"), attachment(t, s, "reclaimed"))
	}
	want := attachments(newGroove(t, grooveUsers(), 10, true, reclaim).load(t, grooveRoster))
	n := newGroove(t, grooveUsers(), 10, true, reclaim)
	path := filepath.Join(n.folder, "roster.csv")
	if err := os.WriteFile(path, []byte(grooveRoster), 0o600); err != nil {
		t.Fatal(err)
	}
	planned, err := loader.Plan(context.Background(), n.options(t), path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := loader.Carry(context.Background(), n.options(t), planned.Run)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, attachments(s)); diff != "" || len(want) < 5 {
		t.Error(diff)
	}
	if s, err = loader.Results(context.Background(), n.options(t), planned.Run); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, attachments(s)); diff != "" {
		t.Error(diff)
	}
}

func TestACheckOfGroove(t *testing.T) {
	for faults, want := range map[string]struct {
		gap  string
		exit int
	}{
		"":                                    {"seats of inactive users: warn", 0},
		"switches: {package_status: Expired}": {"package DaScoopComposer: fail", run.ExitDenied},
		"switches: {package_status: Trial}":   {"package DaScoopComposer: warn", 0},
		"switches: {no_package: true}":        {"package DaScoopComposer: fail", run.ExitDenied},
	} {
		n := newGroove(t, grooveUsers(), 9, true, nil)
		if err := n.org.SetFaults([]byte(faults)); err != nil {
			t.Fatal(err)
		}
		saw, err := loader.Check(context.Background(), n.options(t), "")
		if err != nil {
			t.Fatal(err)
		}
		var gaps []string
		for _, f := range saw.Findings {
			if f.Mark != connector.Pass {
				gaps = append(gaps, f.Check+": "+string(f.Mark))
			}
		}
		if saw.Exit != want.exit || !slices.Contains(gaps, want.gap) {
			t.Errorf("%s: exit %d, %v", faults, saw.Exit, gaps)
		}
	}
	n := newGroove(t, grooveUsers(), 9, false, nil)
	saw, err := loader.Check(context.Background(), n.options(t), "")
	if err != nil || saw.Exit != 0 || !slices.ContainsFunc(saw.Findings, func(f connector.Finding) bool {
		return f.Mark == connector.Warn && strings.Contains(f.Saw, "seats alone")
	}) {
		t.Errorf("%+v, %v", saw, err)
	}
}

func TestAnExportIsHeldAgainstTheRoster(t *testing.T) {
	users := grooveUser("a", "true", "core", "yes") + grooveUser("b", "true", "core;dialer", "yes") + grooveUser("c", "false", "", "") + grooveUser("d", "true", "", "")
	n := newGroove(t, users, 9, true, nil)
	ids := n.org.Org().Users()
	export, roster := filepath.Join(n.folder, "export.csv"), filepath.Join(n.folder, "roster.csv")
	for path, text := range map[string]string{
		export: "Email,Salesforce ID,Role,Core License,Teams,Dialer License,Status,Odd\n" +
			"a@mail.example," + ids["a@acme.example"] + ",team lead,Yes,\"B, A\",No,Active,x\n" +
			"B@MAIL.EXAMPLE,,Standard,Yes,,No,Active,x\n" +
			"c@mail.example," + ids["c@acme.example"][:15] + ",Standard,No,,No,Deactivated,x\n" +
			"stranger@mail.example,,Standard,Yes,,No,Active,x\n",
		roster: "Username,licenses,role,teams\na@acme.example,core,Team Lead,A;B\nb@acme.example,core;dialer,,\nc@acme.example,-,,\nd@acme.example,core,,\nnobody@acme.example,core,,\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	saw, err := loader.Reconcile(context.Background(), n.options(t), export, roster)
	if err != nil {
		t.Fatal(err)
	}
	var is []string
	for _, c := range saw.Compared {
		if c.Column != flowColumn && c.Column != "sms" && c.Column != "conversation_intelligence" {
			is = append(is, strings.TrimSpace(strings.Join([]string{c.Subject, c.Column, c.State, c.Wanted, c.Found, c.Done, c.Note}, "|")))
		} else if c.State != connector.NotComparable {
			t.Errorf("a column that is not there: %+v", c)
		}
	}
	want := []string{
		"a@acme.example|core|agrees|Yes|Yes||", "a@acme.example|dialer|agrees|No|No||", "a@acme.example|teams|agrees|A;B|B, A|yes|", "a@acme.example|role|agrees|Team Lead|team lead|yes|",
		"b@acme.example|core|agrees|Yes|Yes||", "b@acme.example|dialer|differs|Yes|No||",
		"c@acme.example|core|agrees|No|No||", "c@acme.example|dialer|agrees|No|No||", "c@acme.example|status|not comparable||Deactivated||the Salesforce user is inactive",
		"d@acme.example||only in the roster||||", "nobody@acme.example||only in the roster||||no Salesforce user has this key", "stranger@mail.example||only in the export||||",
	}
	if diff := cmp.Diff(want, is); diff != "" {
		t.Error(diff)
	}
	if saw.Exit != run.ExitFailedRows {
		t.Errorf("exit %d", saw.Exit)
	}
	if text, err := os.ReadFile(saw.File); err != nil || !strings.HasPrefix(string(text), "subject,row,column,state,wanted,found,done,note\n") {
		t.Errorf("%v: %.80s", err, text)
	}
}

const flowColumn = "flow_unlimited"
