package plan

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

var stuck = &connector.Connector{Stuck: "ask the vendor", RetryCodes: []string{"RETRY"}}

var spelling = validate.Spelling{
	Users:  []validate.UserColumn{{By: "Username", Headings: []string{"Username"}, Key: validate.FoldKey}},
	Values: []string{"Group"}, Nothing: []string{"#N/A"}, Blank: validate.Remove,
}

// rig is a roster, screened, and a run that has begun.
type rig struct {
	t         testing.TB
	roster    *validate.Roster
	screening *validate.Screening
	w         *run.Writer
	limits    transform.Limits
	trip      run.Trip
}

func newRig(t testing.TB, lines ...string) *rig {
	t.Helper()
	r := &rig{t: t, limits: transform.Limits{Rows: 3, Bytes: 1 << 20, Headings: [2]string{"Id", "Value"}, Nothing: "#N/A"}}
	home := t.TempDir()
	path := filepath.Join(home, "roster.csv")
	r.ok(os.WriteFile(path, []byte("Username,Group\n"+strings.Join(lines, "\n")+"\n"), 0o600))
	var err error
	r.roster, err = validate.Open(path, spelling, validate.Options{})
	r.ok(err)
	t.Cleanup(func() { _ = r.roster.Close() })
	r.screening, err = r.roster.Screen(func(int) {})
	r.ok(err)
	trip := func(write string, done bool) error {
		if r.trip == nil {
			return nil
		}
		return r.trip(write, done)
	}
	r.w, err = run.Create(context.Background(), home, run.Queue{Now: time.Now}, trip)
	r.ok(err)
	t.Cleanup(r.w.Close)
	r.ok(r.w.Begin(journal.Event{Target: "prod"}, &run.Seal{Verb: "load"}))
	return r
}

func (r *rig) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// snapshot sees these standings; a standing's key is that of its user.
func (r *rig) snapshot(all ...transform.Standing) *Snapshot {
	n := NewSnapshot(r.screening)
	for _, s := range all {
		r.ok(n.See(s))
	}
	r.ok(n.Join())
	return n
}

func holding(key, id, group string) transform.Standing {
	return transform.Standing{User: transform.User{By: "Username", Key: key}, ID: id, Active: true, Request: group, Group: group, Status: "ok"}
}

func (r *rig) decide(n *Snapshot, p transform.Policy) (*run.Planned, []run.SealedBatch, error) {
	planned := &run.Planned{Rows: r.screening.Rows}
	batches, err := Decide(Options{
		Writer: r.w, Connector: stuck, Limits: r.limits, Earlier: &History{}, Progress: func(int, int) {},
	}, planned, NewRequests(r.roster, r.screening), n, p)
	return planned, batches, err
}

// rows reads a table of the run by row.
func (r *rig) rows(name string) map[int][]string {
	r.t.Helper()
	t, err := run.OpenTable(r.w.Run.Path(name))
	r.ok(err)
	defer t.Close()
	rows := map[int][]string{}
	for t.Rec != nil {
		rows[t.Row] = append([]string{}, t.Rec...)
		r.ok(t.Next())
	}
	return rows
}

// changes reads the sealed batches of a job.
func (r *rig) changes(batches []run.SealedBatch, job transform.Job) (all []transform.SealedChange) {
	r.t.Helper()
	for _, b := range batches {
		if b.Job != job {
			continue
		}
		for c, err := range (transform.Batch{Path: r.w.Run.Path(b.File), Limits: r.limits}).Changes() {
			r.ok(err)
			all = append(all, c)
		}
	}
	return all
}

// small is a policy as small as one can be. A value "already", "skip", "wait" or "retry" is answered; any other is a change.
type small struct {
	holders int
	extra   []transform.Standing
	seen    []string // what Forecast was told
}

func (p *small) Decide(r validate.Request, s transform.Standing) transform.Decision {
	value := string(r.Value())
	d := transform.Decision{Change: transform.Change{User: s.ID, Value: value}, Verdict: transform.Verdict{Reason: "a note on " + s.ID}}
	words := map[string]transform.Verdict{
		"already": {Word: transform.Unchanged}, "skip": {Word: transform.Skipped, Code: "SKIP"}, "wait": {Word: transform.Pending, Code: "WAIT", Reason: "it is on its way", Next: transform.Wait},
		"retry": {Word: transform.Failed, Code: "RETRY", Next: transform.Retry},
	}
	v, answered := words[value]
	switch {
	case !s.Found():
		d.Verdict = transform.Verdict{Word: transform.Failed, Code: fmt.Sprintf("NOT_FOUND_%d", s.Others)}
	case answered:
		d.Verdict = v
	case r.Removal() && s.Request == "":
		d.Verdict = words["retry"]
	case r.Removal():
		d.Job = transform.Removals
	default:
		d.Job, d.Own = transform.Upserts, "own "+value
	}
	return d
}

func (p *small) Judge(transform.Change, transform.Standing, transform.Standing) (transform.Verdict, bool) {
	return transform.Verdict{}, true
}
func (p *small) AsAsked(transform.Change, transform.Standing) bool { return false }
func (p *small) Shown(c transform.Change) string                   { return c.Value }
func (p *small) Action(transform.Change, transform.Standing) transform.Action {
	return transform.Move
}
func (p *small) Holders() int                { return p.holders }
func (p *small) Extra() []transform.Standing { return p.extra }
