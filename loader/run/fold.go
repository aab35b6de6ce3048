package run

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

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
		happen, err := r.step(e)
		if err != nil {
			return nil, fmt.Errorf("journal of %s: event %d (%s): %w", id, i+1, e.What, err)
		}
		happen()
	}
	return r, nil
}

// step holds an event against the run and answers what it does to it. Until that is called nothing has happened: an
// event that does not fit must not reach the journal, since nothing could read the run after it.
func (r *Run) step(e journal.Event) (happen func(), err error) {
	job, err := transform.ParseJob(e.Job)
	if err != nil {
		return nil, err
	}
	if begun := r.Version != 0; begun == (e.What == journal.Begun) {
		return nil, errors.New("a run begins once, with its first event")
	}
	switch e.What {
	case journal.Begun:
		return r.stepBegun(e)
	case journal.Planned:
		return r.stepPlanned(e)
	case journal.Sealed:
		return r.stepSealed(job, e)
	case journal.Submitting, journal.Receipt, journal.Sent, journal.Missed, journal.Unsent, journal.Outcomes,
		journal.Dropped:
		return r.stepBatch(job, e)
	case journal.Retrying:
		return r.stepRetry(e)
	case journal.Given:
		return r.stepGiven(e)
	case journal.Reconciled:
		return r.stepReconciled(e)
	case journal.Ended, journal.Settled:
		return r.stepJob(job, e)
	case journal.Results:
		return r.stepResults(e)
	}
	return r.stepEnd(job, e)
}

// decode reads the value that an event carries. An event that must carry one and does not is malformed.
func decode(e journal.Event, value any) error {
	if data := bytes.TrimSpace(e.Data); len(data) == 0 || string(data) == "null" {
		return errors.New("it carries no data")
	}
	return json.Unmarshal(e.Data, value)
}

func (r *Run) stepBegun(e journal.Event) (func(), error) {
	var seal Seal
	switch {
	case e.Version > journal.Version:
		return nil, &journal.VersionError{Version: e.Version}
	case e.Version < 1:
		return nil, errors.New("it tells no version")
	case e.Run != "" && e.Run != r.ID: // a copy of a run's folder is not a second run: it would send everything once more
		return nil, fmt.Errorf("the journal is that of run %s", e.Run)
	}
	if err := decode(e, &seal); err != nil {
		return nil, err
	}
	return func() {
		r.Version, r.Target, r.Kind, r.Begun, r.Seal = e.Version, e.Target, e.Kind, e.At, seal
		if e.OrgID != "" {
			r.Org.ID = e.OrgID
		}
		if seal.Reason != "" || seal.Ticket != "" {
			r.Given = append(r.Given, Given{At: stamp(e.At), By: seal.By, Reason: seal.Reason, Ticket: seal.Ticket})
		}
	}, nil
}

func (r *Run) stepPlanned(e journal.Event) (func(), error) {
	planned := &Planned{}
	if r.Planned != nil {
		return nil, errors.New("the run was planned before")
	}
	if err := decode(e, planned); err != nil {
		return nil, err
	}
	if err := r.mayAdd(planned.Batches, transform.LoadJobs()); err != nil {
		return nil, err
	}
	return func() {
		r.Planned = planned
		r.Org = planned.Org
		r.Org.As = planned.As
		r.addBatches(planned.Batches, false)
	}, nil
}

// mayAdd holds new batches against those that are there: each has a job, a number of its own, and a file in the run's
// folder.
func (r *Run) mayAdd(batches []SealedBatch, jobs []transform.Job) error {
	for i, b := range batches {
		twice := slices.ContainsFunc(batches[:i],
			func(o SealedBatch) bool { return o.Job == b.Job && o.Number == b.Number })
		switch {
		case !slices.Contains(jobs, b.Job) || b.Number < 1:
			return fmt.Errorf("no batch of this job may be sealed here: %s-%04d", b.Job, b.Number)
		case twice || r.Batch(b.Job, b.Number) != nil:
			return fmt.Errorf("%s-%04d was sealed twice", b.Job, b.Number)
		case b.Rows < 0 || b.File == "" || filepath.Base(b.File) != b.File:
			return fmt.Errorf("%s-%04d: %d rows in %q", b.Job, b.Number, b.Rows, b.File)
		}
	}
	return nil
}

