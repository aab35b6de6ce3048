package loader

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/transform"
)

// retryCodes are the reasons for which the org may be asked once more, when its cause was cured.
var retryCodes = []string{"ENGAGE_NO_LICENSES", "ENGAGE_REQUEST_FAILED", "ENGAGE_INVALID_GROUP", "ENGAGE_RETRY_NEEDED"}

// Again is a retry of failed rows, as its event has it: the batches are sealed before it, and nothing of it counts without it.
type Again struct {
	Number  int           `json:"number"`
	Wait    time.Duration `json:"wait"`
	Batches []Parcel      `json:"batches"`
}

// jobs are the retry's own: users whose request is blank first - their removal is asked again - and, when that is over, the others.
func (a *Again) jobs() []transform.Job {
	return []transform.Job{
		transform.Job(fmt.Sprintf("retry-%d-%s", a.Number, transform.Removals)),
		transform.Job(fmt.Sprintf("retry-%d-%s", a.Number, transform.Upserts)),
	}
}

func isRetry(job transform.Job) bool { return strings.HasPrefix(string(job), "retry-") }
func isRemovals(job transform.Job) bool {
	return strings.HasSuffix(string(job), string(transform.Removals))
}

// Retryable names the run that a retry without a name takes: the newest with rows that a retry could help.
func Retryable(home string) (*Run, error) {
	runs, _, err := Runs(home)
	if err != nil {
		return nil, err
	}
	for _, r := range slices.Backward(runs) {
		for row, err := range results.Read(r.revisionPath(max(1, r.Last.Number))) {
			if err == nil && slices.Contains(retryCodes, row.ReasonCode) {
				return r, nil
			}
		}
	}
	return nil, stop(ExitNothing, "rosterload runs", "no run has rows that a retry could help")
}

// Retry asks the org once more for the rows of a run that it failed, and writes that run's results again. Only the status field is set, and
// only to the org's word for "try again". A row that no longer needs it is left alone.
func Retry(ctx context.Context, o Options, run string) (*results.Summary, error) {
	wait := o.Flags.Wait
	w, err := reopen(o, run)
	if err != nil {
		return nil, err
	}
	defer w.close()
	ctx = w.tagged(ctx, nil)
	switch {
	case w.run.Again != nil:
		return nil, stop(ExitUsage, "rosterload resume "+run, "a retry of run %s is under way", run)
	case w.run.Planned == nil || !w.run.answered():
		return nil, stop(ExitUsage, "rosterload resume "+run, "run %s has rows without an answer: end it first", run)
	}
	if _, ok := w.Target.(connector.Retrier); !ok {
		return nil, stop(ExitUsage, "", "orgs of kind %s have nothing that may be retried", w.Kind.Name)
	}
	w.Flags.Wait = wait
	if err = w.enter(ctx); err == nil {
		err = w.retry(ctx)
	}
	return w.finish(ctx, err)
}

// answered tells whether every batch has its outcomes.
func (r *Run) answered() bool {
	return !slices.ContainsFunc(r.Batches, func(s *Shipment) bool { return !s.Done && !s.Dropped && (s.Submitted || r.maySend()) })
}

// retry looks at each failed row, seals those that need it, and carries them.
func (w *work) retry(ctx context.Context) error {
	if err := w.openLedger(); err != nil {
		return err
	}
	rows, err := w.failedRows()
	if err != nil {
		return err
	}
	if err := w.lookAt(ctx, rows); err != nil {
		return err
	}
	again := &Again{Number: w.run.Retries + 1, Wait: w.Flags.Wait}
	jobs := again.jobs()
	policy := w.Target.Policy()
	for k, job := range jobs {
		var mine []int32
		for _, i := range rows {
			if (w.ledger.entries[i].value == 0) == (k == 0) && w.needsRetry(policy, i) {
				mine = append(mine, i)
			}
		}
		parcels, err := w.cut(job, mine, false)
		if err != nil {
			return err
		}
		again.Batches = append(again.Batches, parcels...)
	}
	if len(again.Batches) == 0 {
		return stop(ExitNothing, "rosterload show "+w.run.ID, "no row of run %s needs a retry", w.run.ID)
	}
	data, err := json.Marshal(again)
	if err != nil {
		return err
	}
	if err := w.note(journal.Event{What: journal.Retrying, Data: data}); err != nil {
		return err
	}
	for _, s := range w.run.Batches {
		if s.Limits = w.limits(s.Job); slices.Contains(jobs, s.Job) {
			if err := w.enterBatch(s); err != nil {
				return err
			}
		}
	}
	return w.carryRetry(ctx)
}

// needsRetry: the org still shows the failure, and the request is still what this run asked.
func (w *work) needsRetry(policy transform.Policy, i int32) bool {
	retryable, ok := policy.(transform.Retryable)
	return ok && w.ledger.entries[i].seen && retryable.Retryable(w.ledger.change(i), w.ledger.after(i))
}

// failedRows are the entries of the newest results' rows that a retry could help. Rows that were never sent get an entry now, to be watched.
func (w *work) failedRows() ([]int32, error) {
	var rows []int32
	for row, err := range results.Read(w.run.revisionPath(w.run.Last.Number)) {
		if err != nil {
			return nil, err
		}
		if !slices.Contains(retryCodes, row.ReasonCode) || row.RecordID == "" {
			continue
		}
		place, isNew := w.ledger.index.add(row.RecordID)
		if isNew {
			w.ledger.entries = append(w.ledger.entries, entry{state: watched, value: w.ledger.names.of(row.Requested)})
		}
		rows = append(rows, int32(place))
	}
	return rows, w.enterBefore()
}

// carryRetry brings a sealed retry to its end, as carry does a load.
func (w *work) carryRetry(ctx context.Context) error {
	jobs := w.run.Again.jobs()
	if w.ledger == nil { // taken up again by another process, with the retry's own patience
		w.Flags.Wait = w.run.Again.Wait
		if err := w.openLedger(); err != nil {
			return err
		}
		if _, err := w.failedRows(); err != nil {
			return err
		}
	}
	for _, job := range jobs {
		if err := w.sparePeople(ctx, job); err != nil {
			return fmt.Errorf("%s: %w", job, err)
		}
		if err := w.send(ctx, job); err != nil {
			return fmt.Errorf("%s: %w", job, err)
		}
		if err := w.await(ctx, job); err != nil {
			return fmt.Errorf("%s: %w", job, err)
		}
	}
	return w.readBack(ctx)
}

// sparePeople looks, before a retry's job is sent, at everybody in it: time may have passed. Who no longer needs it goes into no batch.
func (w *work) sparePeople(ctx context.Context, job transform.Job) error {
	policy := w.Target.Policy()
	for _, s := range w.waiting(job) {
		if s.Submitted {
			continue
		}
		mine := w.pick(func(i int32, _ *entry) bool { return w.ledger.batchOf(i) == s })
		if err := w.lookAt(ctx, mine); err != nil {
			return err
		}
		rest := slices.DeleteFunc(slices.Clone(mine), func(i int32) bool { return !w.needsRetry(policy, i) })
		if len(rest) == len(mine) {
			continue
		}
		for _, i := range mine {
			w.ledger.entries[i].state = accepted // what the org shows now is the answer
		}
		if err := w.sealFurther(job, rest, s, false); err != nil {
			return err
		}
	}
	return nil
}
