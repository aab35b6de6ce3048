package changes

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/run"
	"rosterload/transform"
)

// rig is a run on disk with two batches of removals, one of upserts, and two users who are only watched, and what is known of it.
type rig struct {
	*Changes
	t    fataler
	home string
	w    *run.Writer
	now  time.Time
	org  map[*run.Batch][]connector.Outcome // all that it has said of a batch: asked once more, it says all of it
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

var limits = transform.Limits{Rows: 10, Bytes: 1 << 20, Headings: [2]string{"Id", "Value"}, Nothing: "#N/A"}

// users are user0 to user9: five removals, three upserts, one on its way before the run, one that only a retry can help.
func user(n int) string { return fmt.Sprintf("user%d", n) }

func newRig(t *testing.T) *rig { return rigIn(t, t.TempDir()) }

func rigIn(t fataler, home string) *rig {
	t.Helper()
	r := &rig{t: t, home: home, org: map[*run.Batch][]connector.Outcome{}, now: time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC)}
	var err error
	r.w, err = run.Create(context.Background(), home, run.Queue{Now: func() time.Time { return r.now }}, nil)
	r.ok(err)
	r.ok(r.w.Begin(journal.Event{Target: "prod", Kind: "fake", OrgID: "org1"}, &run.Seal{Verb: "load"}))
	p := &run.Planned{Rows: 10, Removals: 5, Upserts: 3}
	p.Files = append(p.Files, r.table(run.VerdictsFile, run.VerdictHeader, func(t *run.TableWriter) {
		r.ok(t.WriteVerdict(9, transform.Verdict{Word: transform.Pending, Code: "ENGAGE_PENDING"}, transform.Assign, "Beta"))
		r.ok(t.WriteVerdict(10, transform.Verdict{Word: transform.Failed, Code: "ENGAGE_RETRY_NEEDED"}, transform.Assign, "Beta"))
	}), r.table(run.BeforeFile, run.StandingHeader, func(t *run.TableWriter) {
		for n := range 10 {
			r.ok(t.WriteStanding(n+1, transform.Standing{ID: user(n), Active: true, Request: "Alpha", Group: "Alpha", Status: "success"}, ""))
		}
	}))
	p.Batches = []run.SealedBatch{
		r.seal(transform.Removals, 1, "#N/A", 0, 1, 2), r.seal(transform.Removals, 2, "#N/A", 3, 4), r.seal(transform.Upserts, 1, "Beta", 5, 6, 7),
	}
	r.ok(r.w.NoteData(journal.Event{What: journal.Planned}, p))
	r.setLimits(r.w.Run)
	r.Changes, err = Open(r.w.Run)
	r.ok(err)
	return r
}

func (r *rig) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) setLimits(of *run.Run) {
	of.SetLimits(func(transform.Job) transform.Limits { return limits })
}

func (r *rig) table(name string, header []string, write func(*run.TableWriter)) run.Sealed {
	t, err := r.w.NewTable(name, header...)
	r.ok(err)
	write(t)
	sealed, _, err := t.Seal()
	r.ok(err)
	return sealed
}

// seal seals a batch of these users.
func (r *rig) seal(job transform.Job, number int, value string, users ...int) run.SealedBatch {
	b := run.SealedBatch{Job: job, Number: number, Rows: len(users)}
	sealed := r.table(transform.Batch{Job: job, Number: number}.Name()+".csv", []string{"Id", "Value"}, func(t *run.TableWriter) {
		for _, n := range users {
			r.ok(t.Write(user(n), value))
		}
	})
	b.File, b.SHA256 = sealed.File, sealed.SHA256
	return b
}

func (r *rig) batch(job transform.Job, number int) *run.Batch { return r.w.Run.Batch(job, number) }

// place is the entry of a user.
func (r *rig) place(n int) int32 {
	i, ok := r.Find(user(n))
	if !ok {
		r.t.Fatal("no entry for ", user(n))
	}
	return i
}

func (r *rig) send(b *run.Batch) {
	r.ok(r.w.NoteBatch(b, journal.Submitting, journal.Event{}))
	r.MarkSent(b)
	r.ok(r.Apply(b)) // as the loader does: of an earlier sending's outcomes some may be there
}

// said keeps outcomes of the org and takes them in.
func (r *rig) said(b *run.Batch, restart bool, all ...connector.Outcome) (strange int) {
	o, err := r.OpenOutcomes(b, restart)
	r.ok(err)
	r.ok(o.Write(all...))
	r.ok(o.Close())
	r.ok(r.Apply(b))
	return o.Strange
}

