package loader

import (
	"context"
	"errors"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/transform"
)

// submit sends one batch for the first time, or again when it is certain that it never arrived.
// A crash before the first event: nothing happened. Behind it and before the receipt: the org may hold an empty job of ours, which
// settleByLooking sweeps away. Behind the receipt: Collect asks the job itself.
func (w *work) submit(ctx context.Context, s *Shipment) error {
	if err := w.noteBatch(s, journal.Submitting, journal.Event{}); err != nil {
		return err
	}
	answers, err := w.openOutcomes(s, false) // steps of an earlier sending stay: they tell what is ours
	if err != nil {
		return err
	}
	late, cancel := linger(ctx)
	defer cancel()
	err = w.sendBatch(w.tagged(late, s), s,
		func(r connector.Receipt) error { return w.noteBatch(s, journal.Receipt, journal.Event{Receipt: r.ID}) },
		func(all ...connector.Outcome) error {
			if err := answers.write(all...); err != nil {
				return err
			}
			return answers.sync()
		})
	if closing := answers.close(); err == nil {
		err = closing
	}
	w.mark(s)
	switch {
	case errors.Is(err, connector.ErrLost):
		w.Log.Warn("the answer was lost; looking before anything is sent again", "run", w.run.ID, "job", s.Job, "batch", s.Number)
		return nil // the next turn looks
	case err != nil && s.Receipt == "" && answers.rows == 0 && connector.NothingDone(err):
		return errors.Join(err, w.unsend(s))
	case err != nil:
		return err
	}
	if err := w.noteBatch(s, journal.Sent, journal.Event{}); err != nil || s.Receipt != "" {
		return err
	}
	return w.settleByLooking(ctx, s, true) // answered at once: what has no outcome was not answered
}

// unsend records that a batch was refused before anything of it had arrived.
func (w *work) unsend(s *Shipment) error {
	if err := w.noteBatch(s, journal.Missed, journal.Event{}); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ledger.markUnsent(s)
	return nil
}

// sendBatch is the one place from which anything is written to an org.
func (w *work) sendBatch(ctx context.Context, s *Shipment, took func(connector.Receipt) error, each func(...connector.Outcome) error) error {
	if retrier, ok := w.Target.(connector.Retrier); ok && isRetry(s.Job) {
		return retrier.Retry(ctx, transform.Again{Batch: s.Batch}, took, each)
	}
	return w.Target.Submit(ctx, s.Batch, took, each)
}

// collect polls a receipt's job until it has ended. Patience counts from the last movement.
func (w *work) collect(ctx context.Context, s *Shipment) error {
	wait, patience := pause{w.Flags.Poll.Job, w.Flags.Poll.JobMost}, w.newPatience()
	for moved := int64(-1); ; {
		p, err := w.ask(ctx, s)
		if err != nil {
			return err
		}
		switch p.Phase {
		case connector.Ended:
			w.holdAgainstCounters(s, p)
			return w.settleByLooking(ctx, s, true)
		case connector.Broken:
			return w.giveUp(s, p)
		case connector.Missed:
			return w.noteBatch(s, journal.Missed, journal.Event{})
		case connector.Gone:
			return w.settleByLooking(ctx, s, false)
		}
		if p.Processed != moved {
			moved = p.Processed
			patience.again()
			w.progress("sending "+string(s.Job), int(p.Processed), s.Rows)
		}
		if patience.over() {
			return stop(ExitPending, "rosterload resume "+w.run.ID, "job %s did not move for %s (%s)", s.Receipt, patience.long, p.State)
		}
		if err := w.Sleep(ctx, min(wait.take(), patience.left())); err != nil {
			return err
		}
	}
}

// holdAgainstCounters compares what the org counted with what it handed over. Counters that never moved mean nothing: orgs lose them.
func (w *work) holdAgainstCounters(s *Shipment, p connector.Progress) {
	if p.Processed != 0 && p.Processed != int64(s.Rows) {
		w.warn("job %s counted %d rows, %d were sent; what became of each is said by its results and by looking", s.Receipt, p.Processed, s.Rows)
	}
}

// ask asks for the job once and keeps its outcomes, which come again from the start each time.
func (w *work) ask(ctx context.Context, s *Shipment) (connector.Progress, error) {
	collector, ok := w.Target.(connector.Collector)
	if !ok {
		return connector.Progress{Phase: connector.Gone}, nil
	}
	var answers *outcomeLog
	p, err := collector.Collect(w.tagged(ctx, s), connector.Receipt{ID: s.Receipt}, func(all ...connector.Outcome) (err error) {
		if answers == nil {
			if answers, err = w.openOutcomes(s, true); err != nil {
				return err
			}
		}
		return answers.write(all...)
	})
	if answers != nil {
		if closing := answers.close(); err == nil {
			err = closing
		}
	}
	return p, err
}

