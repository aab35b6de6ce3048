package loader

import (
	"cmp"
	"context"
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/plan"
	"rosterload/loader/run"
	"rosterload/transform"
)

// settle ends what one round of deliveries has brought: rows that the org has answered are done; at the others it looks, once for all
// batches. Users who show what was asked were reached; those who are as before go into a further batch; those who are neither were changed
// by others and are left alone. It tells whether the job came forward. A crash between two of its events is the same as a later round.
func (s *session) settle(ctx context.Context, job transform.Job, delivered []delivery) (moved bool, err error) {
	silent, err := s.silentRows(delivered)
	if err != nil {
		return false, err
	}
	if err := s.sweep(ctx, delivered); err != nil {
		return false, err
	}
	if err := s.look(ctx, silent); err != nil {
		return false, err
	}
	for _, d := range delivered {
		came, err := s.settleBatch(d)
		if err != nil {
			return false, err
		}
		moved = moved || came
	}
	again, err := s.resendTransient(ctx, job)
	return moved || again, err
}

// takeIn lets a delivery's outcomes happen to the changes.
func (s *session) takeIn(d delivery) error {
	if d.sent {
		s.changes.MarkSent(d.batch)
	}
	if d.strange > 0 {
		s.warn("the org spoke of %d users who are not in %s; what it said of them was not kept", d.strange, d.batch.Name())
	}
	if !d.batch.Submitted {
		return nil
	}
	return s.changes.Apply(d.batch)
}

// silentRows are the rows of all batches that only a look can settle.
func (s *session) silentRows(delivered []delivery) ([]int32, error) {
	var silent []int32
	for _, d := range delivered {
		if err := s.takeIn(d); err != nil {
			return nil, err
		}
		if d.batch.Submitted && !d.missed && d.progress.Phase != connector.Broken {
			silent = append(silent, s.changes.Unanswered(d.batch)...)
		}
	}
	return silent, nil
}

// sweep aborts jobs whose creation was never answered.
func (s *session) sweep(ctx context.Context, delivered []delivery) error {
	collector, ok := s.target.(connector.Collector)
	var since time.Time
	for _, d := range delivered {
		if b := d.batch; b.Submitted && b.Receipt == "" && !d.ended && (since.IsZero() || b.Began.Before(since)) {
			since = b.Began
		}
	}
	if !ok || since.IsZero() {
		return nil
	}
	return collector.Sweep(ctx, since.Add(-time.Minute), func(r connector.Receipt) bool {
		for _, b := range s.run().Batches {
			if b.Receipt == r.ID {
				return true
			}
		}
		return false
	})
}

// settleBatch ends one batch, or says why it is to be sent again.
func (s *session) settleBatch(d delivery) (moved bool, err error) {
	b := d.batch
	switch {
	case !b.Submitted:
		return false, nil
	case d.missed:
		s.changes.MarkUnsent(b)
		return false, s.writer.NoteBatch(b, journal.Missed, journal.Event{})
	case d.progress.Phase == connector.Broken:
		return true, s.giveUp(d)
	}
	s.compareCounters(d)
	answers, resend := s.sort(d, s.changes.Unanswered(b))
	if len(resend) == b.Rows {
		s.changes.MarkUnsent(b)
		return false, s.writer.NoteBatch(b, journal.Missed, journal.Event{})
	}
	if len(answers) > 0 {
		if err := s.changes.Answer(b, answers); err != nil {
			return false, err
		}
	}
	if len(resend) > 0 {
		return true, s.further().Seal(b.Job, resend, b, true)
	}
	return true, s.endBatch(b)
}

// compareCounters holds what the org counted against what was sent. Counters that never moved mean nothing: orgs lose them.
func (s *session) compareCounters(d delivery) {
	if n := d.progress.Processed; n != 0 && n != int64(d.batch.Rows) {
		s.warn("job %s counted %d rows, %d were sent; what became of each is said by its results and by looking", d.batch.Receipt, n, d.batch.Rows)
	}
}

