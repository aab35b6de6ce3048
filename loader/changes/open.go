package changes

import (
	"errors"
	"io/fs"
	"os"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/transform"
)

// Open reads a run's sealed batches, what was held before, every outcome that is on disk, and what was last seen. The
// batches must know their limits.
func Open(r *run.Run) (*Changes, error) {
	c := &Changes{run: r, names: NewNames(), began: r.Begun, words: map[int32]inFile{}, rows: map[uint16]extent{}}
	expected := r.Planned.Changes()
	c.ids.Expect(expected)
	c.index = newIndex(&c.ids, expected)
	c.entries = make([]entry, 0, expected)
	for _, b := range r.Batches { // each behind what became of those before it, as it was when it was sealed
		if err := c.Enter(b); err != nil {
			return nil, err
		}
		if err := c.replay(b); err != nil {
			return nil, err
		}
	}
	if err := c.enterBefore(); err != nil {
		return nil, err
	}
	return c, c.enterAfter()
}

// mostBatches is how many an entry can tell apart. The smallest batches of any org hold 50 rows.
const mostBatches = 1<<16 - 1

// Enter puts a batch's rows into the entries, those of a further batch onto the entries they have already.
func (c *Changes) Enter(b *run.Batch) error {
	if err := c.run.Verify(run.Sealed{File: run.FileName(b.Path), SHA256: b.SHA256}); err != nil {
		return err
	}
	if len(c.batches) == mostBatches {
		return run.Stopf(run.ExitUsage, run.Say("split the roster"), "run %s has more than %d batches", c.run.ID,
			mostBatches)
	}
	c.batches = append(c.batches, b)
	number, planned := uint16(len(c.batches)), c.run.IsPlanned(b)
	in, rows := extent{first: int32(len(c.entries))}, 0
	for change, err := range b.Changes() {
		if err != nil {
			return err
		}
		place, isNew := c.index.add(change.User)
		switch {
		case isNew:
			c.entries = append(c.entries, entry{value: c.valueOf(b, change)})
			in.count++
		case planned:
			return run.Stopf(run.ExitUnproved, run.Hint{}, "%s names user %s, who stands in an earlier batch", b.Name(),
				change.User)
		case !b.Job.IsRetry(): // a value that was made up may have been made up again
			c.entries[place].value = c.names.Of(change.Value)
			fallthrough
		default:
			in.listed = append(in.listed, int32(place))
		}
		c.entries[place].enter(number, b.Job.IsRetry())
		rows++
	}
	if rows != b.Rows {
		return run.Stopf(run.ExitUnproved, run.Hint{}, "%s holds %d rows, the journal says %d", b.Path, rows, b.Rows)
	}
	c.rows[number] = in
	return nil
}

// valueOf: a retry's file names no value; what was asked of a row that was never sent stands among the verdicts.
func (c *Changes) valueOf(b *run.Batch, change transform.SealedChange) uint32 {
	if b.Job.IsRetry() {
		return 0
	}
	return c.names.Of(change.Value)
}

// enter moves an entry to a further batch. What was sent and never arrived is unsent again; a retry asks again.
func (e *entry) enter(batch uint16, retry bool) {
	e.counted = false
	if e.batch = batch; e.state == Sent || retry {
		e.state = Unsent
	}
	if retry {
		e.settledAt, e.transient = 0, false
	}
}

// EnterBefore fills in what was held before, once more when entries were added: those of a retry.
func (c *Changes) EnterBefore() error { return c.enterBefore() }

// enterBefore also adds users that are sent nothing, but whose requests are on their way.
func (c *Changes) enterBefore() error {
	verdicts, err := c.openTable(run.VerdictsFile)
	if err != nil {
		return err
	}
	defer verdicts.Close()
	before, err := c.openTable(run.BeforeFile)
	if err != nil {
		return err
	}
	defer before.Close()
	for before.Row != 0 {
		if err := c.enterStanding(before, verdicts); err != nil {
			return err
		}
		if err := before.Next(); err != nil {
			return err
		}
	}
	return c.EachExtra(func(i int32, s transform.Standing) error {
		c.entries[i].before = c.names.Pack(s)
		return nil
	})
}

// openTable opens a sealed table. What is sent, and what is not, rests on it: one that was altered is not read.
func (c *Changes) openTable(name string) (*run.TableReader, error) {
	for _, f := range c.run.Planned.Files {
		if f.File != name {
			continue
		}
		if err := c.run.Verify(f); err != nil {
			return nil, err
		}
	}
	return run.OpenTable(c.run.Path(name))
}

func (c *Changes) enterStanding(before, verdicts *run.TableReader) error {
	s, _, err := before.Standing()
	if err != nil {
		return err
	}
	i, ok := c.Find(s.ID)
	answered, err := verdicts.At(before.Row)
	if err != nil {
		return err
	}
	if !ok && !answered {
		return nil
	}
	if answered {
		d, err := verdicts.Decided()
		if err != nil {
			return err
		}
		if !ok && d.Verdict.Word != transform.Pending {
			return nil
		}
		i = c.Watch(s.ID, d.Requested)
		c.entries[i].value = c.names.Of(d.Requested) // never sent by the load, but watched, or sent by a retry
	}
	c.entries[i].before = c.names.Pack(s)
	return nil
}

// EachExtra walks the people who are in no line and lose something in the removal job.
func (c *Changes) EachExtra(each func(i int32, before transform.Standing) error) error {
	if c.run.Planned == nil || c.run.Planned.Extra == 0 {
		return nil
	}
	extra, err := c.openTable(run.ExtraFile)
	if err != nil {
		return err
	}
	defer extra.Close()
	for extra.Rec != nil { // their row is 0: they have none
		s, _, err := extra.Standing()
		if err != nil {
			return err
		}
		if i, ok := c.Find(s.ID); ok {
			if err := each(i, s); err != nil {
				return err
			}
		}
		if err := extra.Next(); err != nil {
			return err
		}
	}
	return nil
}

// refuseGap holds the files of outcomes against the journal. A batch that has arrived has a file, which is made before
// anything is sent. One that was never handed over has no outcomes but our own; others mean that the end of the journal
// was taken away, and the batch would be sent twice.
func (c *Changes) refuseGap(b *run.Batch) error {
	switch {
	case b.Arrived && !b.Done && c.run.Version > 1:
		if _, err := os.Stat(c.run.Path(outcomesName(b))); errors.Is(err, fs.ErrNotExist) {
			return run.Stopf(run.ExitUnproved, run.Say("restore the run's folder from a copy"),
				"the outcomes of %s of run %s are gone", b.Name(), c.run.ID)
		}
		return nil
	case b.Tried:
		return nil
	}
	return ReadOutcomes(c.run, b, func(o connector.Outcome, _ int64) error {
		if o.State == OutcomeDrifted || o.State == OutcomeSuperseded {
			return nil
		}
		return run.Stopf(run.ExitUnproved, run.Say("restore the run's folder from a copy"),
			"%s has outcomes, and the journal of run %s does not know that it was sent", b.Name(), c.run.ID)
	})
}

// replay lets what is on disk of one batch's outcomes happen to the entries.
func (c *Changes) replay(b *run.Batch) error {
	if b.Done {
		if err := c.run.Verify(b.Outcomes); err != nil {
			return err
		}
	}
	if err := c.refuseGap(b); err != nil {
		return err
	}
	if b.Submitted && !b.Dropped {
		c.MarkSent(b)
	}
	return c.Apply(b)
}
