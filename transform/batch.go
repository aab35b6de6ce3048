package transform

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// Limits is what an org allows of one batch, and how its sealed file is spelled.
type Limits struct {
	Bytes    int64     // of a sealed file, header included
	Rows     int       // changes per batch
	AtOnce   int       // batches of one job under way at the same time
	Headings [2]string // user column, value column
	Nothing  string    // the word for nothing in the value column: "#N/A"
}

// Batch is a sealed piece of one job: a CSV file with two columns that is on disk, complete, and never changes again.
type Batch struct {
	Job    Job
	Number int    // from 1 within the job; further batches (rows sent once more) continue the count
	Path   string // the sealed file
	Rows   int
	Size   int64
	SHA256 string
	Limits Limits
	Again  bool // its users may have been sent before: what the org calls "no change" may then be our own first sending
}

// Name is how messages, files and the journal call the batch: "removals-0001".
func (b Batch) Name() string { return fmt.Sprintf("%s-%04d", b.Job, b.Number) }

// Changes reads the sealed file. The strings of a change stay valid.
func (b Batch) Changes() iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		f, err := os.Open(b.Path)
		if err != nil {
			yield(Change{}, err)
			return
		}
		defer func() { _ = f.Close() }()
		rows := csv.NewReader(f)
		rows.FieldsPerRecord, rows.ReuseRecord = 2, true // the record is used again, its strings are not
		if _, err := rows.Read(); err != nil {
			yield(Change{}, fmt.Errorf("%s: header: %w", b.Name(), err))
			return
		}
		for {
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Change{}, fmt.Errorf("%s: %w", b.Name(), err))
				return
			}
			c := Change{User: row[0], Value: row[1]}
			if c.Value == b.Limits.Nothing {
				c.Value = ""
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Again is all that may be asked of an org's status field: these users, once more. It holds users and no value, so that nothing
// but the kind's own word for "try again" can be written there (Veeva: "Retry_Request_vod is the only value of this picklist admins
// should manually select").
type Again struct {
	Batch Batch // a sealed file whose value column is empty on every line
}

// Users are the ids to be tried again.
func (a Again) Users() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for c, err := range a.Batch.Changes() {
			if !yield(c.User, err) || err != nil {
				return
			}
		}
	}
}