func (r *rig) end(b *run.Batch) {
	sealed, err := r.SealOutcomes(b)
	r.ok(err)
	r.ok(r.w.NoteBatch(b, journal.Outcomes, journal.Event{File: sealed.File, SHA256: sealed.SHA256}))
}

func (r *rig) miss(b *run.Batch) {
	r.MarkUnsent(b)
	r.ok(r.w.NoteBatch(b, journal.Missed, journal.Event{}))
}

// further seals a batch of users who stood in earlier ones.
func (r *rig) further(job transform.Job, replaces *run.Batch, users ...int) *run.Batch {
	f := run.Further{Resend: true}
	if replaces != nil {
		sealed, err := r.SealOutcomes(replaces)
		r.ok(err)
		f.Replaces, f.Outcomes = replaces.Number, sealed
	}
	value := map[bool]string{true: "#N/A", false: "Beta"}[job.Removes()]
	b := r.seal(job, r.w.Run.LastNumber(job)+1, value, users...)
	r.ok(r.w.NoteData(journal.Event{What: journal.Sealed, Job: job.String(), Batch: b.Number, File: b.File, SHA256: b.SHA256, Rows: b.Rows}, f))
	added := r.batch(job, b.Number)
	added.Limits = limits
	r.ok(r.Enter(added))
	return added
}

// retry seals a retry of these users, removals and upserts apart.
func (r *rig) retry(users ...int) []*run.Batch {
	retry := &run.Retry{Number: r.w.Run.Retries + 1}
	for _, n := range users {
		r.Watch(user(n), "Beta")
	}
	r.ok(r.EnterBefore())
	for _, job := range transform.RetryJobs(retry.Number) {
		var mine []int
		for _, n := range users {
			if (r.Change(r.place(n)).Value == "") == job.Removes() {
				mine = append(mine, n)
			}
		}
		if len(mine) > 0 {
			retry.Batches = append(retry.Batches, r.seal(job, 1, "retry", mine...))
		}
	}
	r.ok(r.w.NoteData(journal.Event{What: journal.Retrying}, retry))
	var added []*run.Batch
	for _, b := range r.w.Run.Batches {
		if b.Job.IsRetry() && slices.Contains(transform.RetryJobs(retry.Number), b.Job) {
			b.Limits = limits
			r.ok(r.Enter(b))
			added = append(added, b)
		}
	}
	return added
}

func (r *rig) results(final bool) {
	number := r.w.Run.Last.Number + 1
	after, err := r.KeepAfter(r.w, number)
	r.ok(err)
	r.ok(r.w.NoteData(journal.Event{What: journal.Results, Revision: number, Final: final}, after))
	r.DropAfter(number - 1)
}

// look shows the users, each with a request; end tells that the look was complete.
func (r *rig) look(end bool, of []int, shown map[int]string) {
	var which []int32
	for _, n := range of {
		which = append(which, r.place(n))
	}
	r.BeginLook(which)
	for n, request := range shown {
		r.ok(r.See(transform.Standing{ID: user(n), Active: true, Request: request, Group: request, Status: "sent"}))
	}
	if r.TakeIn(); end {
		r.EndLook(which)
	}
}

// opened is what another process knows of the run.
func (r *rig) opened() *Changes {
	r.t.Helper()
	other, err := run.Open(r.home, r.w.Run.ID)
	r.ok(err)
	r.setLimits(other)
	c, err := Open(other)
	r.ok(err)
	return c
}

// story spells everything that is known of an entry but what was last seen.
func story(c *Changes, i int32) string {
	batch := "none"
	if b := c.Batch(i); b != nil {
		batch = b.Name()
	}
	words := c.Words()
	defer words.Close()
	said, spoke, err := words.Of(i)
	return fmt.Sprintf("%s in %s: %d, %d attempts, transient %v, asks %q, before %q, said %v %+v %v",
		c.ID(i), batch, c.State(i), c.Attempts(i), c.entries[i].transient, c.Change(i).Value, c.Before(i).Request, spoke, said, err)
}

func sighted(c *Changes, i int32) string {
	return fmt.Sprintf("%s seen %v gone %v: %+v, settled %s", c.ID(i), c.Seen(i), c.Gone(i), c.After(i), strconv.Quote(c.SettledAt(i).Format(time.RFC3339)))
}

func accepted(n int) connector.Outcome {
	return connector.Outcome{User: user(n), State: connector.Accepted}
}

func locked(n int) connector.Outcome {
	return connector.Outcome{User: user(n), State: connector.Refused, Code: "SF_UNABLE_TO_LOCK_ROW", Reason: "locked,\n\"really\"", Transient: true}
}