// settleByLooking ends a batch. Rows the org has answered are done. Of the others the org itself is asked: who shows what we asked for
// was reached; who is as before goes into a further batch; who is neither was moved by somebody else and is left alone.
func (w *work) settleByLooking(ctx context.Context, s *Shipment, ended bool) error {
	if s.Receipt == "" && !ended {
		if err := w.sweep(ctx, s); err != nil {
			return err
		}
	}
	silent, err := w.unanswered(s)
	if err != nil || len(silent) == 0 {
		return w.endBatch(s, err)
	}
	if err := w.lookAt(ctx, silent); err != nil {
		return err
	}
	answers, again := w.sort(s, silent, ended)
	if len(again) == s.Rows {
		return w.noteBatch(s, journal.Missed, journal.Event{})
	}
	if err := w.addOutcomes(s, answers); err != nil {
		return err
	}
	if len(again) == 0 {
		return w.endBatch(s, nil)
	}
	return w.sealFurther(s.Job, again, s, true)
}

// sort says of each row that the org is silent about what is to be done: an answer that we found by looking, or once more.
func (w *work) sort(s *Shipment, silent []int32, ended bool) (answers []connector.Outcome, again []int32) {
	for _, i := range silent {
		user := w.ledger.id(i)
		switch w.arrived(s, i) {
		case asAsked:
			answers = append(answers, connector.Outcome{User: user, State: connector.Accepted})
		case moved:
			answers = append(answers, w.movedOutcome(i))
		case asBefore:
			if !ended {
				again = append(again, i)
				continue
			}
			// Sending for ever would not make the org speak.
			answers = append(answers, connector.Outcome{User: user, State: connector.Unprocessed, Reason: "the org ended the job without a word on this row", Next: transform.FixAndLoad})
		}
	}
	return answers, again
}

// arrived tells by looking whether a batch has reached an entry. A retry leaves the request as it is: it has arrived when the org no longer
// shows the failure.
func (w *work) arrived(s *Shipment, i int32) where {
	switch {
	case !isRetry(s.Job):
		return w.whereabouts(i)
	case w.needsRetry(w.Target.Policy(), i):
		return asBefore
	}
	return asAsked
}

// sweep aborts a job whose creation was never answered.
func (w *work) sweep(ctx context.Context, s *Shipment) error {
	collector, ok := w.Target.(connector.Collector)
	if !ok {
		return nil
	}
	return collector.Sweep(w.tagged(ctx, s), s.Began.Add(-time.Minute), func(r connector.Receipt) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, other := range w.run.Batches {
			if other.Receipt == r.ID {
				return true
			}
		}
		return false
	})
}

// giveUp ends a batch whose job the org gave up as a whole: its message is the answer for every row that the job did not come to.
func (w *work) giveUp(s *Shipment, p connector.Progress) error {
	silent, err := w.unanswered(s)
	if err != nil {
		return err
	}
	var answers []connector.Outcome
	for _, i := range silent {
		answers = append(answers, connector.Outcome{User: w.ledger.id(i), State: connector.Refused, Code: p.Code, Reason: p.Reason, Next: transform.FixAndLoad})
	}
	if err := w.addOutcomes(s, answers); err != nil {
		return err
	}
	if err := w.endBatch(s, nil); err != nil {
		return err
	}
	return w.note(journal.Event{What: journal.Stopped, Job: string(s.Job), Batch: s.Number, Code: p.Code, Reason: p.Reason})
}

// unanswered are the rows of a batch without an outcome on disk. What is on disk is taken into the ledger on the way.
func (w *work) unanswered(s *Shipment) ([]int32, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.applyOutcomes(s); err != nil {
		return nil, err
	}
	number := w.ledger.numberOf(s)
	return w.pick(func(_ int32, e *entry) bool {
		return e.batch == number && (e.state == asked || e.state == untouched)
	}), nil
}

// addOutcomes adds answers of our own to those of the org, on disk and in the ledger.
func (w *work) addOutcomes(s *Shipment, all []connector.Outcome) error {
	answers, err := w.openOutcomes(s, false)
	if err != nil {
		return err
	}
	err = answers.write(all...)
	if closing := answers.close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.applyOutcomes(s)
}

// endBatch takes the digest of the outcomes and makes the batch done.
func (w *work) endBatch(s *Shipment, err error) error {
	if err != nil {
		return err
	}
	sealed, err := w.sealOutcomes(s)
	if err != nil {
		return err
	}
	return w.noteBatch(s, journal.Outcomes, journal.Event{File: sealed.File, SHA256: sealed.SHA256})
}

func (w *work) noteBatch(s *Shipment, what string, e journal.Event) error {
	e.What, e.Job, e.Batch = what, string(s.Job), s.Number
	return w.note(e)
}

// mark lets the ledger know that a batch is on its way.
func (w *work) mark(s *Shipment) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ledger.markAsked(s)
}