func (r *Run) addBatches(batches []SealedBatch, resend bool) {
	for _, p := range batches {
		r.Batches = append(r.Batches, &Batch{Batch: transform.Batch{
			Job: p.Job, Number: p.Number, Path: r.Path(p.File), Rows: p.Rows, Size: p.Size, SHA256: p.SHA256,
			Resend: resend,
		}})
	}
}

// stepSealed adds a batch whose rows stood in earlier ones. One event seals it and ends the batch that it replaces: a
// crash can leave both or neither, never the same rows in two batches that wait to be sent.
func (r *Run) stepSealed(job transform.Job, e journal.Event) (func(), error) {
	var further Further
	if err := decode(e, &further); err != nil {
		return nil, err
	}
	if r.Planned == nil {
		return nil, errors.New("the run is not planned")
	}
	added := []SealedBatch{{job, e.Batch, e.File, e.Rows, e.Size, e.SHA256}}
	if err := r.mayAdd(added, append(transform.LoadJobs(), transform.RetryJobs(max(r.Retries, 1))...)); err != nil {
		return nil, err
	}
	old := r.Batch(job, further.Replaces)
	if further.Replaces != 0 && (old == nil || r.strict() && !old.Open()) {
		return nil, fmt.Errorf("it replaces %s-%04d, which is not open", job, further.Replaces)
	}
	return func() {
		if old != nil {
			old.Dropped, old.Done = !old.Submitted, old.Submitted
			old.Ended, old.Outcomes = e.At, further.Outcomes
		}
		r.addBatches(added, further.Resend)
	}, nil
}

// strict: in runs of version 1 several goroutines wrote events, and what they did in their order is read as it stands.
func (r *Run) strict() bool { return r.Version > 1 }

func (r *Run) stepBatch(job transform.Job, e journal.Event) (func(), error) {
	b := r.Batch(job, e.Batch)
	if b == nil {
		return nil, fmt.Errorf("%s-%04d was never sealed", job, e.Batch)
	}
	if r.strict() {
		sent := e.What != journal.Submitting && e.What != journal.Dropped
		if !b.Open() || b.Submitted != sent {
			return nil, fmt.Errorf("%s is %s", b.Name(), b.state())
		}
	}
	return func() { r.advance(b, e) }, nil
}

func (r *Run) advance(b *Batch, e journal.Event) {
	switch e.What {
	case journal.Submitting:
		b.Submitted, b.Tried, b.Began = true, true, e.At
		times := r.Times[b.Job]
		if times.Began.IsZero() {
			times.Began = e.At
			r.Times[b.Job] = times
		}
	case journal.Receipt:
		b.Receipt = e.Receipt
	case journal.Sent:
		b.Arrived = true
	case journal.Missed: // handed over once: what the org calls "no change" next time may be that sending
		b.Submitted, b.Receipt, b.Arrived, b.Reported, b.Resend = false, "", false, false, true
	case journal.Unsent: // the org's plain no: nothing of it can have arrived
		b.Submitted, b.Receipt, b.Arrived, b.Reported, b.Began = false, "", false, false, time.Time{}
	case journal.Outcomes:
		b.Done, b.Ended, b.Outcomes = true, e.At, Sealed{File: e.File, SHA256: e.SHA256}
	case journal.Dropped:
		b.Dropped = true
	}
}

