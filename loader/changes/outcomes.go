package changes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/validate/cells"
)

// Outcomes are written as they come, one file a batch.

// Outcomes that we write ourselves for rows that are never sent.
const (
	OutcomeDrifted    connector.State = "moved" // spelled so since version 1
	OutcomeSuperseded connector.State = "superseded"
)

var outcomeHeader = []string{"id", "state", "reason_code", "reason", "fields", "next_step", "again", "ref"}

func outcomesName(b *run.Batch) string { return "outcomes-" + b.Name() + ".csv" }

// outcomeOf reads a record whose length was checked.
func outcomeOf(rec []string) connector.Outcome {
	return connector.Outcome{
		User: rec[0], State: connector.State(rec[1]), Code: rec[2], Reason: rec[3], Fields: rec[4], Next: rec[5],
		Transient: rec[6] != "", Ref: rec[7],
	}
}

// Outcomes is the file that takes a batch's outcomes. A crash may tear its last line; that line never happened.
type Outcomes struct {
	Rows    int
	Strange int // outcomes of users who are not in the batch; they are not kept
	batch   *run.Batch
	changes *Changes
	last    near
	file    *os.File
	csv     *cells.Writer
}

// OpenOutcomes starts the file of a batch again, or goes on behind its last whole line. The file belongs to the
// goroutine that delivers the batch.
func (c *Changes) OpenOutcomes(b *run.Batch, restart bool) (*Outcomes, error) {
	flags := os.O_CREATE | os.O_RDWR
	if restart {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(c.run.Path(outcomesName(b)), flags, 0o600)
	if err != nil {
		return nil, err
	}
	o := &Outcomes{file: f, csv: cells.NewWriter(f), batch: b, changes: c}
	end, err := wholeRecords(f, func(connector.Outcome, int64) error { o.Rows++; return nil })
	if err == nil {
		err = f.Truncate(end)
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err == nil && end == 0 {
		err = o.csv.Write(outcomeHeader...)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return o, nil
}

// Write adds outcomes. One of a user who is not in the batch is an org's mistake: kept, it would make the run
// unreadable.
func (o *Outcomes) Write(outcomes ...connector.Outcome) error {
	for _, x := range outcomes {
		if !o.belongs(x.User) {
			o.Strange++
			continue
		}
		o.Rows++
		if err := o.write(&x); err != nil {
			return err
		}
	}
	return nil
}

// belongs tells whether an outcome of this batch may speak of the user.
func (o *Outcomes) belongs(user string) bool {
	i, ok := o.changes.index.find(user, &o.last)
	return ok && o.changes.Batch(int32(i)) == o.batch
}

func (o *Outcomes) write(x *connector.Outcome) error {
	transient := ""
	if x.Transient {
		transient = "true"
	}
	return o.csv.Write(x.User, string(x.State), x.Code, x.Reason, x.Fields, x.Next, transient, x.Ref)
}

// Sync returns when everything written is on disk.
func (o *Outcomes) Sync() error {
	if err := o.csv.Flush(); err != nil {
		return err
	}
	return o.file.Sync()
}

// Close brings the rest to disk.
func (o *Outcomes) Close() error { return errors.Join(o.Sync(), o.file.Close()) }

// Answer adds outcomes of our own to those of the org, on disk and in the entries.
func (c *Changes) Answer(b *run.Batch, all []connector.Outcome) error {
	o, err := c.OpenOutcomes(b, false)
	if err != nil {
		return err
	}
	err = errors.Join(o.Write(all...), o.Close())
	if err != nil {
		return err
	}
	return c.Apply(b)
}

// Apply lets the outcomes on disk happen to the entries. A batch without a file has none.
func (c *Changes) Apply(b *run.Batch) error {
	number := c.number(b)
	return ReadOutcomes(c.run, b, func(o connector.Outcome, offset int64) error {
		c.apply(number, o, offset)
		return nil
	})
}

// ReadOutcomes reads a batch's outcomes and where each begins. A batch without a file has none; a torn line never
// happened.
func ReadOutcomes(r *run.Run, b *run.Batch, each func(o connector.Outcome, offset int64) error) error {
	f, err := os.Open(r.Path(outcomesName(b)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = wholeRecords(f, each)
	return err
}

// SealOutcomes takes the digest of a batch's outcomes; a batch without a file has none.
func (c *Changes) SealOutcomes(b *run.Batch) (run.Sealed, error) {
	sha, err := spool.Digest(c.run.Path(outcomesName(b)))
	if errors.Is(err, fs.ErrNotExist) {
		return run.Sealed{}, nil
	}
	return run.Sealed{File: outcomesName(b), SHA256: sha}, err
}

// wholeRecords reads complete records, skipping the header, and returns where the last of them ends.
func wholeRecords(f *os.File, each func(o connector.Outcome, offset int64) error) (end int64, err error) {
	size, err := lastNewline(f)
	if err != nil {
		return 0, err
	}
	rows := cells.NewReader(io.NewSectionReader(f, 0, size))
	for header := true; ; header = false {
		at := rows.Offset()
		rec, err := rows.Read()
		if err != nil || len(rec) != len(outcomeHeader) {
			return end, nil // torn, or the end
		}
		if !header {
			if err := each(outcomeOf(rec), at); err != nil {
				return end, err
			}
		}
		end = rows.Offset()
	}
}

// lastNewline is where the last line that ended ends: what stands behind it is torn.
func lastNewline(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	page := make([]byte, 1<<16)
	for end := info.Size(); end > 0; {
		begin := max(0, end-int64(len(page)))
		n, err := f.ReadAt(page[:end-begin], begin)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if i := bytes.LastIndexByte(page[:n], '\n'); i >= 0 {
			return begin + int64(i) + 1, nil
		}
		end = begin
	}
	return 0, nil
}

// Words reads what the org said of entries, where it said more than yes.
type Words struct {
	changes *Changes
	files   map[uint16]*os.File
}

// Words opens the outcomes as they are asked for.
func (c *Changes) Words() *Words { return &Words{c, map[uint16]*os.File{}} }

// Of is the org's record of an entry; false when the org said no more than yes.
func (w *Words) Of(i int32) (connector.Outcome, bool, error) {
	at, there := w.changes.words[i]
	if !there {
		return connector.Outcome{}, false, nil
	}
	f, err := w.file(at.batch)
	if err != nil {
		return connector.Outcome{}, false, err
	}
	info, err := f.Stat()
	if err != nil {
		return connector.Outcome{}, false, err
	}
	rec, err := cells.First(io.NewSectionReader(f, at.offset, info.Size()-at.offset))
	if err == nil && len(rec) != len(outcomeHeader) {
		err = cells.ErrWidth
	}
	if err != nil {
		return connector.Outcome{}, false, fmt.Errorf("%s at byte %d: %w", f.Name(), at.offset, err)
	}
	return outcomeOf(rec), true, nil
}

func (w *Words) file(batch uint16) (*os.File, error) {
	if f := w.files[batch]; f != nil {
		return f, nil
	}
	f, err := os.Open(w.changes.run.Path(outcomesName(w.changes.batches[batch-1])))
	if err == nil {
		w.files[batch] = f
	}
	return f, err
}

// Close lets go of the files.
func (w *Words) Close() {
	for _, f := range w.files {
		_ = f.Close()
	}
}
