package carry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/plan"
	"rosterload/loader/run"
	"rosterload/transform"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Five users lose their group, in two batches; four are given one, in two more.
const removals, upserts = 5, 4

func user(n int) string { return "user" + strconv.Itoa(n) }

// rig is a planned run, its org, and a clock that only Sleep moves.
type rig struct {
	*Carrier
	t      *testing.T
	org    *org
	mu     sync.Mutex // deliveries use the clock side by side
	now    time.Time
	slept  []time.Duration
	warned []string
}

func (r *rig) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, org: newOrg(removals + upserts), now: time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC)}
	w, err := run.Create(t.Context(), t.TempDir(), run.Queue{Now: time.Now}, nil)
	r.ok(err)
	t.Cleanup(w.Close)
	r.ok(w.Begin(journal.Event{Target: "prod", OrgID: "org1"}, &run.Seal{Verb: "load"}))
	flags := &run.Flags{Wait: 10 * time.Minute}
	flags.Poll.Fill()
	r.Carrier = &Carrier{
		Writer: w, Target: r.org, Connector: &connector.Connector{Worker: "the worker", WorkerOff: "is it on?"}, Flags: flags, RetryFor: 2 * time.Minute,
		MaySend: func() error { return nil }, Log: slog.New(slog.DiscardHandler), Now: r.time, Sleep: r.sleep,
		Warn:     func(format string, args ...any) { r.warned = append(r.warned, fmt.Sprintf(format, args...)) },
		Progress: func(string, int, int) {},
	}
	r.plan()
	return r
}

func (r *rig) time() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) sleep(ctx context.Context, d time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now, r.slept = r.now.Add(d), append(r.slept, d)
	return context.Cause(ctx)
}

func (r *rig) plan() {
	before, err := r.Writer.NewTable(run.BeforeFile, run.StandingHeader...)
	r.ok(err)
	verdicts, err := r.Writer.NewTable(run.VerdictsFile, run.VerdictHeader...)
	r.ok(err)
	jobs := map[transform.Job]*plan.Sealer{
		transform.Removals: plan.NewSealer(r.Writer, transform.Removals, limits), transform.Upserts: plan.NewSealer(r.Writer, transform.Upserts, limits),
	}
	p := &run.Planned{Rows: removals + upserts, Removals: removals, Upserts: upserts}
	for n := range p.Rows {
		is := r.org.users[user(n)]
		r.ok(before.Write(strconv.Itoa(n+1), is.ID, "true", is.Request, is.Group, is.Status, ""))
		job, value := transform.Removals, ""
		if n >= removals {
			job, value = transform.Upserts, "Beta"
		}
		r.ok(jobs[job].Add(transform.SealedChange{Change: transform.Change{User: user(n), Value: value}}))
	}
	for _, table := range []*run.TableWriter{before, verdicts} {
		sealed, _, err := table.Seal()
		r.ok(err)
		p.Files = append(p.Files, sealed)
	}
	for _, job := range transform.LoadJobs() {
		sealed, err := jobs[job].Finish()
		r.ok(err)
		p.Batches = append(p.Batches, sealed...)
	}
	r.ok(r.Writer.NoteData(journal.Event{What: journal.Planned, Rows: p.Rows}, p))
	r.Writer.Run.SetLimits(r.Limits)
	r.Changes, err = changes.Open(r.Writer.Run)
	r.ok(err)
}

// carry sends both jobs as a load does.
func (r *rig) carry() error {
	for _, job := range transform.LoadJobs() {
		if err := r.Job(context.Background(), job); err != nil {
			return err
		}
	}
	return r.ReadBack(context.Background(), r.Changes.Touched())
}

// everyOnce checks that each user of the plan was reached exactly once, but for those that are named.
func (r *rig) everyOnce(but ...int) {
	r.t.Helper()
	not := map[int]bool{}
	for _, n := range but {
		not[n] = true
	}
	for n := range removals + upserts {
		if got := r.org.applied[user(n)]; got != 1 && !not[n] {
			r.t.Errorf("%s was reached %d times; sent were %s", user(n), got, strings.Join(r.org.log, " "))
		}
	}
}

func (r *rig) entry(n int) int32 {
	i, ok := r.Changes.Find(user(n))
	if !ok {
		r.t.Fatal("no entry for ", user(n))
	}
	return i
}

// code is the exit code of a stop.
func code(err error) int {
	var stop *run.Stop
	if !errors.As(err, &stop) {
		return -1
	}
	return stop.Code
}
