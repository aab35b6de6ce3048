package loader

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/transform"
)

// refuseLate keeps a late order from being carried out. Time has passed since a resumed run was planned: a newer run may have been at
// work, or somebody may have moved a user by hand. What has been sent is followed to its end all the same.
func (w *work) refuseLate(ctx context.Context) error {
	if !w.resumed || !w.run.maySend() {
		return nil
	}
	newer, err := w.newerAtWork()
	if err != nil {
		return err
	}
	if newer != "" {
		w.warn("run %s has sent something to this org since; nothing more of this run is sent", newer)
		return w.note(journal.Event{What: journal.Superseded, Note: newer})
	}
	waiting := w.pick(func(i int32, _ *entry) bool {
		b := w.ledger.batchOf(i)
		return b != nil && !b.Submitted && !b.Done && !b.Dropped
	})
	if err := w.lookAt(ctx, waiting); err != nil {
		return err
	}
	gone := map[*Shipment][]int32{}
	for _, i := range waiting {
		if w.whereabouts(i) == moved {
			b := w.ledger.batchOf(i)
			gone[b] = append(gone[b], i)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if !w.run.SentAnything() {
		return w.refuseAll(gone)
	}
	return w.leaveAlone(gone)
}

// refuseAll ends a run that has sent nothing: its plan is no longer true.
func (w *work) refuseAll(gone map[*Shipment][]int32) error {
	var all []int32
	for _, rows := range gone {
		all = append(all, rows...)
	}
	keys, err := w.keys(all, 20)
	if err != nil {
		return err
	}
	if err := w.note(journal.Event{What: journal.Stale, Rows: len(all)}); err != nil {
		return err
	}
	return stop(ExitStale, "load the roster again", "the plan is no longer true: %d users were moved since (%s); nothing was sent", len(all), strings.Join(keys, ", "))
}

// leaveAlone seals the batches anew without those who were moved.
func (w *work) leaveAlone(gone map[*Shipment][]int32) error {
	for s, rows := range gone {
		moved := map[int32]bool{}
		var answers []connector.Outcome
		for _, i := range rows {
			moved[i] = true
			answers = append(answers, w.movedOutcome(i))
		}
		if err := w.addOutcomes(s, answers); err != nil {
			return err
		}
		rest := w.pick(func(i int32, e *entry) bool { return w.ledger.batchOf(i) == s && !moved[i] })
		if err := w.sealFurther(s.Job, rest, s, false); err != nil {
			return err
		}
	}
	return nil
}

// newerAtWork names a newer run of the same org that has sent something.
func (w *work) newerAtWork() (string, error) {
	runs, _, err := Runs(w.Home)
	if err != nil {
		return "", err
	}
	for _, r := range runs {
		if r.ID > w.run.ID && r.Org.ID == w.org.ID && r.SentAnything() {
			return r.ID, nil
		}
	}
	return "", nil
}

// clearTheWay aborts jobs of older runs that have not begun in the org, before a new run looks: they would undo it later.
func (w *work) clearTheWay(ctx context.Context) error {
	collector, ok := w.Target.(connector.Collector)
	if !ok {
		return nil
	}
	runs, _, err := Runs(w.Home)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.ID == w.run.ID || r.Planned == nil || r.Org.ID != w.org.ID || r.Over {
			continue
		}
		for _, s := range r.Batches {
			if s.Receipt == "" || s.Done {
				continue
			}
			w.Log.Info("aborting a job of an older run that has not begun", "run", r.ID, "job", s.Job, "batch", s.Number, "receipt", s.Receipt)
			if err := collector.Abort(ctx, connector.Receipt{ID: s.Receipt}); err != nil {
				return fmt.Errorf("abort job %s of run %s: %w", s.Receipt, r.ID, err)
			}
		}
	}
	return nil
}

// where a user is, compared with the plan.
type where int

const (
	asBefore where = iota
	asAsked
	moved
)

// whereabouts compares what was last seen of an entry, which a look must have shown, with what the plan saw and what it asks.
func (w *work) whereabouts(i int32) where {
	w.looking.Lock()
	policy := w.Target.Policy()
	w.looking.Unlock()
	now, e := w.ledger.after(i), w.ledger.entries[i]
	switch {
	case !now.Found():
		return moved
	case policy.AsAsked(w.ledger.change(i), now):
		return asAsked
	case now.Request == w.ledger.names.text[e.before.request]:
		return asBefore
	}
	return moved
}

func (w *work) movedOutcome(i int32) connector.Outcome {
	now := w.ledger.after(i)
	reason := fmt.Sprintf("the request field says %q now, neither what it was when the run was planned nor what is asked: somebody else moved this user, who was left alone", now.Request)
	if !now.Found() {
		reason = "the org no longer shows this user"
	}
	return connector.Outcome{User: w.ledger.id(i), State: movedMeanwhile, Code: "USER_CHANGED_MEANWHILE", Reason: reason, Next: transform.FixAndLoad}
}

// sealFurther seals a batch of rows that stood in earlier ones. With replaces, that batch is over by the same event.
func (w *work) sealFurther(job transform.Job, rows []int32, replaces *Shipment, sent bool) error {
	further := Further{Sent: sent}
	if replaces != nil {
		further.Replaces = replaces.Number
		sealed, err := w.sealOutcomes(replaces)
		if err != nil {
			return err
		}
		further.Outcomes = sealed
	}
	parcels, err := w.cut(job, rows, replaces != nil)
	if err != nil {
		return err
	}
	if len(parcels) == 0 { // everybody in it was moved: nothing is left to be sent
		return w.noteBatch(replaces, journal.Dropped, journal.Event{})
	}
	for _, p := range parcels {
		if err := w.addParcel(p, further); err != nil {
			return err
		}
	}
	return nil
}

// limits are the org's; a retry's files have the headings and the one word of the status field.
func (w *work) limits(job transform.Job) transform.Limits {
	l := w.Target.Limits()
	if retrier, ok := w.Target.(connector.Retrier); ok && isRetry(job) {
		l.Headings, l.Nothing = retrier.RetrySpelling()
	}
	return l
}

// cut seals rows in as few batches as the limits allow; a part of one batch is within them already.
func (w *work) cut(job transform.Job, rows []int32, whole bool) ([]Parcel, error) {
	w.mu.Lock()
	cutter := &sealer{w: w, job: job, limits: w.limits(job), first: w.run.lastNumber(job)}
	w.mu.Unlock()
	if whole {
		cutter.limits.Rows, cutter.limits.Bytes = max(len(rows), 1), 1<<62
	}
	for _, i := range rows {
		c := w.ledger.change(i)
		if isRetry(job) {
			c.Value = "" // the file's one word says it
		}
		if err := cutter.add(c); err != nil {
			return nil, err
		}
	}
	err := cutter.finish()
	return cutter.parcels, err
}

func (w *work) addParcel(p Parcel, f Further) error {
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if err := w.note(journal.Event{What: journal.Sealed, Job: string(p.Job), Batch: p.Number, File: p.File, SHA256: p.SHA256, Rows: p.Rows, Size: p.Size, Data: data}); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.run.batch(p.Job, p.Number)
	s.Limits = w.limits(s.Job)
	return w.enterBatch(s)
}
