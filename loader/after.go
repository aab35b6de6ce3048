package loader

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"strconv"

	"rosterload/transform"
	"rosterload/validate"
)

var afterHeader = []string{"id", "active", "request", "group", "status", "settled_after"} // seconds from the run's beginning, 0: not settled

// keepAfter writes what was last seen of everybody touched, anew with each revision; its digest stands in the journal with the revision. A
// resume looks again; until it has, and where nobody can be asked, this is what is known.
func (w *work) keepAfter() (Sealed, error) {
	if w.ledger == nil {
		return Sealed{}, nil
	}
	t, err := w.newTable(w.run.path(afterFile), afterHeader...)
	if err != nil {
		return Sealed{}, err
	}
	for i := range w.ledger.entries {
		e := w.ledger.entries[i]
		if !e.seen {
			continue
		}
		s := w.ledger.after(int32(i))
		if err := t.write(s.ID, strconv.FormatBool(s.Active), s.Request, s.Group, s.Status, strconv.FormatUint(uint64(e.settledAt), 10)); err != nil {
			t.discard()
			return Sealed{}, err
		}
	}
	sealed, err := t.seal()
	return sealedFile(sealed), err
}

// enterAfter takes in what the last revision knew, so that a resume that cannot ask the org says no less than was said before.
func (w *work) enterAfter() error {
	after := w.run.Last.After
	if after.File == "" || verifyFile(w.run.path(after.File), after.SHA256) != nil {
		return nil // a crash came between the file and its event
	}
	f, err := os.Open(w.run.path(w.run.Last.After.File))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	rows := csv.NewReader(f)
	rows.ReuseRecord = true
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
		if place, ok := w.ledger.index.find([]byte(rec[0])); ok {
			e := &w.ledger.entries[place]
			settled, _ := strconv.ParseUint(rec[5], 10, 32)
			e.seen, e.settledAt = true, uint32(settled)
			e.after = w.ledger.pack(transform.Standing{ID: rec[0], Active: rec[1] == "true", Request: rec[2], Group: rec[3], Status: rec[4]})
		}
	}
}

// keys finds the roster's own words for up to most of these entries, for people to read.
func (w *work) keys(which []int32, most int) ([]string, error) {
	wanted := map[string]bool{}
	for _, i := range which {
		wanted[w.ledger.id(i)] = true
	}
	before, err := openTable(w.run.path(beforeFile))
	if err != nil {
		return nil, err
	}
	defer before.close()
	rows := map[int]bool{}
	for before.row != 0 && len(rows) < most {
		if wanted[before.rec[1]] {
			rows[before.row] = true
		}
		if err := before.next(); err != nil {
			return nil, err
		}
	}
	var keys []string
	for line, err := range w.roster.Lines() {
		if err != nil {
			return nil, err
		}
		if rows[line.Row] && len(keys) < most {
			keys = append(keys, validate.Trim(line.Cells[w.roster.UserColumn]))
		}
	}
	return keys, nil
}
