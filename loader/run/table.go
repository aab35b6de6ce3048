package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"rosterload/loader/spool"
	"rosterload/validate/cells"
)

// The files of a run that hold rows are CSV with a header, so that an auditor can read them; they are written in roster
// order and read again in the same order, one line at a time.

// TableWriter writes one of them, whole or not at all.
type TableWriter struct {
	Rows int
	file *spool.File
	csv  *cells.Writer
	trip Trip
}

func newTable(path string, trip Trip, header ...string) (*TableWriter, error) {
	f, err := spool.Create(path, 0o600)
	if err != nil {
		return nil, err
	}
	t := &TableWriter{file: f, csv: cells.NewWriter(f), trip: trip}
	return t, t.csv.Write(header...)
}

// Write adds a row.
func (t *TableWriter) Write(record ...string) error {
	t.Rows++
	return t.csv.Write(record...)
}

// writeRow adds a row that begins with its number.
func (t *TableWriter) writeRow(row int, record ...string) error {
	t.csv.Int(row)
	return t.Write(record...)
}

// Seal gives the file its name.
func (t *TableWriter) Seal() (Sealed, int64, error) {
	err := t.csv.Flush()
	if err == nil {
		err = t.trip.Ask("seal", false)
	}
	if err != nil {
		t.file.Discard()
		return Sealed{}, 0, err
	}
	sealed, err := t.file.Seal()
	if err == nil {
		err = t.trip.Ask("seal", true)
	}
	return Sealed{File: FileName(sealed.Path), SHA256: sealed.SHA256, Rows: t.Rows}, sealed.Size, err
}

// Discard removes what was written. Behind Seal it does nothing.
func (t *TableWriter) Discard() { t.file.Discard() }

// TableReader reads one of them and stays one row ahead, so that several can be walked side by side.
type TableReader struct {
	Row  int      // number of the record in hand, 0 at the end
	Rec  []string // valid until Next
	file *os.File
	in   *cells.Reader
}

// OpenTable opens a file whose first column is a row number.
func OpenTable(path string) (*TableReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &TableReader{file: f, in: cells.NewReader(f)}
	if err = t.read(); err == nil { // the header
		err = t.Next()
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// Next takes the next record in hand.
func (t *TableReader) Next() error {
	err := t.read()
	if errors.Is(err, io.EOF) {
		t.Row, t.Rec = 0, nil
		return nil
	}
	if err == nil {
		t.Row, err = strconv.Atoi(t.Rec[0])
	}
	if err != nil {
		return fmt.Errorf("%s: %w", t.file.Name(), err)
	}
	return nil
}

// read takes one record. A whole table has no blank line, and ends with a whole one.
func (t *TableReader) read() (err error) {
	t.Rec, err = t.in.Read()
	switch {
	case t.in.Blanks > 0:
		return errors.New("a line is blank")
	case err == nil && !t.in.Ended:
		return io.ErrUnexpectedEOF
	}
	return err
}

// At moves to the row and tells whether it is there. Rows are asked for in rising order.
func (t *TableReader) At(row int) (bool, error) {
	for t.Row != 0 && t.Row < row {
		if err := t.Next(); err != nil {
			return false, err
		}
	}
	return t.Row == row, nil
}

// Close may be called on nil.
func (t *TableReader) Close() {
	if t != nil {
		_ = t.file.Close()
	}
}
