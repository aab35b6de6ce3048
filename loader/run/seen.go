package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
)

// Reconciled is what an export has shown of the run's lines, once: a table in the run's folder.
type Reconciled struct {
	Sealed
	At time.Time `json:"-"` // of the event
	By string    `json:"by,omitempty"`
}

var seenHeader = []string{"row", "id", "asked", "value", "shown", "why", "work"}

// KeepSeen writes down what an export has shown, and then lets it count. A crash before the event leaves a file that
// the next one writes again; behind it the next results of the run speak of it, whichever verb writes them.
func (w *Writer) KeepSeen(all []connector.Seen, by string) error {
	t, err := w.NewTable(fmt.Sprintf("seen-%d.csv", len(w.Run.Reconciled)+1), seenHeader...)
	if err != nil {
		return err
	}
	for _, s := range all {
		work, err := json.Marshal(s.Worked)
		if err == nil {
			err = t.Write(strconv.Itoa(s.Row), s.User, strconv.FormatBool(s.Asked), s.Value,
				strconv.FormatBool(s.Shown), s.Why, string(work))
		}
		if err != nil {
			t.Discard()
			return err
		}
	}
	sealed, _, err := t.Seal()
	if err != nil {
		return err
	}
	return w.NoteData(journal.Event{What: journal.Reconciled, Rows: sealed.Rows}, Reconciled{Sealed: sealed, By: by})
}

func (r *Run) stepReconciled(e journal.Event) (func(), error) {
	seen := Reconciled{At: e.At}
	if r.Planned == nil {
		return nil, errors.New("the run is not planned")
	}
	if err := decode(e, &seen); err != nil {
		return nil, err
	}
	if seen.File == "" || FileName(seen.File) != seen.File {
		return nil, fmt.Errorf("it names the file %q", seen.File)
	}
	return func() { r.Reconciled = append(r.Reconciled, seen) }, nil
}

// OpenSeen opens the table of what an export has shown. It is read in the roster's order.
func (r *Run) OpenSeen(c Reconciled) (*TableReader, error) {
	if err := r.Verify(c.Sealed); err != nil {
		return nil, err
	}
	return OpenTable(r.Path(c.File))
}

// Seen reads the record in hand.
func (t *TableReader) Seen() (s connector.Seen, err error) {
	if len(t.Rec) < len(seenHeader) {
		return s, t.short()
	}
	s = connector.Seen{
		Row: t.Row, User: t.Rec[1], Asked: t.Rec[2] == "true", Value: t.Rec[3],
		Shown: t.Rec[4] == "true", Why: t.Rec[5],
	}
	return s, json.Unmarshal([]byte(t.Rec[6]), &s.Worked)
}

// SeenOf is what an export has shown of all lines.
func (r *Run) SeenOf(c Reconciled) iter.Seq2[connector.Seen, error] {
	return func(yield func(connector.Seen, error) bool) {
		t, err := r.OpenSeen(c)
		if err != nil {
			yield(connector.Seen{}, err)
			return
		}
		defer t.Close()
		for t.Row != 0 {
			s, err := t.Seen()
			if err == nil {
				err = t.Next()
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}
