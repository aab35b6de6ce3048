package loader

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"rosterload/loader/connector"
	"rosterload/transform"
	"rosterload/transform/engage"
	"rosterload/validate"
)

// fakeOrg is an org as small as one can be: users, jobs, and an Engage server that answers on the next look. It counts what is applied to
// each user, and remembers in which order.
type fakeOrg struct {
	mu      sync.Mutex
	users   map[string]*transform.Standing // by id
	jobs    map[string]*fakeJob
	order   []string
	applied map[string]int // by user: how often a change reached the user
	log     []string       // "removals user0001", in the order of application
	made    int
	slow    bool            // the Engage server never answers
	broken  map[string]bool // users whose requests it fails
	lock    map[string]int
	atOnce  int    // batches under way at the same time; 0: two
	breaks  string // job of which this word is part fails as a whole
}

type fakeJob struct {
	id      string
	open    bool
	created time.Time
	changes []transform.SealedChange
	job     transform.Job
	done    bool
	broken  bool
	refused map[string]bool
}

var fakeWords = engage.Words{RequestSent: "sent", Retry: "retry", NoLicenses: "none", InvalidGroup: "invalid", RequestFailed: "failed", Success: "success"}

func fakeCodes(string) []string { return engage.RetryCodes() }

var fakeConnector = connector.Connector{Name: "fake", RetryCodes: engage.RetryCodes(), Worker: engage.Worker, WorkerOff: engage.WorkerOff, Stuck: engage.Stuck, Spelling: validate.Spelling{
	Users:  []validate.UserColumn{{By: "Id", Headings: []string{"Id"}, Key: validate.TextKey}, {By: "Username", Headings: []string{"Username"}, Key: validate.FoldKey}},
	Values: []string{"Group"}, Nothing: []string{"#N/A"}, Blank: validate.Remove,
}}

func newFakeOrg(users int) *fakeOrg {
	o := &fakeOrg{users: map[string]*transform.Standing{}, jobs: map[string]*fakeJob{}, applied: map[string]int{}, lock: map[string]int{}}
	for n := range users {
		s := &transform.Standing{ID: fmt.Sprintf("id%04d", n), Active: true}
		if n%3 == 0 {
			s.Request, s.Group, s.Status = "Alpha", "Alpha", "success"
		}
		o.users[s.ID] = s
	}
	return o
}

func (o *fakeOrg) Limits() transform.Limits {
	return transform.Limits{Bytes: 1 << 20, Rows: 4, AtOnce: cmp.Or(o.atOnce, 2), Headings: [2]string{"Id", "Request"}, Nothing: "#N/A"}
}

func (o *fakeOrg) Org(context.Context) (connector.Org, error) {
	return connector.Org{ID: "org1", Name: "Fake", As: "admin"}, nil
}

func (o *fakeOrg) Ready(context.Context, iter.Seq[transform.User], func(connector.Finding) error) error {
	return nil
}

func (o *fakeOrg) Look(_ context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) (transform.Policy, error) {
	for u := range users {
		o.mu.Lock()
		id := u.Key
		if u.By == "Username" {
			id = "id" + strings.TrimSuffix(strings.TrimPrefix(u.Key, "user"), "@acme.example")
		}
		s := o.users[id]
		if s != nil && s.Status == "sent" && !o.slow {
			if s.Status = "failed"; !o.broken[s.ID] {
				s.Group, s.Status = s.Request, "success"
			}
		}
		var copied transform.Standing
		if s != nil {
			copied = *s
			copied.User = u
		}
		o.mu.Unlock()
		if s == nil {
			continue
		}
		if err := found(copied); err != nil {
			return nil, err
		}
	}
	return engage.Policy(engage.Options{Words: fakeWords, Holders: len(o.users)}), nil
}

func (o *fakeOrg) Submit(_ context.Context, b transform.Batch, took func(connector.Receipt) error, _ func(...connector.Outcome) error) error {
	o.mu.Lock()
	o.made++
	j := &fakeJob{id: fmt.Sprintf("job%d", o.made), open: true, created: time.Now(), job: b.Job, refused: map[string]bool{}}
	o.jobs[j.id] = j
	o.order = append(o.order, j.id)
	o.mu.Unlock()
	if err := took(connector.Receipt{ID: j.id}); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for c, err := range b.Changes() {
		if err != nil {
			return err
		}
		j.changes = append(j.changes, c)
	}
	j.open = false
	return nil
}

func (o *fakeOrg) RetrySpelling() ([2]string, string) { return [2]string{"Id", "Status"}, "retry" }

