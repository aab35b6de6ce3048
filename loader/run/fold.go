package run

import (
	"encoding/json"
	"fmt"

	"rosterload/loader/journal"
	"rosterload/transform"
)

func newRun(id, folder string) *Run {
	return &Run{ID: id, Folder: folder, Times: map[transform.Job]JobTimes{}}
}

// fold makes a run of its events.
func fold(id, folder string, events []journal.Event) (*Run, error) {
	r := newRun(id, folder)
	for i, e := range events {
		if err := r.apply(e); err != nil {
			return nil, fmt.Errorf("journal of %s: event %d: %w", id, i+1, err)
		}
	}
	return r, nil
}

// apply lets one event happen to the run.
func (r *Run) apply(e journal.Event) error {
	job, err := transform.ParseJob(e.Job)
	if err != nil {
		return err
	}
	switch e.What {
	case journal.Begun:
		return r.applyBegun(e)
	case journal.Planned:
		return r.applyPlanned(e)
	case journal.Sealed:
		return r.applySealed(job, e)
	case journal.Submitting, journal.Receipt, journal.Sent, journal.Missed, journal.Unsent, journal.Outcomes, journal.Dropped:
		return r.applyToBatch(job, e)
	case journal.Retrying:
		return r.applyRetry(e)
	case journal.Ended, journal.Settled:
		r.applyToJob(job, e)
	default:
		r.applyEnd(e)
	}
	return nil
}

func (r *Run) applyBegun(e journal.Event) error {
	if e.Version > journal.Version {
		return &journal.VersionError{Version: e.Version}
	}
	r.Version, r.Target, r.Kind, r.Begun = e.Version, e.Target, e.Kind, e.At
	if e.OrgID != "" {
		r.Org.ID = e.OrgID
	}
	return json.Unmarshal(e.Data, &r.Seal)
}

func (r *Run) applyPlanned(e journal.Event) error {
	r.Planned = &Planned{}
	if err := json.Unmarshal(e.Data, r.Planned); err != nil {
		return err
	}
	r.Org = r.Planned.Org
	r.Org.As = r.Planned.As
	for _, p := range r.Planned.Batches {
		r.addBatch(p, false)
	}
	return nil
}

func (r *Run) addBatch(p SealedBatch, resend bool) {
	r.Batches = append(r.Batches, &Batch{Batch: transform.Batch{
		Job: p.Job, Number: p.Number, Path: r.Path(p.File), Rows: p.Rows, Size: p.Size, SHA256: p.SHA256, Resend: resend,
	}})
}

// applySealed adds a batch whose rows stood in earlier ones. One event seals it and ends the batch that it replaces: a crash can leave
// both or neither, never the same rows in two batches that wait to be sent.
func (r *Run) applySealed(job transform.Job, e journal.Event) error {
	var further Further
	if err := json.Unmarshal(e.Data, &further); err != nil {
		return err
	}
	if r.Batch(job, e.Batch) != nil {
		return fmt.Errorf("%s-%04d was sealed twice", e.Job, e.Batch)
	}
	if old := r.Batch(job, further.Replaces); old != nil {
		old.Dropped = !old.Submitted
		old.Done = old.Submitted
		old.Ended = e.At
		old.Outcomes = further.Outcomes
	}
	r.addBatch(SealedBatch{job, e.Batch, e.File, e.Rows, e.Size, e.SHA256}, further.Resend)
	return nil
}

func (r *Run) applyToBatch(job transform.Job, e journal.Event) error {
	b := r.Batch(job, e.Batch)
	if b == nil {
		return fmt.Errorf("%s speaks of %s-%04d, which was never sealed", e.What, e.Job, e.Batch)
	}
	switch e.What {
	case journal.Submitting:
		b.Submitted, b.Began = true, e.At
		times := r.Times[job]
		if times.Began.IsZero() {
			times.Began = e.At
			r.Times[job] = times
		}
	case journal.Receipt:
		b.Receipt = e.Receipt
	case journal.Sent:
		b.Arrived = true
	case journal.Missed: // handed over once: what the org calls "no change" next time may be that sending
		b.Submitted, b.Receipt, b.Arrived, b.Resend = false, "", false, true
	case journal.Unsent: // the org's plain no: nothing of it can have arrived
		b.Submitted, b.Receipt, b.Arrived = false, "", false
	case journal.Outcomes:
		b.Done, b.Ended, b.Outcomes = true, e.At, Sealed{File: e.File, SHA256: e.SHA256}
	case journal.Dropped:
		b.Dropped = true
	}
	return nil
}

func (r *Run) applyRetry(e journal.Event) error {
	r.Retry = &Retry{}
	if err := json.Unmarshal(e.Data, r.Retry); err != nil {
		return err
	}
	r.Retries, r.Over = r.Retry.Number, false
	for _, p := range r.Retry.Batches {
		r.addBatch(p, false)
	}
	return nil
}

func (r *Run) applyToJob(job transform.Job, e journal.Event) {
	times := r.Times[job]
	if e.What == journal.Ended {
		times.Ended = e.At
	} else {
		times.Settled = e.At
	}
	r.Times[job] = times
}

func (r *Run) applyEnd(e journal.Event) {
	switch e.What {
	case journal.Silent:
		r.Silent = true
	case journal.Superseded:
		r.Superseded = true
	case journal.Stale:
		r.Stale = true
	case journal.Stopped:
		r.Stopped = e.Reason
	case journal.Approved:
		r.Approvals = append(r.Approvals, wordOf(e))
	case journal.Rejected:
		word := wordOf(e)
		r.Rejected = &word
	case journal.Aborted:
		r.Aborted = append(r.Aborted, e.Receipt)
	case journal.Results:
		same := 1
		if r.Last.Number > 0 && r.Last.Exit == e.Exit {
			same = r.Last.Same + 1
		}
		r.Last = Revision{Number: e.Revision, Exit: e.Exit, Final: e.Final, SHA256: e.SHA256, File: e.File, Unsent: e.Code, Same: same}
		if len(e.Data) > 0 {
			_ = json.Unmarshal(e.Data, &r.Last.After) // one that cannot be read is none: a resume looks again
		}
		if r.Over, r.Ended = e.Final, e.At; r.Over {
			r.Retry = nil
		}
	}
}
