package loader

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"

	"rosterload/loader/connector"
	"rosterload/loader/spool"
)

// Outcomes are written as they come, one file a batch.

var outcomeHeader = []string{"id", "state", "reason_code", "reason", "fields", "next_step", "again", "ref"}

func outcomesName(s *Shipment) string { return "outcomes-" + s.Name() + ".csv" }

// outcomeLog is the file that takes a batch's outcomes. A crash may tear its last line; that line never happened.
type outcomeLog struct {
	file *os.File
	csv  *csv.Writer
	rows int
}

// openOutcomes starts the file anew, or goes on behind its last whole line.
func (w *work) openOutcomes(s *Shipment, anew bool) (*outcomeLog, error) {
	path := w.run.path(outcomesName(s))
	flags := os.O_CREATE | os.O_RDWR
	if anew {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	o := &outcomeLog{file: f, csv: csv.NewWriter(f)}
	end, err := wholeRecords(f, func([]string, int64) error { o.rows++; return nil })
	if err == nil {
		err = f.Truncate(end)
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err == nil && end == 0 {
		err = o.csv.Write(outcomeHeader)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return o, nil
}

func (o *outcomeLog) write(outcomes ...connector.Outcome) error {
	for _, x := range outcomes {
		again := ""
		if x.Again {
			again = "true"
		}
		o.rows++
		if err := o.csv.Write([]string{x.User, string(x.State), x.Code, x.Reason, x.Fields, x.Next, again, x.Ref}); err != nil {
			return err
		}
	}
	return nil
}

// sync returns when everything written is on disk.
func (o *outcomeLog) sync() error {
	o.csv.Flush()
	if err := o.csv.Error(); err != nil {
		return err
	}
	return o.file.Sync()
}

func (o *outcomeLog) close() error { return errors.Join(o.sync(), o.file.Close()) }

// wholeRecords reads complete records, skipping the header, and answers where the last of them ends. The offset given to each is where
// the record begins.
func wholeRecords(f *os.File, each func(rec []string, offset int64) error) (end int64, err error) {
	size, err := lastNewline(f)
	if err != nil {
		return 0, err
	}
	rows := csv.NewReader(io.NewSectionReader(f, 0, size))
	rows.ReuseRecord = true
	for header := true; ; header = false {
		at := rows.InputOffset()
		rec, err := rows.Read()
		if err != nil {
			return end, nil // torn, or the end
		}
		if len(rec) != len(outcomeHeader) {
			return end, nil
		}
		if !header {
			if err := each(rec, at); err != nil {
				return end, err
			}
		}
		end = rows.InputOffset()
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

// applyOutcomes lets the outcomes on disk happen to the ledger. A batch without a file has none.
func (w *work) applyOutcomes(s *Shipment) error {
	f, err := os.Open(w.run.path(outcomesName(s)))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	number := w.ledger.numberOf(s)
	_, err = wholeRecords(f, func(rec []string, offset int64) error {
		return w.ledger.apply(number, rec, offset)
	})
	return err
}

func (l *ledger) numberOf(s *Shipment) uint16 {
	for i, b := range l.batches {
		if b == s {
			return uint16(i + 1)
		}
	}
	return 0
}

// apply joins one outcome to its change by user id.
func (l *ledger) apply(number uint16, rec []string, offset int64) error {
	place, ok := l.index.find([]byte(rec[0]))
	if !ok {
		return fmt.Errorf("an outcome of %s speaks of user %s, who is in no batch", l.batches[number-1].Name(), rec[0])
	}
	i, e := int32(place), &l.entries[place]
	was := e.state
	delete(l.words, i)
	e.again = rec[6] != ""
	if connector.State(rec[1]) == connector.Step {
		l.words[i] = words{batch: number, offset: offset}
		return nil
	}
	if rec[3] != "" || rec[4] != "" || rec[7] != "" || connector.State(rec[1]) != connector.Accepted && connector.State(rec[1]) != connector.Same {
		l.words[i] = words{batch: number, offset: offset}
	}
	switch connector.State(rec[1]) {
	case connector.Accepted:
		e.state = accepted
	case connector.Same: // on a batch that was sent again it is our own first sending that the org found there
		if e.state = same; l.batches[number-1].Again {
			e.state = accepted
		}
	case connector.Refused:
		e.state = refused
	case connector.Unprocessed:
		e.state = untouched
	case movedMeanwhile:
		e.state = dropped
	}
	if was == asked || was == unsent || was == untouched {
		e.attempts += sendings(e.state)
	}
	return nil
}

// sendings counts what was really handed over.
func sendings(s state) uint8 {
	if s == accepted || s == refused || s == same {
		return 1
	}
	return 0
}

// movedMeanwhile is the outcome that we write ourselves for a user whom somebody else moved before we sent anything.
const movedMeanwhile connector.State = "moved"

// sealOutcomes takes the digest of a batch's outcomes; a batch without a file has none.
func (w *work) sealOutcomes(s *Shipment) (Sealed, error) {
	sha, err := spool.Digest(w.run.path(outcomesName(s)))
	if errors.Is(err, os.ErrNotExist) {
		return Sealed{}, nil
	}
	return Sealed{File: outcomesName(s), SHA256: sha}, err
}