// sort says of each row that the org is silent about what is to be done: an answer that was found by looking, or a resend.
func (s *session) sort(d delivery, silent []int32) (answers []connector.Outcome, resend []int32) {
	unlisted := d.progress.Unlisted
	for _, i := range silent {
		o := s.found(i)
		switch s.arrived(d.batch, i) {
		case changes.Elsewhere:
			o = s.changes.Drift(i)
		case changes.AsBefore:
			switch {
			case !d.ended:
				resend = append(resend, i)
				continue
			case unlisted > 0: // the job counts a failure for which it has no line, and this row has none
				unlisted--
				o = connector.Outcome{User: o.User, State: connector.Refused, Code: d.progress.Code, Reason: cmp.Or(d.progress.Reason, "the org gave no reason"), Next: transform.FixAndLoad}
			default: // sending for ever would not make the org speak
				o = connector.Outcome{User: o.User, State: connector.Unprocessed, Reason: "the org ended the job without a word on this row", Next: transform.FixAndLoad}
			}
		}
		answers = append(answers, o)
	}
	return answers, resend
}

// found is the answer that the org would have given for a change that a look shows carried out.
func (s *session) found(i int32) connector.Outcome {
	o := connector.Outcome{User: s.changes.ID(i), State: connector.Accepted}
	if carrying, ok := s.policy.(transform.Carrying); ok {
		o.Fields = carrying.Carrier(s.changes.Change(i), s.changes.Before(i))
	}
	return o
}

// arrived tells by looking whether a batch has reached an entry. A retry leaves the request as it is: it has arrived when the org no longer
// shows the failure.
func (s *session) arrived(b *run.Batch, i int32) changes.Position {
	if b.Job.IsRetry() {
		if s.needsRetry(i) {
			return changes.AsBefore
		}
		return changes.AsAsked
	}
	at := s.changes.Position(s.policy, i)
	if steps, ok := s.policy.(transform.Stepwise); ok && at == changes.Elsewhere && steps.PartWay(s.changes.Change(i), s.changes.Before(i), s.changes.After(i)) {
		return changes.AsBefore
	}
	return at
}

// giveUp ends a batch whose job the org gave up as a whole: its message is the answer for every row that the job did not come to.
func (s *session) giveUp(d delivery) error {
	b, p := d.batch, d.progress
	var answers []connector.Outcome
	for _, i := range s.changes.Unanswered(b) {
		answers = append(answers, connector.Outcome{User: s.changes.ID(i), State: connector.Refused, Code: p.Code, Reason: p.Reason, Next: transform.FixAndLoad})
	}
	if err := s.changes.Answer(b, answers); err != nil {
		return err
	}
	if err := s.endBatch(b); err != nil {
		return err
	}
	return s.writer.NoteBatch(b, journal.Stopped, journal.Event{Code: p.Code, Reason: p.Reason})
}

// endBatch takes the digest of the outcomes and makes the batch done.
func (s *session) endBatch(b *run.Batch) error {
	sealed, err := s.changes.SealOutcomes(b)
	if err != nil {
		return err
	}
	return s.writer.NoteBatch(b, journal.Outcomes, journal.Event{File: sealed.File, SHA256: sealed.SHA256})
}

// resendTransient seals, after a pause, a small batch of the rows that the org refused for the moment only: a lock, or innocent rows of a
// failed chunk. They go alone, when nothing else of their job is left, twice at most.
func (s *session) resendTransient(ctx context.Context, job transform.Job) (bool, error) {
	if !s.run().MaySend(job) || len(s.run().Waiting(job)) > 0 {
		return false, nil
	}
	rows := s.changes.Transient(job)
	if len(rows) == 0 {
		return false, nil
	}
	s.Log.Info("rows that were refused for the moment are sent once more", "run", s.run().ID, "job", job, "rows", len(rows))
	if err := s.Sleep(ctx, 10*s.Flags.Poll.Job); err != nil {
		return false, err
	}
	return true, s.sealAgain(ctx, job, rows)
}

// sealAgain asks a connector that makes values up for the values of these rows, and seals them once more.
func (s *session) sealAgain(ctx context.Context, job transform.Job, rows []int32) error {
	f := s.further()
	own, err := f.Own(rows)
	if err != nil {
		return err
	}
	if redrawer, ok := s.target.(connector.Redrawer); ok {
		for _, i := range rows {
			c, err := redrawer.Redraw(ctx, transform.SealedChange{Change: s.changes.Change(i), Own: own[i]})
			if err != nil {
				return err
			}
			s.changes.SetValue(i, c.Value)
			own[i] = c.Own
		}
	}
	return f.SealWith(job, rows, nil, true, own)
}

// further seals batches behind those of the plan.
func (s *session) further() *plan.Further {
	return &plan.Further{Writer: s.writer, Changes: s.changes, Limits: s.limits}
}
