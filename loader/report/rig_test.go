package report

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/plan"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/transform"
	"rosterload/validate"
)

// The roster of these tests: a line for each way that a line can go.
const (
	rowMove     = 1 // ann, who holds Alpha, to Beta
	rowRemove   = 2 // bob, who holds Alpha
	rowWaits    = 3 // cat's request was on its way before the run
	rowAlready  = 4
	rowNobody   = 5
	rowNoUser   = 6
	rowRetry    = 7 // eve's removal is stored, and failed
	rowSkipped  = 8
	rosterLines = "Username,Group,Note\nann,Beta,\"a, \"\"note\"\"\"\nbob,,\ncat,wait,\ndan,already,\nnobody,Beta,\n,Beta,\neve,retry,\nfay,skip,\n"
)

var spelling = validate.Spelling{
	Users:  []validate.UserColumn{{By: "Username", Headings: []string{"Username"}, Key: validate.FoldKey}},
	Values: []string{"Group"}, Nothing: []string{"#N/A"}, Blank: validate.Remove,
}

type rig struct {
	t      testing.TB
	w      *run.Writer
	c      *changes.Changes
	report *Report
	now    time.Time
	newer  map[string]string
	evidence
}

// evidence counts what is read, sealed and published, and keeps what was listed last.
type evidence struct {
	read              []string // since the last Seal
	sealed, published int
	pieces            []run.Piece
	fails             error // instead of sealing
	loses             error // behind a reading that went well
}

func (e *evidence) Reading(name, _ string, rows int, prove func(results.Each) error) error {
	records := -1 // without the heading
	err := prove(func([][]byte, []byte, int64) { records++ })
	if err == nil && records != rows {
		err = fmt.Errorf("%s has %d rows, %d were handed on", name, rows, records)
	}
	if err == nil {
		err = e.loses
	}
	if err == nil {
		e.read = append(e.read, name)
	}
	return err
}

func (e *evidence) Seal(_ *results.Summary, pieces []run.Piece) (string, error) {
	if e.fails != nil {
		return "", e.fails
	}
	for _, p := range pieces {
		if rows := strings.HasPrefix(p.Name, "results-") || strings.HasPrefix(p.Name, "absent-"); rows && !slices.Contains(e.read, p.Name) {
			return "", fmt.Errorf("%s is to be sealed, and was not read", p.Name)
		}
	}
	e.sealed, e.pieces, e.read = e.sealed+1, pieces, nil
	return "manifest", nil
}

func (e *evidence) Publish(*results.Summary) error {
	e.published++
	return nil
}

// newRig begins a run of the roster and, unless it is cut short, plans it.
func newRig(t testing.TB, cutShort bool) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC), newer: map[string]string{}}
	place := t.TempDir()
	var err error
	r.w, err = run.Create(context.Background(), filepath.Join(place, "home"), run.Queue{Now: r.time}, nil)
	r.ok(err)
	t.Cleanup(r.w.Close)
	path := r.w.Run.Path(run.RosterFile)
	r.ok(spool.WriteFile(path, 0o600, []byte(rosterLines)))
	sha, err := spool.Digest(path)
	r.ok(err)
	r.ok(r.w.Begin(journal.Event{Target: "prod", Kind: "small", OrgID: "org1"}, &run.Seal{Roster: "nightly.csv", Place: place, Mode: 0o640, SHA256: sha, Verb: "load"}))
	roster, err := validate.Open(path, spelling, validate.Options{})
	r.ok(err)
	t.Cleanup(func() { _ = roster.Close() })
	r.report = &Report{
		Writer: r.w, Policy: small{}, Connector: &connector.Connector{RetryCodes: []string{"RETRY", "NO_LICENCES"}, Spelling: spelling}, Roster: roster, By: "svc on host", Version: "v0",
		Evidence: &r.evidence, Earlier: &plan.History{}, Newer: func(user string) string { return r.newer[user] }, Code: "RUN_INTERRUPTED", Command: run.Command, Now: r.time, Progress: func(int, int) {},
	}
	if !cutShort {
		r.plan(roster)
	}
	return r
}

func (r *rig) time() time.Time { return r.now }

func (r *rig) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

var limits = transform.Limits{Rows: 5, Bytes: 1 << 20, Headings: [2]string{"Id", "Value"}, Nothing: "#N/A"}

func (r *rig) plan(roster *validate.Roster) {
	screening, err := roster.Screen(func(int) {})
	r.ok(err)
	n := plan.NewSnapshot(screening)
	for _, name := range []string{"ann", "bob", "cat", "dan", "eve", "fay"} {
		s := transform.Standing{User: transform.User{By: "Username", Key: name}, ID: "id-" + name, Active: true, Request: "Alpha", Group: "Alpha", Status: "success"}
		r.ok(n.See(s))
	}
	r.ok(n.Join())
	p := &run.Planned{Rows: screening.Rows, Encoding: "UTF-8", Org: connector.Org{ID: "org1", Name: "Acme"}, As: "admin"}
	p.Batches, err = plan.Decide(plan.Options{
		Writer: r.w, Connector: r.report.Connector, Limits: limits, Earlier: &plan.History{}, Progress: func(int, int) {},
	}, p, plan.NewRequests(roster, screening), n, small{})
	r.ok(err)
	r.ok(r.w.NoteData(journal.Event{What: journal.Planned}, p))
	r.open()
}

