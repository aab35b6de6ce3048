package loader

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rosterload/loader/evidence"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// checkEvidence: whatever was cut short, the ledger holds in the end, and so does all that lies beside the roster.
func (n *night) checkEvidence(t *testing.T, s *results.Summary) {
	t.Helper()
	checked, err := evidence.Check(n.home, evidence.CheckOptions{})
	if err != nil || len(checked.Faults) > 0 {
		t.Errorf("the ledger: %q, %v", checked.Faults, err)
	}
	for _, path := range []string{s.Files.Results, s.Files.Summary, n.roster} {
		p, err := evidence.Verify(path, evidence.VerifyOptions{Home: n.home})
		if err != nil || p.Exit != 0 {
			t.Errorf("%s: %v, %+v", path, err, p)
		}
	}
}

// A process that dies when its results count and are not beside the roster yet leaves an open run; a resume publishes that very revision.
func TestAResumePublishesWhatCountsAlready(t *testing.T) {
	n := newNight(t)
	first := n.options(n.org)
	first.Trip = func(write string, done bool) error {
		if write == "journal: results" && done || write == "journal: published" {
			return errPulled
		}
		return nil
	}
	if _, err := Load(context.Background(), first, n.roster); !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	if beside, _ := filepath.Glob(n.roster[:len(n.roster)-4] + ".*"); len(beside) != 1 {
		t.Errorf("beside the roster lie already: %q", beside)
	}
	runs, _, err := run.List(n.home)
	if err != nil || len(runs) != 1 || runs[0].Over || !runs[0].Last.Final {
		t.Fatalf("%+v, %v", runs, err)
	}
	s, err := Carry(context.Background(), n.options(n.org), runs[0].ID)
	if err != nil || s.Revision != 1 || !s.Final {
		t.Fatalf("%+v, %v", s, err)
	}
	n.checkEvidence(t, s)
	var stop *run.Stop
	if _, err := Carry(context.Background(), n.options(n.org), runs[0].ID); !errors.As(err, &stop) || stop.Code != run.ExitNothing {
		t.Errorf("a run that is published is over: %v", err)
	}
}

func TestReasonsAreKeptOneBesideTheOther(t *testing.T) {
	n := newNight(t)
	o := n.options(n.org)
	o.Reason, o.Ticket, o.By = "quarterly review", "HR-17", "anna@host"
	if _, err := Plan(context.Background(), o, n.roster); err != nil {
		t.Fatal(err)
	}
	runs, _, _ := run.List(n.home)
	o.Reason, o.Ticket, o.By = "approved by mail", "", "ben@host"
	s, err := Carry(context.Background(), o, runs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	var said [][3]string
	for _, g := range s.Given {
		said = append(said, [3]string{g.By, g.Reason, g.Ticket})
	}
	if len(said) != 2 || said[0] != [3]string{"anna@host", "quarterly review", "HR-17"} || said[1] != [3]string{"ben@host", "approved by mail", ""} || s.Reason != "quarterly review" {
		t.Errorf("%+v, reason %q", said, s.Reason)
	}
	n.checkEvidence(t, s)
}

func TestUnchangedResultsMakeNoRevision(t *testing.T) {
	n := newNight(t)
	s := n.untilOver(t, n.options(n.org), n.options(n.org))
	before, err := os.ReadFile(s.Files.Summary)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{s.Files.Results, s.Files.Summary} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Results(context.Background(), n.options(n.org), s.Run)
	if err != nil || again.Revision != s.Revision {
		t.Fatalf("revision %d, %v", again.Revision, err)
	}
	if after, _ := os.ReadFile(s.Files.Summary); string(after) != string(before) {
		t.Error("the summary is another one")
	}
	n.checkEvidence(t, s)
}

func TestALedgerThatDoesNotHoldStopsARunBeforeAnythingIsSent(t *testing.T) {
	n := newNight(t)
	n.untilOver(t, n.options(n.org), n.options(n.org))
	path := filepath.Join(n.home, evidence.LedgerFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, text...), 0o600); err != nil {
		t.Fatal(err)
	}
	sent := len(n.org.log)
	var stop *run.Stop
	if _, err := Load(context.Background(), n.options(n.org), n.roster); !errors.As(err, &stop) || stop.Code != run.ExitUnproved {
		t.Errorf("%v", err)
	}
	if len(n.org.log) != sent {
		t.Error("something was sent")
	}
}

// An undo that is cut short at any write ends as an undisturbed one: users who were changed meanwhile are left alone by its resume, too.
func TestAnUndoMayBeCutShortAnywhere(t *testing.T) {
	for kill := 1; ; kill += 4 {
		n := newNight(t)
		loaded := n.untilOver(t, n.options(n.org), n.options(n.org))
		held := map[string]string{}
		for row, err := range results.Read(loaded.Files.Results) {
			if err != nil {
				t.Fatal(err)
			}
			if row.Result == "Updated" || row.Result == "Removed" {
				held[row.RecordID] = row.Before
			}
		}
		if len(held) < 4 {
			t.Fatalf("only %d users were changed", len(held))
		}
		o := n.options(n.org)
		o.Flags.Results, o.Reason = t.TempDir(), "wrong file"
		writes := 0
		o.Trip = func(string, bool) error {
			if writes++; writes >= kill {
				return errPulled
			}
			return nil
		}
		s, err := Undo(context.Background(), o, loaded.Run, nil, false)
		whole := err == nil
		for o.Trip = nil; err != nil || !s.Final; {
			runs, _, _ := run.List(n.home)
			if last := runs[len(runs)-1]; last.ID == loaded.Run {
				s, err = Undo(context.Background(), o, loaded.Run, nil, false)
			} else if last.Over {
				s, err = last.Summary()
			} else {
				s, err = Carry(context.Background(), o, last.ID)
			}
			if err != nil {
				t.Fatalf("kill %d: %v", kill, err)
			}
		}
		for id, group := range held {
			if is := n.org.users[id].Group; is != group {
				t.Fatalf("kill %d: %s holds %q, held %q before: %+v", kill, id, is, group, told(t, s.Files.Results))
			}
		}
		if s.Undoes != loaded.Run || s.Reason != "wrong file" {
			t.Fatalf("kill %d: %+v", kill, s)
		}
		if whole {
			return
		}
	}
}

// The check names each file of a run's folder that was changed, whoever wrote it and whatever it holds.
func TestTheCheckNamesEachFileOfARunThatWasChanged(t *testing.T) {
	n := newNight(t)
	s, err := Load(context.Background(), n.options(n.org), n.roster)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(s.Files.Run)
	if err != nil || len(entries) < 8 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		path := filepath.Join(s.Files.Run, e.Name())
		whole, err := os.ReadFile(path)
		if err != nil || len(whole) == 0 {
			continue // the lock
		}
		bad := bytes.Clone(whole)
		bad[len(bad)/3] ^= 1
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		checked, err := evidence.Check(n.home, evidence.CheckOptions{})
		if err != nil || !strings.Contains(strings.Join(checked.Faults, "\n"), strings.TrimSuffix(strings.TrimSuffix(e.Name(), ".sig"), ".jsonl")) {
			t.Errorf("%s: %q, %v", e.Name(), checked.Faults, err)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n.checkEvidence(t, s)
}
