package carry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"rosterload/loader/connector"
	"rosterload/transform"
	"rosterload/transform/engage"
)

var words = engage.Words{RequestSent: "sent", Retry: "retry", NoLicenses: "none", InvalidGroup: "invalid", RequestFailed: "failed", Success: "success"}

var limits = transform.Limits{Bytes: 1 << 20, Rows: 3, AtOnce: 2, Headings: [2]string{"Id", "Request"}, Nothing: "#N/A"}

// org is a bulk org as small as one can be. Its worker carries a stored request out by the next look.
type org struct {
	mu    sync.Mutex
	users map[string]*transform.Standing
	jobs  map[string]*job
	log   []string // calls that write, in their order: "removals-0001"

	silent  bool                         // the worker never answers
	inert   bool                         // a stored request changes no status
	drop    map[string]bool              // batches whose data do not arrive, once each, and whose answer is lost
	open    map[string]bool              // batches that get a receipt and whose data do not arrive, once each
	lose    map[string]bool              // batches that arrive and whose answer is lost, once each
	aborted map[string]error             // batches whose job is aborted before it does anything, once each, and how their sending ends
	deny    map[string]error             // batches that are refused before anything arrives, once each
	locked  map[string]int               // users who are refused for the moment, so many times
	breaks  map[string]bool              // batches whose job the org gives up behind its first row
	stuck   bool                         // jobs that never end
	swept   []string                     // known receipts at each sweep
	atOnce  int                          // batches side by side
	applied map[string]int               // by user
	onLook  func(users []transform.User) // asked before each look at users
}

type job struct {
	name    string
	changes []transform.SealedChange
	open    bool // its data have not arrived
	done    bool
	aborted bool
	refused map[string]bool
}

func newOrg(users int) *org {
	o := &org{
		users: map[string]*transform.Standing{}, jobs: map[string]*job{}, drop: map[string]bool{}, open: map[string]bool{},
		lose: map[string]bool{}, deny: map[string]error{}, aborted: map[string]error{},
		locked: map[string]int{}, breaks: map[string]bool{}, applied: map[string]int{}, onLook: func([]transform.User) {},
	}
	for n := range users {
		s := &transform.Standing{ID: user(n), Active: true, Status: words.Success}
		if n < removals {
			s.Request, s.Group = "Alpha", "Alpha"
		}
		o.users[s.ID] = s
	}
	return o
}

func (o *org) Limits() transform.Limits {
	l := limits
	l.AtOnce = cmp.Or(o.atOnce, l.AtOnce)
	return l
}

func (o *org) Org(context.Context) (connector.Org, error) { return connector.Org{ID: "org1"}, nil }
func (o *org) Ready(context.Context, iter.Seq[transform.User], func(connector.Finding) error) error {
	return errors.New("not asked for here")
}

func (o *org) Look(_ context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) (transform.Policy, error) {
	asked := slices.Collect(users)
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(asked) > 0 {
		o.onLook(asked)
	}
	for _, u := range asked {
		s := o.users[u.Key]
		if s == nil {
			continue
		}
		if s.Status == words.RequestSent && !o.silent {
			s.Group, s.Status = s.Request, words.Success
		}
		copied := *s
		copied.User = u
		if err := found(copied); err != nil {
			return nil, err
		}
	}
	return engage.Policy(engage.Options{Words: words, Holders: len(o.users)}), nil
}

func take[K comparable, V any](m map[K]V, key K) (V, bool) {
	v, ok := m[key]
	delete(m, key)
	return v, ok
}

func (o *org) Submit(_ context.Context, b transform.Batch, took func(connector.Receipt) error, _ func(...connector.Outcome) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.log = append(o.log, b.Name())
	if err, ok := take(o.deny, b.Name()); ok {
		return err
	}
	if _, ok := take(o.drop, b.Name()); ok {
		return connector.ErrLost
	}
	j := &job{name: b.Name(), refused: map[string]bool{}}
	for c, err := range b.Changes() {
		if err != nil {
			return err
		}
		j.changes = append(j.changes, c)
	}
	id := fmt.Sprintf("job%d", len(o.log))
	o.jobs[id] = j
	if ended, ok := take(o.aborted, b.Name()); ok {
		j.aborted = true
		return errors.Join(took(connector.Receipt{ID: id}), ended)
	}
	if _, j.open = take(o.open, b.Name()); j.open {
		return errors.Join(took(connector.Receipt{ID: id}), connector.ErrLost)
	}
	if _, ok := take(o.lose, b.Name()); ok {
		o.carryOut(j)
		return connector.ErrLost
	}
	return took(connector.Receipt{ID: id})
}

func (o *org) carryOut(j *job) {
	j.done = true
	for i, c := range j.changes {
		if o.breaks[j.name] && i > 0 {
			return
		}
		if o.locked[c.User] > 0 {
			o.locked[c.User]--
			j.refused[c.User] = true
			continue
		}
		o.applied[c.User]++
		if o.users[c.User].Request = c.Value; !o.inert {
			o.users[c.User].Status = words.RequestSent
		}
	}
}

func (o *org) Collect(_ context.Context, r connector.Receipt, each func(...connector.Outcome) error) (connector.Progress, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	j := o.jobs[r.ID]
	switch {
	case o.stuck:
		return connector.Progress{Phase: connector.Running, State: "InProgress"}, nil
	case j.aborted:
		return connector.Progress{Phase: connector.Broken, State: "Aborted", Code: "ABORTED", Untouched: true}, nil
	case j.open:
		return connector.Progress{Phase: connector.Missed}, nil
	case !j.done:
		o.carryOut(j)
		return connector.Progress{Phase: connector.Running, Processed: 1}, nil
	}
	for i, c := range j.changes {
		outcome := connector.Outcome{User: c.User, State: connector.Accepted}
		switch {
		case o.breaks[j.name] && i > 0:
			outcome.State = connector.Unprocessed
		case j.refused[c.User]:
			outcome = connector.Outcome{User: c.User, State: connector.Refused, Code: "LOCKED", Transient: true, Next: transform.FixAndLoad}
		}
		if err := each(outcome); err != nil {
			return connector.Progress{}, err
		}
	}
	if o.breaks[j.name] {
		return connector.Progress{Phase: connector.Broken, State: "Failed", Code: "BAD_JOB", Reason: "no such field"}, nil
	}
	return connector.Progress{Phase: connector.Ended, State: "JobComplete"}, nil
}

func (o *org) Sweep(_ context.Context, _ time.Time, known func(connector.Receipt) bool) error {
	for id := range o.jobs {
		if known(connector.Receipt{ID: id}) {
			o.swept = append(o.swept, id)
		}
	}
	return nil
}

func (o *org) Abort(context.Context, connector.Receipt) (bool, error) { return false, nil }
