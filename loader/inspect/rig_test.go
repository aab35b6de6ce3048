package inspect

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/plan"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/transform"
	"rosterload/validate"
)

var spelling = validate.Spelling{
	Users:  []validate.UserColumn{{By: "Username", Headings: []string{"Username"}, Key: validate.FoldKey}},
	Values: []string{"Group"}, Nothing: []string{"#N/A"}, Blank: validate.Remove,
}

// seen is an org that answers from what a test puts into it. Any call that writes fails the test by a nil dereference.
type seen struct {
	connector.Target
	findings []connector.Finding
	asked    []string // keys of the users that Ready was given
	known    map[string]transform.Standing
	members  []connector.Member
	compared []connector.Compared
	err      error // of Look, Members and Reconcile
}

func (o *seen) Org(context.Context) (connector.Org, error) { return connector.Org{ID: "org1"}, nil }

func (o *seen) Ready(_ context.Context, users iter.Seq[transform.User], found func(connector.Finding) error) error {
	if users != nil {
		for u := range users {
			o.asked = append(o.asked, u.Key)
		}
	}
	for _, f := range o.findings {
		if err := found(f); err != nil {
			return err
		}
	}
	return nil
}

func (o *seen) Look(_ context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) (transform.Policy, error) {
	for u := range users {
		s, ok := o.known[u.Key]
		if !ok {
			continue
		}
		s.User = u
		if err := found(s); err != nil {
			return nil, err
		}
	}
	return unknown{}, o.err
}

// unknown is a policy that fails users that the org does not know, and changes all others.
type unknown struct{ transform.Policy }

func (unknown) Decide(_ validate.Request, s transform.Standing) transform.Decision {
	if s.Found() {
		return transform.Decision{Job: transform.Upserts}
	}
	return transform.Decision{Verdict: transform.Verdict{Word: transform.Failed, Code: "USER_NOT_FOUND", Reason: "no such user", Next: transform.FixAndLoad}}
}

// listing is an org that lists its users.
type listing struct{ *seen }

func (o listing) Members(_ context.Context, each func(connector.Member) error) error {
	for _, m := range o.members {
		if err := each(m); err != nil {
			return err
		}
	}
	return o.err
}

// telling is an org that counts its licences.
type telling struct {
	listing
	licences []connector.Licence
	broken   error
}

func (o telling) Licences(context.Context) ([]connector.Licence, error) { return o.licences, o.broken }

// ended gives a run its last results: a row with this word and code.
func ended(t *testing.T, home, id, row string) {
	t.Helper()
	w, err := run.Take(t.Context(), home, id, run.Queue{Now: time.Now}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	path := w.Run.RevisionPath(1)
	if err := os.WriteFile(path, []byte("row,key,action,result,reason_code,reason,fields,next_step,record_id,before,requested,after,"+
		"provisioning_status,job_id,attempts,settled_at,target,run_id\n1,dora,assign,"+row+",,,,,,,,,,1,,prod,"+id+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sha, err := spool.Digest(path)
	if err == nil {
		err = w.Note(journal.Event{What: journal.Results, Revision: 1, Final: true, File: "results-1.csv", SHA256: sha})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// exporting is an org whose product exports what it holds.
type exporting struct {
	*seen
	export   *[][]string
	requests *int
}

func (o exporting) Reconcile(_ context.Context, export [][]string, lines iter.Seq[validate.Request]) ([]connector.Compared, []connector.Seen, error) {
	*o.export = export
	for range lines {
		*o.requests++
	}
	return o.compared, nil, o.err
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func target(t *testing.T, org connector.Target) *Target {
	return &Target{
		Target: org, Name: "prod", Connector: &connector.Connector{Name: "fake", Spelling: spelling}, Home: t.TempDir(),
		Listed: func(int) {}, Now: func() time.Time { return noon },
		Roster: func(path string) (*validate.Roster, error) {
			return validate.Open(path, spelling, validate.Options{MayBeEmpty: true})
		},
	}
}

// file writes lines into a file of its own.
func file(t *testing.T, name string, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sent makes a run of this home that has sent a change for each of these users.
func sent(t *testing.T, home, org, roster string, users ...string) (id string, at time.Time) {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := run.Create(t.Context(), home, run.Queue{Now: time.Now}, nil)
	ok(err)
	defer w.Close()
	limits := transform.Limits{Rows: 9, Bytes: 1 << 20, Headings: [2]string{"Id", "Value"}, Nothing: "#N/A"}
	ok(w.Begin(journal.Event{Target: "prod", OrgID: org}, &run.Seal{Verb: "load", Roster: roster}))
	sealer := plan.NewSealer(w, transform.Upserts, limits)
	for _, user := range users {
		ok(sealer.Add(transform.SealedChange{Change: transform.Change{User: user, Value: "Alpha"}}))
	}
	batches, err := sealer.Finish()
	ok(err)
	planned := &run.Planned{Rows: len(users), Upserts: len(users), Batches: batches, Org: connector.Org{ID: org}}
	ok(w.NoteData(journal.Event{What: journal.Planned, Rows: len(users)}, planned))
	ok(w.NoteBatch(w.Run.Batches[0], journal.Submitting, journal.Event{}))
	return w.Run.ID, w.Run.Batches[0].Began
}