func (r *Run) stepRetry(e journal.Event) (func(), error) {
	retry := &Retry{}
	if err := decode(e, retry); err != nil {
		return nil, err
	}
	switch {
	case r.Planned == nil:
		return nil, errors.New("the run is not planned")
	case r.strict() && r.Retry != nil:
		return nil, errors.New("a retry is under way")
	case retry.Number < 1 || r.strict() && retry.Number != r.Retries+1:
		return nil, fmt.Errorf("retry %d follows %d others", retry.Number, r.Retries)
	}
	if err := r.mayAdd(retry.Batches, transform.RetryJobs(retry.Number)); err != nil {
		return nil, err
	}
	return func() {
		r.Retry, r.Retries, r.Over = retry, retry.Number, false
		r.addBatches(retry.Batches, false)
	}, nil
}

func (r *Run) stepJob(job transform.Job, e journal.Event) (func(), error) {
	if job == transform.None {
		return nil, errors.New("it names no job")
	}
	return func() {
		times := r.Times[job]
		if e.What == journal.Ended {
			times.Ended = e.At
		} else {
			times.Settled = e.At
		}
		r.Times[job] = times
	}, nil
}

func (r *Run) stepResults(e journal.Event) (func(), error) {
	if e.Revision < 1 || r.strict() && e.Revision != r.Last.Number+1 {
		return nil, fmt.Errorf("revision %d follows revision %d", e.Revision, r.Last.Number)
	}
	last := Revision{
		Number: e.Revision, Exit: e.Exit, Final: e.Final, SHA256: e.SHA256, File: e.File, Unsent: e.Code,
		Given: len(r.Given), Same: 1,
	}
	if r.Last.Number > 0 && r.Last.Exit == e.Exit {
		last.Same += r.Last.Same
	}
	if len(e.Data) > 0 {
		var written Written
		if err := json.Unmarshal(e.Data, &written); err != nil {
			return nil, err
		}
		last.After, last.Manifest, last.Summary, last.Renderings = written.Sealed, written.Manifest, written.Summary,
			written.Renderings
	}
	last.Published = last.Manifest == "" // versions that kept no manifest published first
	return func() {
		r.Last, r.Over, r.Ended = last, e.Final && last.Published, e.At
		for _, b := range r.Batches {
			b.Reported = b.Submitted || b.Done
		}
		if e.Final {
			r.Retry = nil
		}
	}, nil
}

func (r *Run) stepGiven(e journal.Event) (func(), error) {
	given := Given{At: stamp(e.At)}
	if err := decode(e, &given); err != nil {
		return nil, err
	}
	return func() { r.Given = append(r.Given, given) }, nil
}

// stepEnd is for events after which less, or nothing, may be sent.
func (r *Run) stepEnd(job transform.Job, e journal.Event) (func(), error) {
	switch e.What {
	case journal.Stopped: // also where the org said no word about it
		if job == transform.None {
			return nil, errors.New("it names no job")
		}
		return func() {
			r.Stopped, r.stops = cmp.Or(e.Reason, e.Code, "it gave no reason"), append(r.stops, job)
		}, nil
	case journal.Silent:
		return func() { r.Silent = true }, nil
	case journal.Published: // a run whose last revision is not published yet is open, so that a resume publishes it
		return func() { r.Last.Published, r.Over = true, r.Last.Final }, nil
	case journal.Counted:
		return func() { r.HoldersAfter = &e.Rows }, nil
	case journal.Pruned:
		return func() { r.Pruned = true }, nil
	case journal.Superseded:
		return func() { r.Superseded = true }, nil
	case journal.Stale:
		return func() { r.Stale = true }, nil
	case journal.Approved, journal.Rejected:
		return r.stepWord(e)
	case journal.Aborted:
		return func() { r.Aborted = append(r.Aborted, e.Receipt) }, nil
	}
	return nil, errors.New("no such event is known")
}

// Written is what the event of a revision carries: the last look it rests on, and its manifest.
type Written struct {
	Sealed
	Manifest string `json:"manifest,omitempty"`
	Summary  string `json:"summary_sha256,omitempty"` // empty in runs of version 1
	// Renderings are the further files of the revision.
	Renderings []Rendered `json:"renderings,omitempty"`
}
