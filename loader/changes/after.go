package changes

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate/cells"
)

var afterHeader = []string{"id", "active", "request", "group", "status", "settled_after"} // seconds from the run's beginning, 0: not settled

// gone stands in place of active for a user that the org no longer shows.
const gone = "gone"

// afterName is the file of a revision. Runs of version 1 wrote one file again with each revision.
func afterName(revision int) string { return fmt.Sprintf("standing-after-%d.csv", revision) }

// KeepAfter writes what was last seen of the users that the run touched, for one revision of the results; its digest
// stands in the journal with the revision. A resume looks again; until it has, and where it cannot ask, this is what is
// known. Crash before the event: the file is written again with the next revision of that number.
func (c *Changes) KeepAfter(w *run.Writer, revision int) (run.Sealed, error) {
	t, err := w.NewTable(afterName(revision), afterHeader...)
	if err != nil {
		return run.Sealed{}, err
	}
	for i := range int32(len(c.entries)) {
		e := &c.entries[i]
		if e.sight == unseen {
			continue
		}
		s, active := c.After(i), gone
		if e.sight.shows() {
			active = strconv.FormatBool(s.Active)
		}
		if err := t.Write(c.ID(i), active, s.Request, s.Group, s.Status,
			strconv.FormatUint(uint64(e.settledAt), 10)); err != nil {
			t.Discard()
			return run.Sealed{}, err
		}
	}
	sealed, _, err := t.Seal()
	return sealed, err
}

// DropAfter removes the file of an earlier revision, when a newer one stands in the journal.
func (c *Changes) DropAfter(revision int) {
	_ = os.Remove(c.run.Path(afterName(revision)))
}

// enterAfter takes in what the last revision knew, so that a resume that cannot ask the org says no less than was said
// before.
func (c *Changes) enterAfter() error {
	after := c.run.Last.After
	if after.File == "" {
		return nil
	}
	if err := c.run.Verify(after); err != nil {
		if c.run.Version < 2 {
			return nil // a crash came between the file and its event
		}
		return err
	}
	f, err := os.Open(c.run.Path(after.File))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	rows := cells.NewReader(f)
	rows.Width = len(afterHeader)
	for header := true; ; header = false {
		rec, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case header:
			continue
		}
		if i, ok := c.Find(rec[0]); ok && !c.sentSince(i) {
			settled, _ := strconv.ParseUint(rec[5], 10, 32)
			e := &c.entries[i]
			if e.settledAt = uint32(settled); rec[1] == gone {
				e.sight = lost
				continue
			}
			e.sight = seen
			e.after = c.names.Pack(transform.Standing{
				ID: rec[0], Active: rec[1] == "true", Request: rec[2],
				Group: rec[3], Status: rec[4],
			})
		}
	}
}

// sentSince tells whether an entry was sent behind the last revision: what was seen before says nothing of that
// sending.
func (c *Changes) sentSince(i int32) bool {
	b := c.Batch(i)
	return b != nil && (b.Submitted || b.Done || b.Job.IsRetry()) && !b.Reported
}
