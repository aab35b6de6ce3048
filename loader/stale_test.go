package loader

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"rosterload/loader/run"
)

// interrupted loads by a source and ends when the removals have settled, before an upsert leaves.
func interrupted(t *testing.T, n *night, source string) *run.Run {
	t.Helper()
	o := n.options(n.org)
	o.Source = source
	o.Trip = func(write string, _ bool) error {
		if write == "journal: settled" {
			return errPulled
		}
		return nil
	}
	if _, err := Load(context.Background(), o, n.roster); !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	runs, _, err := run.List(n.home)
	if err != nil {
		t.Fatal(err)
	}
	return runs[len(runs)-1]
}

// another is a roster of one source that moves a few users of the night.
func (n *night) another(t *testing.T, group string, users ...int) string {
	t.Helper()
	text := "Username,Group\n"
	for _, u := range users {
		text += fmt.Sprintf("user%04d@acme.example,%s\n", u, group)
	}
	path := n.roster + ".another.csv"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBetweenSourcesUsersAreSupersededNotRuns(t *testing.T) {
	n := newNight(t)
	older := interrupted(t, n, "hr")
	o := n.options(n.org)
	o.Source = "crm"
	if _, err := Load(context.Background(), o, n.another(t, "Gamma", 1, 2)); err != nil {
		t.Fatal(err)
	}
	s, err := Carry(context.Background(), n.options(n.org), older.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []int{2, 3} {
		r := rowOf(t, s, row)
		if r.Result != "Not attempted" || r.ReasonCode != "RUN_SUPERSEDED" || r.NextStep != "ask-admin" || r.Attempts != 0 {
			t.Errorf("a row that the newer source has changed: %+v", r)
		}
	}
	if r := rowOf(t, s, 4); r.ReasonCode == "RUN_SUPERSEDED" {
		t.Errorf("a row that the newer source has not touched: %+v", r)
	}
	if r := rowOf(t, s, 5); r.Result != "Updated" {
		t.Errorf("a row that the newer source has not touched: %+v", r)
	}
	if n.org.users["id0001"].Request != "Gamma" || n.org.applied["id0001"] != 1 {
		t.Errorf("the late order was carried out: %+v", n.org.users["id0001"])
	}
	if s.Files.Failed != "" {
		if text, _ := os.ReadFile(s.Files.Failed); strings.Contains(string(text), "RUN_SUPERSEDED") {
			t.Error("an old request stands in failed.csv, to be loaded again")
		}
	}
}

func TestARunIsSupersededOnlyByOneThatHasSentSomething(t *testing.T) {
	for _, c := range []struct {
		name       string
		source     string
		plans      bool
		superseded bool
	}{
		{"the same source has sent something", "", false, true},
		{"the same source has only planned", "", true, false},
		{"another source has sent something for others", "crm", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNight(t)
			older := interrupted(t, n, "")
			o := n.options(n.org)
			o.Source = c.source
			does := Load
			if c.plans {
				does = Plan
			}
			if _, err := does(context.Background(), o, n.another(t, "Gamma", 3)); err != nil {
				t.Fatal(err)
			}
			s, err := Carry(context.Background(), n.options(n.org), older.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got := rowOf(t, s, 2).ReasonCode == "RUN_SUPERSEDED"; got != c.superseded {
				t.Errorf("superseded %v, want %v: %s", got, c.superseded, s.Line())
			}
		})
	}
}

// A job that has not begun in the org when a newer run comes is aborted; the older run takes its rows for unsent, not for failed.
func TestAnUnbegunJobOfAnOlderRunIsAborted(t *testing.T) {
	for _, c := range []struct {
		name    string
		source  string
		users   []int
		aborted bool
	}{
		{"of the same source", "", []int{3}, true},
		{"of another source, with a user in common", "crm", []int{0}, true},
		{"of another source, without users in common", "crm", []int{3}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNight(t)
			o := n.options(n.org)
			o.Trip = func(write string, done bool) error {
				if write == "journal: sent" && done {
					return errPulled // the removals are with the org, which has not begun
				}
				return nil
			}
			if _, err := Load(context.Background(), o, n.roster); !errors.Is(err, errPulled) {
				t.Fatal(err)
			}
			runs, _, _ := run.List(n.home)
			o = n.options(n.org)
			o.Source = c.source
			if _, err := Load(context.Background(), o, n.another(t, "Gamma", c.users...)); err != nil {
				t.Fatal(err)
			}
			all, _, _ := run.List(n.home)
			if got := len(all[1].Aborted) > 0; got != c.aborted {
				t.Errorf("aborted %v, want %v", got, c.aborted)
			}
			s, err := Carry(context.Background(), n.options(n.org), runs[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			for row := 1; row <= crashRows; row++ {
				if r := rowOf(t, s, row); r.ReasonCode == "SF_ABORTED" {
					t.Errorf("row %d failed by our own abort: %+v", row, r)
				}
			}
		})
	}
}

func TestALateOrderIsNotSentWhileANewerRunCannotBeRead(t *testing.T) {
	n := newNight(t)
	older := interrupted(t, n, "")
	if _, err := Load(context.Background(), n.options(n.org), n.another(t, "Gamma", 1)); err != nil {
		t.Fatal(err)
	}
	runs, _, _ := run.List(n.home)
	if err := os.WriteFile(runs[1].Path(run.JournalFile), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sent := len(n.org.log)
	_, err := Carry(context.Background(), n.options(n.org), older.ID)
	if ExitCode(err) != run.ExitUnproved || !strings.Contains(err.Error(), runs[1].ID) || len(n.org.log) != sent {
		t.Errorf("%v, %d sent", err, len(n.org.log)-sent)
	}
}
