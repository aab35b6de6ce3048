package transform

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"rosterload/validate/cells"
)

// Limits is what an org allows of one batch, and how its sealed file is spelled.
type Limits struct {
	Bytes  int64 // of a sealed file, header included
	Rows   int   // changes per batch
	AtOnce int   // batches of one job under way at the same time
	// PerCall is how many changes one call holds, where the calls of a batch go one behind the other in the order of
	// its file and each is answered before the next leaves. A batch that is cut short then tells which rows were never
	// handed over. 0: it does not.
	PerCall  int
	Headings [2]string // user column, value column
	Nothing  string    // the word for nothing in the value column: "#N/A"
	// Own is the heading of the connector's own third column, "" for none: what its Submit must know of a change that
	// is not the value.
	Own string
	// SplitValue reads a value of a sealed file that lacks the own column, as runs of version 1 wrote it. It may be
	// nil.
	SplitValue func(value string) (plain, own string)
}

// Batch is a sealed piece of one job: a CSV file that is on disk, complete, and never changes again.
type Batch struct {
	Job    Job
	Number int    // from 1 within the job; further batches of rows that are sent again continue the count
	Path   string // the sealed file
	Rows   int
	Size   int64
	SHA256 string
	Limits Limits
	Resend bool // its rows may have been sent before: what the org calls "no change" may then be our own first sending
}

// Name is how messages, files and the journal call the batch: "removals-0001".
func (b Batch) Name() string { return fmt.Sprintf("%s-%04d", b.Job, b.Number) }

// SealedChange is one record of a sealed file.
type SealedChange struct {
	Change
	Own string // of the connector's own column
}

// Changes reads the sealed file. The strings of a change stay valid.
func (b Batch) Changes() iter.Seq2[SealedChange, error] {
	return func(yield func(SealedChange, error) bool) {
		f, err := os.Open(b.Path)
		if err != nil {
			yield(SealedChange{}, err)
			return
		}
		defer func() { _ = f.Close() }()
		rows := cells.NewReader(f)
		header, err := rows.Read()
		if err != nil {
			yield(SealedChange{}, fmt.Errorf("%s: header: %w", b.Name(), err))
			return
		}
		if len(header) < 2 {
			yield(SealedChange{}, fmt.Errorf("%s: the header has no value column", b.Name()))
			return
		}
		rows.Width = len(header)
		for {
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(SealedChange{}, fmt.Errorf("%s: %w", b.Name(), err))
				return
			}
			if !yield(b.change(row), nil) {
				return
			}
		}
	}
}

func (b Batch) change(row []string) SealedChange {
	c := SealedChange{Change: Change{User: row[0], Value: row[1]}}
	if c.Value == b.Limits.Nothing {
		c.Value = ""
	}
	switch {
	case len(row) > 2:
		c.Own = row[2]
	case b.Limits.SplitValue != nil:
		c.Value, c.Own = b.Limits.SplitValue(c.Value)
	}
	return c
}

// RetryBatch is all that may be asked of an org's status field: these users, once more. It holds users and no value, so
// that nothing but the connector's own word for "try again" can be written there (Veeva: "Retry_Request_vod is the only
// value of this picklist admins should manually select").
type RetryBatch struct {
	Batch Batch // a sealed file whose value column is empty on every line
}

// Users are the ids to be tried again.
func (r RetryBatch) Users() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for c, err := range r.Batch.Changes() {
			if !yield(c.User, err) || err != nil {
				return
			}
		}
	}
}
