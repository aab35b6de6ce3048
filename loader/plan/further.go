package plan

import (
	"rosterload/loader/changes"
	"rosterload/loader/journal"
	"rosterload/loader/run"
	"rosterload/transform"
)

// Further seals batches of rows that stood in earlier ones.
type Further struct {
	Writer  *run.Writer
	Changes *changes.Changes
	Limits  func(transform.Job) transform.Limits
}

// Seal seals rows as they are. With replaces, that batch is over by the same event: a crash can leave both or neither,
// never the same rows in two batches that wait to be sent. resend: the rows may have been sent before.
func (f *Further) Seal(job transform.Job, rows []int32, replaces *run.Batch, resend bool) error {
	own, err := f.Own(rows)
	if err != nil {
		return err
	}
	return f.SealWith(job, rows, replaces, resend, own)
}

// SealWith seals rows with a new own column.
func (f *Further) SealWith(
	job transform.Job, rows []int32, replaces *run.Batch, resend bool, own map[int32]string,
) error {
	further := run.Further{Resend: resend}
	if replaces != nil {
		further.Replaces = replaces.Number
		sealed, err := f.Changes.SealOutcomes(replaces)
		if err != nil {
			return err
		}
		further.Outcomes = sealed
	}
	sealed, err := f.Cut(job, rows, replaces != nil, own)
	if err != nil {
		return err
	}
	if len(sealed) == 0 { // no row of it is left to be sent
		return f.Writer.NoteBatch(replaces, journal.Dropped, journal.Event{})
	}
	for _, b := range sealed {
		if err := f.add(b, further); err != nil {
			return err
		}
	}
	return nil
}

// Cut seals rows in as few batches as the limits allow; a part of one batch is within them already. The journal does
// not know of them yet.
func (f *Further) Cut(job transform.Job, rows []int32, part bool, own map[int32]string) ([]run.SealedBatch, error) {
	limits := f.Limits(job)
	if part {
		limits.Rows, limits.Bytes = max(len(rows), 1), 1<<62
	}
	sealer := NewSealer(f.Writer, job, limits)
	for _, i := range rows {
		c := transform.SealedChange{Change: f.Changes.Change(i), Own: own[i]}
		if job.IsRetry() {
			c.Value = "" // the file's one word says it
		}
		if err := sealer.Add(c); err != nil {
			sealer.Discard()
			return nil, err
		}
	}
	return sealer.Finish()
}

func (f *Further) add(b run.SealedBatch, further run.Further) error {
	err := f.Writer.NoteData(journal.Event{
		What: journal.Sealed, Job: b.Job.String(), Batch: b.Number, File: b.File, SHA256: b.SHA256, Rows: b.Rows,
		Size: b.Size,
	}, further)
	if err != nil {
		return err
	}
	added := f.Writer.Run.Batch(b.Job, b.Number)
	added.Limits = f.Limits(b.Job)
	return f.Changes.Enter(added)
}

// Own reads the connector's own column of these rows from their sealed files; it is not held in memory.
func (f *Further) Own(rows []int32) (map[int32]string, error) {
	own := map[int32]string{}
	if f.Limits(transform.None).Own == "" {
		return own, nil
	}
	wanted, batches := map[int32]bool{}, map[*run.Batch]bool{}
	for _, i := range rows {
		wanted[i] = true
		if b := f.Changes.Batch(i); b != nil {
			batches[b] = true
		}
	}
	for b := range batches {
		for c, err := range b.Changes() {
			if err != nil {
				return nil, err
			}
			if i, ok := f.Changes.Find(c.User); ok && wanted[i] && f.Changes.Batch(i) == b {
				own[i] = c.Own
			}
		}
	}
	return own, nil
}