func (o *fakeOrg) Retry(ctx context.Context, a transform.RetryBatch, took func(connector.Receipt) error, each func(...connector.Outcome) error) error {
	return o.Submit(ctx, a.Batch, took, each)
}

func (o *fakeOrg) carryOut(j *fakeJob) {
	j.done = true
	j.broken = o.breaks != "" && j.job.String() == o.breaks
	for i, c := range j.changes {
		if j.broken && i >= 1 {
			return
		}
		if o.lock[c.User] > 0 {
			o.lock[c.User]--
			j.refused[c.User] = true
			continue
		}
		u := o.users[c.User]
		if u.Status = "sent"; !j.job.IsRetry() {
			u.Request = c.Value
		}
		o.applied[c.User]++
		o.log = append(o.log, j.job.String()+" "+c.User)
	}
}

func (o *fakeOrg) Collect(_ context.Context, r connector.Receipt, each func(...connector.Outcome) error) (connector.Progress, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	j := o.jobs[r.ID]
	switch {
	case j == nil:
		return connector.Progress{Phase: connector.Gone}, nil
	case j.open:
		delete(o.jobs, j.id)
		return connector.Progress{Phase: connector.Missed}, nil
	case !j.done:
		o.carryOut(j)
		return connector.Progress{Phase: connector.Running, Processed: 1}, nil
	}
	for i, c := range slices.Backward(j.changes) {
		outcome := connector.Outcome{User: c.User, State: connector.Accepted}
		switch {
		case j.broken && i >= 1:
			outcome.State = connector.Unprocessed
		case j.refused[c.User]:
			outcome = connector.Outcome{User: c.User, State: connector.Refused, Code: "SF_UNABLE_TO_LOCK_ROW", Reason: "locked,\n\"really\"", Transient: true, Next: transform.FixAndLoad}
		}
		if err := each(outcome); err != nil {
			return connector.Progress{}, err
		}
	}
	if j.broken {
		return connector.Progress{Phase: connector.Broken, State: "Failed", Code: "SF_InvalidBatch", Reason: "no such field"}, nil
	}
	return connector.Progress{Phase: connector.Ended, State: "JobComplete"}, nil
}

func (o *fakeOrg) Sweep(_ context.Context, since time.Time, known func(connector.Receipt) bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, j := range o.jobs {
		if j.open && !j.created.Before(since) && !known(connector.Receipt{ID: id}) {
			delete(o.jobs, id)
		}
	}
	return nil
}

func (o *fakeOrg) Abort(_ context.Context, r connector.Receipt) (aborted bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if j := o.jobs[r.ID]; j != nil && !j.done {
		delete(o.jobs, r.ID)
		return true, nil
	}
	return false, nil
}

var errPulled = errors.New("the plug was pulled")

// flaky lets the Nth call fail: before it was applied, or after, when the answer is lost.
type flaky struct {
	*fakeOrg
	mu     sync.Mutex
	calls  int
	fail   int // the call that fails, counted from 1
	after  bool
	pulled bool
	means  error
}

func (f *flaky) call(do func() error) error {
	f.mu.Lock()
	f.calls++
	now := f.calls == f.fail
	f.mu.Unlock()
	if !now {
		return do()
	}
	f.pulled = true
	if f.after {
		_ = do()
	}
	if f.means != nil {
		return fmt.Errorf("%w: %w", f.means, errPulled)
	}
	return errPulled
}

func (f *flaky) Org(ctx context.Context) (o connector.Org, err error) {
	err = f.call(func() error { o, err = f.fakeOrg.Org(ctx); return err })
	return o, err
}

func (f *flaky) Look(ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) (p transform.Policy, err error) {
	for range users { // a look at no users asks nothing and cannot fail
		err = f.call(func() error { p, err = f.fakeOrg.Look(ctx, users, found); return err })
		return p, err
	}
	return f.fakeOrg.Look(ctx, users, found)
}

func (f *flaky) Submit(ctx context.Context, b transform.Batch, took func(connector.Receipt) error, each func(...connector.Outcome) error) error {
	return f.call(func() error { return f.fakeOrg.Submit(ctx, b, took, each) })
}

func (f *flaky) Collect(ctx context.Context, r connector.Receipt, each func(...connector.Outcome) error) (p connector.Progress, err error) {
	err = f.call(func() error { p, err = f.fakeOrg.Collect(ctx, r, each); return err })
	return p, err
}

func (f *flaky) Sweep(ctx context.Context, since time.Time, known func(connector.Receipt) bool) error {
	return f.call(func() error { return f.fakeOrg.Sweep(ctx, since, known) })
}
