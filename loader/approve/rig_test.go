package approve

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/evidence/sshsig"
	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

var spelling = validate.Spelling{
	Users:  []validate.UserColumn{{By: "Username", Headings: []string{"Username"}, Key: validate.FoldKey}},
	Values: []string{"Group"}, Nothing: []string{"#N/A"}, Blank: validate.Remove,
}

var (
	guard  = results.Hold{Code: run.HoldRemovals, Text: "2 removals are too many", Found: "2", Limit: "1"}
	second = results.Hold{Code: run.HoldApproval, Text: "a second person must approve", Found: "4", Limit: "3"}
	rows   = results.Hold{Code: run.HoldRows, Text: "the file has 4 rows, and 9 at least are expected"}
)

// rig is a run that is held, and the journal that an approval goes into.
type rig struct {
	*Case
	w   *run.Writer
	key sshsig.PrivateKey
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// held makes a run that would remove ada and eve, who is absent, give bob a group and move carl to another one.
func held(t *testing.T, holds ...results.Hold) *rig {
	t.Helper()
	home := t.TempDir()
	w, err := run.Create(t.Context(), home, run.Queue{Now: time.Now}, nil)
	must(t, err)
	t.Cleanup(w.Close)
	source := filepath.Join(home, "in.csv")
	text := "Username,Group\nada@acme.example,\nbob@acme.example,Beta\ncarl@acme.example,Beta\ndora@acme.example,Alpha\n"
	must(t, os.WriteFile(source, []byte(text), 0o600))
	sha, err := w.CopyRoster(source, 0)
	must(t, err)
	must(t, w.Begin(journal.Event{Target: "prod", OrgID: "org1"}, &run.Seal{Verb: "load", Roster: "in.csv", SHA256: sha, By: "first@host"}))
	planned := &run.Planned{Rows: 4, Removals: 2, Upserts: 2, Absent: 1, Holds: holds}
	planned.Files = []run.Sealed{
		table(t, w, run.BeforeFile, run.StandingHeader, standing(1, "ada", "Alpha"), standing(2, "bob", ""), standing(3, "carl", "Alpha"),
			standing(4, "dora", "Alpha"), standing(5, "eve", "Alpha")),
		table(t, w, run.VerdictsFile, run.VerdictHeader),
		table(t, w, run.AbsentFile, []string{"row", "key"}, []string{"5", "eve@acme.example"}),
	}
	for job, lines := range map[transform.Job][][]string{
		transform.Removals: {{"ada", "#N/A"}, {"eve", "#N/A"}}, transform.Upserts: {{"bob", "Beta"}, {"carl", "Beta"}},
	} {
		file := table(t, w, transform.Batch{Job: job, Number: 1}.Name()+".csv", []string{"Id", "Value"}, lines...)
		planned.Batches = append(planned.Batches, run.SealedBatch{Job: job, Number: 1, Rows: 2, File: file.File, SHA256: file.SHA256})
	}
	must(t, w.NoteData(journal.Event{What: journal.Planned, Rows: 4}, planned))
	w.Run.SetLimits(func(transform.Job) transform.Limits {
		return transform.Limits{Rows: 9, Bytes: 1 << 20, Headings: [2]string{"Id", "Value"}, Nothing: "#N/A"}
	})
	c := &Case{Run: w.Run, By: "second@host", Reason: "looked at the names", Ticket: "HR-7", Now: time.Now}
	c.Changes, err = changes.Open(w.Run)
	must(t, err)
	c.Roster, err = validate.Open(w.Run.Path(run.RosterFile), spelling, validate.Options{})
	must(t, err)
	t.Cleanup(func() { _ = c.Roster.Close() })
	key, err := sshsig.NewKey()
	must(t, err)
	return &rig{Case: c, w: w, key: key}
}

func standing(row int, id, group string) []string {
	return run.StandingCells(row, transform.Standing{ID: id, Active: true, Request: group, Group: group}, "")
}

func table(t *testing.T, w *run.Writer, name string, header []string, lines ...[]string) run.Sealed {
	t.Helper()
	out, err := w.NewTable(name, header...)
	must(t, err)
	for _, cells := range lines {
		must(t, out.Write(cells...))
	}
	sealed, _, err := out.Seal()
	must(t, err)
	return sealed
}

// allow writes the allowed signers; KEY stands for the public key.
func (r *rig) allow(signers string) {
	r.Signers = strings.ReplaceAll(signers, "KEY", r.key.Public().Line())
}

// keyFile is the private key on disk.
func (r *rig) keyFile(t *testing.T) string {
	t.Helper()
	private, err := r.key.Marshal("second")
	must(t, err)
	path := filepath.Join(t.TempDir(), "key")
	must(t, os.WriteFile(path, private, 0o600))
	return path
}

// code is the exit code of a refusal.
func code(err error) int {
	var stop *run.Stop
	if !errors.As(err, &stop) {
		return -1
	}
	return stop.Code
}
