package loader

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"rosterload/loader/approve"
	"rosterload/loader/evidence"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// held loads a night whose removals are more than the guard lets pass.
func held(t *testing.T) (*night, Options, *results.Summary) {
	t.Helper()
	n := newNight(t)
	o := n.options(n.org)
	o.Flags.MaxRemovals = "2"
	s, err := Load(context.Background(), o, n.roster)
	if ExitCode(err) != run.ExitGuard || len(s.Holds) != 1 || s.Holds[0].Code != run.HoldRemovals || s.Holds[0].Found != "4" {
		t.Fatalf("the load was not held: %v, %+v", err, s)
	}
	return n, o, s
}

// because gives the person's reason.
func because(o Options, reason string) Options {
	o.Reason, o.Ticket = reason, "HR-7"
	return o
}

// entered tells that the ledger has one entry of what was said of a run.
func entered(t *testing.T, n *night, what, id string) {
	t.Helper()
	l, err := evidence.ReadLedger(n.home)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, e := range l.Entries {
		if e.What == what && e.Run == id && len(e.SHA256) == 64 {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d entries %s of run %s: %+v", found, what, id, l.Entries)
	}
}

func TestAHeldRunIsCarriedOutWhenItIsApproved(t *testing.T) {
	n, o, s := held(t)
	if _, err := Approve(context.Background(), because(o, "checked"), s.Run, approve.Approval{}); ExitCode(err) != run.ExitGuard {
		t.Errorf("an approval without the number of removals went through: %v", err)
	}
	if _, err := Approve(context.Background(), because(o, "checked"), s.Run, approve.Approval{Removals: 5}); ExitCode(err) != run.ExitGuard {
		t.Errorf("an approval with another number went through: %v", err)
	}
	if len(n.org.log) > 0 {
		t.Fatalf("something was sent: %v", n.org.log)
	}
	s, err := Approve(context.Background(), because(o, "checked"), s.Run, approve.Approval{Removals: 4})
	if err != nil || s.Exit != 0 || s.Results["Removed"] != 4 {
		t.Fatalf("the approved run did not end well: %v, %+v", err, s)
	}
	n.check(t, s, told(t, s.Files.Results))
	if len(s.Given) != 1 || s.Given[0].Reason != "checked" || s.Given[0].Ticket != "HR-7" {
		t.Errorf("the person's reason is not among those given: %+v", s.Given)
	}
	entered(t, n, evidence.Approval, s.Run)
	if _, err := Approve(context.Background(), because(o, "again"), s.Run, approve.Approval{Removals: 4}); ExitCode(err) != run.ExitUsage {
		t.Errorf("a run that is not held was approved: %v", err)
	}
}

func TestAnApprovalMayLeaveTheSendingToOthers(t *testing.T) {
	n, o, s := held(t)
	if _, err := Approve(context.Background(), because(o, "checked"), s.Run, approve.Approval{Removals: 4, Leave: true}); err != nil || len(n.org.log) > 0 {
		t.Fatalf("%v, sent %v", err, n.org.log)
	}
	s, err := Carry(context.Background(), o, s.Run)
	if err != nil || s.Exit != 0 {
		t.Errorf("the approved run was not carried out: %v", err)
	}
}

func TestARejectedRunIsOverAndNothingIsSent(t *testing.T) {
	n, o, s := held(t)
	s, err := Reject(context.Background(), because(o, "half the file is missing"), s.Run)
	if err != nil || s.Exit != 0 || !s.Final || s.Results["Not attempted"] == 0 || s.Files.Failed != "" {
		t.Fatalf("%v, %+v", err, s)
	}
	entered(t, n, evidence.Rejection, s.Run)
	if rows := told(t, s.Files.Results); rows[0].ReasonCode != "RUN_REJECTED" {
		t.Errorf("a row says %s", rows[0].ReasonCode)
	}
	if _, err := Carry(context.Background(), o, s.Run); ExitCode(err) != run.ExitNothing || len(n.org.log) > 0 {
		t.Errorf("a rejected run went on: %v, sent %v", err, n.org.log)
	}
}

func TestAnApprovedRunLeavesDriftedUsersAloneUpToATenth(t *testing.T) {
	for _, c := range []struct {
		name    string
		drifted int
		exit    int
	}{{"two of twenty-four", 2, run.ExitFailedRows}, {"three of twenty-four", 3, run.ExitStale}} {
		t.Run(c.name, func(t *testing.T) {
			n, o, s := held(t)
			for _, id := range []string{"id0001", "id0002", "id0004"}[:c.drifted] {
				*n.org.users[id] = transform.Standing{ID: id, Active: true, Request: "Gamma", Group: "Gamma", Status: "success"}
			}
			s, err := Approve(context.Background(), because(o, "checked"), s.Run, approve.Approval{Removals: 4})
			if s == nil || s.Exit != c.exit {
				t.Fatalf("%v, %+v", err, s)
			}
			if c.exit == run.ExitStale && len(n.org.log) > 0 {
				t.Errorf("sent %v", n.org.log)
			}
		})
	}
}

func TestAHeldRunThatItsSourceHasOvertakenIsOver(t *testing.T) {
	n, o, s := held(t)
	later := o
	later.Flags.MaxRemovals = "100%"
	if _, err := Load(context.Background(), later, n.roster); err != nil {
		t.Fatal(err)
	}
	s, err := Approve(context.Background(), because(o, "late"), s.Run, approve.Approval{Removals: 4})
	if err != nil || s.Exit != run.ExitFailedRows || told(t, s.Files.Results)[0].ReasonCode != "RUN_SUPERSEDED" {
		t.Errorf("%v, %+v", err, s)
	}
}

func TestAPausedTargetIsSentNothing(t *testing.T) {
	n := newNight(t)
	o := n.options(n.org)
	if err := run.Pause(n.home, "fake", "me"); err != nil {
		t.Fatal(err)
	}
	s, err := Load(context.Background(), o, n.roster)
	if ExitCode(err) != run.ExitUnavailable || len(n.org.log) > 0 || s.Final {
		t.Fatalf("%v, sent %v", err, n.org.log)
	}
	if was, err := run.Unpause(n.home, "fake"); !was || err != nil {
		t.Fatal(was, err)
	}
	if s, err = Carry(context.Background(), o, s.Run); err != nil || s.Exit != 0 {
		t.Errorf("%v, %+v", err, s)
	}
}

func TestADeliveryThatIsNoRosterHasARunAndASummary(t *testing.T) {
	n := newNight(t)
	o := n.options(n.org)
	o.fill()
	into, err := run.Create(context.Background(), n.home, o.queue(""), nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Into, o.Source, o.Delivery = into, "hr", &results.Delivery{Name: "a.pdf.csv"}
	s, err := Refuse(context.Background(), o, run.Stopf(run.ExitUsage, run.Hint{}, "it is a PDF document"))
	if err != nil || s.Exit != run.ExitUsage || s.Refused != "it is a PDF document" || filepath.Base(s.Files.Summary) != "a.pdf."+s.Run+".summary.json" {
		t.Fatalf("%v, %+v", err, s)
	}
	if _, err := os.Stat(s.Files.Summary); err != nil {
		t.Error(err)
	}
	if _, err := Carry(context.Background(), o, s.Run); ExitCode(err) != run.ExitNothing {
		t.Errorf("it was resumed: %v", err)
	}
	if _, started, err := run.Retake(context.Background(), n.home, s.Run, o.queue(""), nil); !started || err != nil {
		t.Errorf("a run that has begun begins again: %v, %v", started, err)
	}
}
