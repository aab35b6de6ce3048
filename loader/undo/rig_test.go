package undo

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/gocarina/gocsv"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

var fake = connector.Connector{Name: "fake", Spelling: validate.Spelling{
	Users: []validate.UserColumn{
		{By: "Username", Headings: []string{"Username"}, Key: validate.FoldKey}, {By: "Id", Headings: []string{"User Id"}, Key: validate.TextKey},
	},
	Values: []string{"Group"}, Nothing: []string{"#N/A"}, Blank: validate.Remove,
}}

// rig is a run that is being told.
type rig struct {
	t    *testing.T
	home string
	w    *run.Writer
}

func (r *rig) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func begun(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, home: t.TempDir()}
	var err error
	r.w, err = run.Create(t.Context(), r.home, run.Queue{Now: time.Now}, nil)
	r.ok(err)
	t.Cleanup(r.w.Close)
	r.ok(r.w.Begin(journal.Event{Target: "prod", Kind: "fake", OrgID: "org1"}, &run.Seal{Verb: "load", Roster: "in.csv"}))
	return r
}

// changed is a run that has removed 1, moved 2, given 3 a group that is on its way, archived 4 and left 5 and 6 as they were.
func changed(t *testing.T) *rig {
	r := begun(t)
	p := &run.Planned{Rows: 6}
	p.Files = []run.Sealed{r.table(run.BeforeFile, run.StandingHeader,
		standing(1, "Alpha \t"), standing(2, "Alpha"), standing(3, ""), standing(4, "Alpha"), standing(5, "Alpha"), standing(6, "Beta"))}
	for job, lines := range map[transform.Job][][]string{
		transform.Removals: {{"id1", "#N/A"}, {"id4", "#N/A"}}, transform.Upserts: {{"id2", "Beta"}, {"id3", "Beta"}, {"id6", "Alpha"}},
	} {
		f := r.table(transform.Batch{Job: job, Number: 1}.Name()+".csv", []string{"Id", "Value"}, lines...)
		p.Batches = append(p.Batches, run.SealedBatch{Job: job, Number: 1, Rows: len(lines), File: f.File, SHA256: f.SHA256})
	}
	r.ok(r.w.NoteData(journal.Event{What: journal.Planned, Rows: 6}, p))
	row := func(n int, word transform.Word, action transform.Action, attempts int) results.Row {
		return results.Row{
			Row: n, Key: standing(n, "")[1] + "@acme.example", Result: string(word), Action: string(action), Attempts: attempts,
			RecordID: "spelled for people", Before: "spelled for people",
		}
	}
	data, err := gocsv.MarshalBytes([]results.Row{
		row(1, transform.Removed, transform.Remove, 1), row(2, transform.Updated, transform.Move, 2), row(3, transform.Pending, transform.Assign, 1),
		row(4, transform.Removed, transform.Archive, 1), row(5, transform.Unchanged, transform.NoAction, 0), row(6, transform.Failed, transform.Move, 1),
	})
	r.ok(err)
	path := r.w.Run.RevisionPath(1)
	r.ok(os.WriteFile(path, data, 0o600))
	sum := sha256.Sum256(data)
	end := journal.Event{What: journal.Results, File: run.FileName(path), SHA256: hex.EncodeToString(sum[:]), Revision: 1, Final: true}
	r.ok(r.w.NoteData(end, run.Written{}))
	r.w.Close()
	return r
}

func standing(row int, group string) []string {
	return run.StandingCells(row, transform.Standing{ID: "id" + string(rune('0'+row)), Active: true, Request: group, Group: group}, "")
}

func (r *rig) table(name string, header []string, lines ...[]string) run.Sealed {
	r.t.Helper()
	out, err := r.w.NewTable(name, header...)
	r.ok(err)
	for _, cells := range lines {
		r.ok(out.Write(cells...))
	}
	sealed, _, err := out.Seal()
	r.ok(err)
	return sealed
}

func (r *rig) open() (*run.Run, error) { return Open(r.home, r.w.Run.ID, "prod", &fake) }

// code is the exit code of a refusal.
func code(err error) int {
	var stop *run.Stop
	if !errors.As(err, &stop) {
		return -1
	}
	return stop.Code
}
