package undo

import (
	"os"
	"path/filepath"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/run"
	"rosterload/validate"
)

func TestTheRosterOfAnUndoAsksForWhatWasHeldBefore(t *testing.T) {
	undone, err := changed(t).open()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		only []int
		want string
		code int
	}{
		{"of a whole run", nil, "User Id,Group,undone_row,undone_key\nid1,Alpha \t,1,id1@acme.example\nid2,Alpha,2,id2@acme.example\n" +
			"id3,#N/A,3,id3@acme.example\nid4,Alpha,4,id4@acme.example\nid7,Beta,7,id7@acme.example\n", 0},
		{"of two rows", []int{3, 2}, "User Id,Group,undone_row,undone_key\nid2,Alpha,2,id2@acme.example\nid3,#N/A,3,id3@acme.example\n", 0},
		{"of a row of no line", []int{7}, "User Id,Group,undone_row,undone_key\nid7,Beta,7,id7@acme.example\n", 0},
		{"of a row of no line that was not changed", []int{8}, "", run.ExitUsage},
		{"of a row that was not changed", []int{2, 5}, "", run.ExitUsage},
		{"of a row that the org refused", []int{6}, "", run.ExitUsage},
		{"of no row", []int{}, "", run.ExitNothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "undo.csv")
			if err := WriteRoster(path, undone, fake.Spelling, c.only); c.code != 0 {
				if code(err) != c.code {
					t.Error(err)
				}
				return
			} else if err != nil {
				t.Fatal(err)
			}
			if text, err := os.ReadFile(path); err != nil || string(text) != c.want {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
}

func TestRunsThatCannotBeUndone(t *testing.T) {
	planned := func(r *rig) { r.ok(r.w.NoteData(journal.Event{What: journal.Planned}, &run.Planned{})) }
	over := func(r *rig, code int) {
		r.ok(r.w.NoteData(journal.Event{What: journal.Results, Revision: 1, Exit: code, Final: true}, run.Written{}))
	}
	nameless := fake
	nameless.Spelling.Users = fake.Spelling.Users[:1]
	other := fake
	other.Name = "other"
	for _, c := range []struct {
		name string
		tell func(r *rig)
		kind *connector.Connector
		code int
	}{
		{"a run that is open", planned, &fake, run.ExitUsage},
		{"a run that was pruned", func(r *rig) { planned(r); over(r, 0); r.ok(r.w.Note(journal.Event{What: journal.Pruned})) }, &fake, run.ExitUsage},
		{"a run without a plan", func(r *rig) { over(r, 0) }, &fake, run.ExitNothing},
		{"a run of rosters without record ids", func(r *rig) { planned(r); over(r, 0) }, &nameless, run.ExitUsage},
		{"a run of another kind", func(r *rig) { planned(r); over(r, 0) }, &other, run.ExitUsage},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := begun(t)
			c.tell(r)
			r.w.Close()
			if _, err := Open(r.home, r.w.Run.ID, "prod", c.kind); code(err) != c.code {
				t.Error(err)
			}
		})
	}
	if _, err := Open(t.TempDir(), "20261123T021500Z-4f7c", "prod", &fake); err == nil {
		t.Error("a run that is not there")
	}
}

func TestResultsAndStandingsThatWereChangedAreNotUndone(t *testing.T) {
	for _, file := range []string{"results-1.csv", run.BeforeFile} {
		r := changed(t)
		if err := os.WriteFile(r.w.Run.Path(file), []byte("row\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := r.open(); code(err) != run.ExitUnproved {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestAbsentUsersThatWereChangedAreNotUndone(t *testing.T) {
	r := changed(t)
	undone, err := r.open()
	r.ok(err)
	r.ok(os.WriteFile(undone.AbsentPath(1), []byte("row\n"), 0o600))
	if err := WriteRoster(filepath.Join(t.TempDir(), "undo.csv"), undone, fake.Spelling, nil); code(err) != run.ExitUnproved {
		t.Error(err)
	}
}

func TestARosterOfAnUndoIsReadByItsOwnHeadings(t *testing.T) {
	f := Flags(run.Flags{User: "Mail", Blank: validate.Reject, Suffix: ".test", MaxRemovals: "5%"}, fake.Spelling)
	if f.User != "User Id" || f.Group != "Group" || f.Blank != "" || f.NA != validate.Remove || f.Suffix != "" || f.Results != "." || f.MaxRemovals != "5%" {
		t.Errorf("%+v", f)
	}
	if f := Flags(run.Flags{Results: "out"}, fake.Spelling); f.Results != "out" {
		t.Errorf("%+v", f)
	}
}
