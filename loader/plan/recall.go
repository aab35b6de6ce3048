package plan

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/transform"
)

// Recall tells a connector that wants to know what earlier runs on an org have left on trust, and what exports have
// shown since. runs are all runs of the home, the oldest first; current is the run in hand, nil without one.
func Recall(target connector.Target, runs []*run.Run, current *run.Run, kind, org string) error {
	recaller, ok := target.(connector.Recaller)
	if !ok {
		return nil
	}
	shown := memory{Recaller: recaller}
	if current != nil && current.Planned != nil {
		shown.add(current)
		return shown.before(time.Time{})
	}
	for _, r := range runs {
		if r.Kind != kind || r.Org.ID != org || r.Pruned || r.Planned == nil || current != nil && r.ID >= current.ID {
			continue
		}
		if err := shown.before(r.Begun); err != nil {
			return err
		}
		snapshot, err := r.Snapshot()
		if err != nil {
			return err
		}
		if err := recaller.Recall(snapshot, left(r), none[connector.Seen]); err != nil {
			return err
		}
		shown.add(r)
	}
	return shown.before(time.Time{})
}

func none[T any](func(T, error) bool) {}

// memory keeps what exports have shown until the runs that began before it have been told: an export may speak of an
// older run.
type memory struct {
	connector.Recaller
	shown []exported
}

type exported struct {
	run.Reconciled
	of *run.Run
}

func (m *memory) add(r *run.Run) {
	for _, c := range r.Reconciled {
		m.shown = append(m.shown, exported{c, r})
	}
	slices.SortStableFunc(m.shown, func(a, b exported) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
}

// before tells of the exports that came before a time; the zero time is the end.
func (m *memory) before(at time.Time) error {
	for len(m.shown) > 0 && (at.IsZero() || m.shown[0].At.Before(at)) {
		first := m.shown[0]
		m.shown = m.shown[1:]
		if err := m.Recall(nil, none[connector.Left], first.of.SeenOf(first.Reconciled)); err != nil {
			return err
		}
	}
	return nil
}

// left is what the results of a run say of the users that it sent something for, and of those it left on trust.
func left(r *run.Run) iter.Seq2[connector.Left, error] {
	if s, err := r.Summary(); err == nil && s != nil && s.Pending == 0 && !r.SentAnything() {
		return none[connector.Left]
	}
	return func(yield func(connector.Left, error) bool) {
		for row, err := range r.Rows() {
			word := transform.Word(row.Result)
			l := connector.Left{
				User: row.RecordID, Value: row.Requested, Pending: word == transform.Pending,
				Sent: row.Attempts > 0 && word != transform.Failed && word != transform.NotAttempted,
			}
			if err == nil && (l.User == "" || !l.Sent && !l.Pending) {
				continue
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}