func (r *rig) open() {
	r.w.Run.SetLimits(func(transform.Job) transform.Limits { return limits })
	var err error
	r.c, err = changes.Open(r.w.Run)
	r.ok(err)
	r.report.Changes = r.c
}

func (r *rig) note(b *run.Batch, what string) {
	r.ok(r.w.NoteBatch(b, what, journal.Event{Receipt: map[bool]string{true: "job7"}[what == journal.Receipt]}))
}

// sent sends a job's batch, keeps what the org said of it, and ends it where that is all.
func (r *rig) sent(job transform.Job, said ...connector.Outcome) {
	b := r.w.Run.Batch(job, 1)
	r.note(b, journal.Submitting)
	r.note(b, journal.Receipt)
	r.note(b, journal.Sent)
	r.c.MarkSent(b)
	if len(said) == 0 {
		return
	}
	r.ok(r.c.Answer(b, said))
	sealed, err := r.c.SealOutcomes(b)
	r.ok(err)
	r.ok(r.w.NoteBatch(b, journal.Outcomes, journal.Event{File: sealed.File, SHA256: sealed.SHA256}))
}

// looked shows a user as it stands now; without a request the org does not show it any more.
func (r *rig) looked(name string, now *transform.Standing) {
	i, ok := r.c.Find("id-" + name)
	if !ok {
		r.t.Fatal("no entry for ", name)
	}
	r.c.BeginLook([]int32{i})
	if now != nil {
		now.ID, now.Active = "id-"+name, true
		r.ok(r.c.See(*now))
	}
	r.c.EndLook([]int32{i})
}

func holds(group string) *transform.Standing {
	return &transform.Standing{Request: group, Group: group, Status: "success"}
}

// all lets everything go well.
func (r *rig) all() {
	r.sent(transform.Removals, outcome("bob", connector.Accepted))
	r.sent(transform.Upserts, outcome("ann", connector.Accepted))
	r.looked("bob", holds(""))
	r.looked("ann", holds("Beta"))
	r.looked("cat", holds("wait"))
}

func outcome(name string, state connector.State) connector.Outcome {
	return connector.Outcome{User: "id-" + name, State: state}
}

func (r *rig) write() *results.Summary {
	r.t.Helper()
	s, err := r.tryWrite()
	r.ok(err)
	return s
}

// tryWrite reads the changes again behind a writing, which has let go of them, as each process does.
func (r *rig) tryWrite() (*results.Summary, error) {
	s, err := r.report.Write()
	if r.report.Changes != nil && r.c.Len() == 0 {
		if c, err := changes.Open(r.w.Run); err == nil { // not where a test has altered its files
			r.c, r.report.Changes = c, c
		}
	}
	return s, err
}

// row is a row of the results as they were written.
func (r *rig) row(s *results.Summary, number int) results.Row {
	r.t.Helper()
	for row, err := range results.Read(s.Files.Results) {
		r.ok(err)
		if row.Row == number {
			return row
		}
	}
	r.t.Fatal("no row ", number)
	return results.Row{}
}

// lines are those of a file, its header first; none where there is no file.
func (r *rig) lines(path string) []string {
	r.t.Helper()
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	r.ok(err)
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// small is a policy of a few words: a value is asked for, or is one of the words that a line may say.
type small struct{}

func (small) Decide(q validate.Request, s transform.Standing) transform.Decision {
	value := string(q.Value())
	d := transform.Decision{Change: transform.Change{User: s.ID, Value: value}}
	words := map[string]transform.Verdict{
		"already": {Word: transform.Unchanged}, "skip": {Word: transform.Skipped, Code: "SKIP"}, "wait": {Word: transform.Pending, Code: "WAIT", Next: transform.Wait},
		"retry": {Word: transform.Failed, Code: "RETRY", Reason: "it failed", Next: transform.Retry},
	}
	switch v, answered := words[value]; {
	case !s.Found():
		d.Verdict = transform.Verdict{Word: transform.Failed, Code: "USER_NOT_FOUND", Next: transform.ChangeKey}
	case answered:
		d.Verdict = v
	case q.Removal():
		d.Job = transform.Removals
	default:
		d.Job, d.Verdict.Reason = transform.Upserts, "a note"
	}
	return d
}

func (small) Judge(c transform.Change, _, after transform.Standing) (transform.Verdict, bool) {
	switch {
	case !after.Found() || after.Request != c.Value:
		return transform.Verdict{Word: transform.Failed, Code: transform.CodeChanged, Next: transform.FixAndLoad}, true
	case after.Status == "sent":
		return transform.Verdict{Word: transform.Pending, Code: "WAIT", Next: transform.Wait}, false
	case after.Group != c.Value:
		return transform.Verdict{Word: transform.Failed, Code: "NO_LICENCES", Next: transform.FreeLicences}, true
	case c.Value == "":
		return transform.Verdict{Word: transform.Removed}, true
	}
	return transform.Verdict{Word: transform.Updated}, true
}

func (small) AsAsked(c transform.Change, now transform.Standing) bool { return now.Request == c.Value }
func (small) Shown(c transform.Change) string                         { return c.Value }
func (small) Action(c transform.Change, _ transform.Standing) transform.Action {
	return map[bool]transform.Action{true: transform.Remove, false: transform.Move}[c.Value == ""]
}
func (small) Holders() int { return -1 }
