package report

import (
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/results"
	"rosterload/transform"
)

// openSeen opens what exports have shown of the run's lines.
func (w *rows) openSeen() error {
	for _, c := range w.run().Reconciled {
		t, err := w.run().OpenSeen(c)
		if err != nil {
			return err
		}
		w.seen = append(w.seen, t)
	}
	return nil
}

// witness is what exports have shown of a row that rests on trust: the first that shows all of it settles the row for
// good, else the last one says what is missing. at is zero where no export speaks of the row.
func (w *rows) witness(row *results.Row) (s connector.Seen, at time.Time, err error) {
	for i, t := range w.seen {
		found, err := t.At(row.Row)
		if err != nil {
			return s, at, err
		}
		if !found || s.Shown {
			continue
		}
		is, err := t.Seen()
		if err != nil {
			return s, at, err
		}
		if is.Asked && is.User == row.RecordID && is.Value == row.Requested { // else other flags led to another user
			s, at = is, w.run().Reconciled[i].At
		}
	}
	return s, at, nil
}

// rests tells whether nothing but an export can say more of a row.
func (w *rows) rests(v transform.Verdict) bool {
	return w.trusting != nil && v.Word == transform.Pending && w.trusting.Ended(v)
}

// shown settles a change that was sent.
func (w *rows) shown(
	row *results.Row, v transform.Verdict, c transform.Change, before transform.Standing,
) (transform.Verdict, error) {
	if len(w.seen) == 0 || !w.rests(v) {
		return v, nil
	}
	s, at, err := w.witness(row)
	switch {
	case err != nil || at.IsZero():
		return v, err
	case !s.Shown:
		return missing(v, s), nil
	}
	if row.SettledAt == "" {
		row.SettledAt = at.UTC().Format(time.RFC3339)
	}
	var word transform.Word
	word, row.ProvisioningStatus = w.trusting.ShownDone(c, v, before, true)
	return transform.Verdict{Word: word, Reason: "an export shows it"}, nil
}

// unsentShown settles a row for which this run sent nothing.
func (w *rows) unsentShown(row *results.Row, v transform.Verdict, before transform.Standing) error {
	if len(w.seen) == 0 || !w.rests(v) {
		return nil
	}
	s, at, err := w.witness(row)
	switch {
	case err != nil || at.IsZero():
		return err
	case !s.Shown:
		say(row, missing(v, s))
		return nil
	}
	c, word := transform.Change{User: row.RecordID, Value: row.Requested}, transform.Word("")
	word, row.ProvisioningStatus = w.trusting.ShownDone(c, v, before, false)
	say(row, transform.Verdict{Word: word, Reason: "nothing was sent for it, and an export shows it"})
	if word == transform.Unchanged {
		row.Action = string(transform.NoAction)
	}
	return nil
}

// missing is said of a row that an export does not show as asked.
func missing(v transform.Verdict, s connector.Seen) transform.Verdict {
	v.Reason, v.Next = v.Reason+"; the export "+s.Why, transform.AskAdmin
	return v
}
