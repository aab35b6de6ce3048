package loader

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"rosterload/loader/spool"
	"rosterload/transform"
	"rosterload/validate"
)

// The files of a run that hold rows are CSV with a header, so that an auditor can read them; they are written in roster order and read
// again in the same order, one line at a time.

// tableWriter writes one of them, whole or not at all.
type tableWriter struct {
	file *spool.File
	csv  *csv.Writer
	rows int
	trip func(write string, done bool) error
}

func (w *work) newTable(path string, header ...string) (*tableWriter, error) {
	f, err := spool.Create(path, 0o600)
	if err != nil {
		return nil, err
	}
	t := &tableWriter{file: f, csv: csv.NewWriter(f), trip: w.trip}
	return t, t.csv.Write(header)
}

func (t *tableWriter) write(cells ...string) error {
	t.rows++
	return t.csv.Write(cells)
}

func (t *tableWriter) seal() (spool.Sealed, error) {
	t.csv.Flush()
	err := t.csv.Error()
	if err == nil {
		err = t.trip("seal", false)
	}
	if err != nil {
		t.file.Discard()
		return spool.Sealed{}, err
	}
	sealed, err := t.file.Seal()
	if err != nil {
		return sealed, err
	}
	return sealed, t.trip("seal", true)
}

func (t *tableWriter) discard() { t.file.Discard() }

// tableReader reads one of them and stays one row ahead, so that several can be walked side by side.
type tableReader struct {
	file *os.File
	in   *bufio.Reader
	row  int      // of the record in hand, 0 at the end
	rec  []string // valid until next
}

// openTable opens a file whose first column is a row number.
func openTable(path string) (*tableReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &tableReader{file: f, in: bufio.NewReaderSize(f, 1<<16)}
	if err = t.read(); err == nil { // the header
		err = t.next()
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func (t *tableReader) next() error {
	err := t.read()
	if errors.Is(err, io.EOF) {
		t.row, t.rec = 0, nil
		return nil
	}
	if err == nil {
		t.row, err = strconv.Atoi(t.rec[0])
	}
	if err != nil {
		return fmt.Errorf("%s: %w", t.file.Name(), err)
	}
	return nil
}

// read cuts one record. Hardly any has a quote, and one without is cut at its commas; the others are left to encoding/csv.
func (t *tableReader) read() error {
	line, err := t.in.ReadString('\n')
	if err != nil {
		return err
	}
	if strings.IndexByte(line, '"') < 0 {
		t.rec = t.rec[:0]
		for cell := range strings.SplitSeq(line[:len(line)-1], ",") {
			t.rec = append(t.rec, cell)
		}
		return nil
	}
	for strings.Count(line, `"`)%2 == 1 { // a line break inside a cell
		more, err := t.in.ReadString('\n')
		if err != nil {
			return io.ErrUnexpectedEOF
		}
		line += more
	}
	t.rec, err = csv.NewReader(strings.NewReader(line)).Read()
	return err
}

// at moves to the row and tells whether it is there. Rows are asked for in rising order.
func (t *tableReader) at(row int) (bool, error) {
	for t.row != 0 && t.row < row {
		if err := t.next(); err != nil {
			return false, err
		}
	}
	return t.row == row, nil
}

func (t *tableReader) close() { _ = t.file.Close() }

// How faults, verdicts and standings are spelled in their files.

var (
	faultHeader    = []string{"row", "result", "reason_code", "reason", "next_step"}
	verdictHeader  = []string{"row", "result", "reason_code", "reason", "next_step", "action", "requested"}
	standingHeader = []string{"row", "id", "active", "request", "group", "status", "note"}
)

func faultCells(row int, f *validate.Fault) []string {
	word := transform.Failed
	if f.Skipped {
		word = transform.Skipped
	}
	return []string{strconv.Itoa(row), string(word), f.Code, f.Reason, f.Next}
}

func verdictCells(row int, v transform.Verdict, a transform.Action, requested string) []string {
	return []string{strconv.Itoa(row), string(v.Word), v.Code, v.Reason, v.Next, string(a), requested}
}

func verdictOf(cells []string) transform.Verdict {
	return transform.Verdict{Word: transform.Word(cells[1]), Code: cells[2], Reason: cells[3], Next: cells[4]}
}

func standingCells(row int, s transform.Standing, note string) []string {
	return []string{strconv.Itoa(row), s.ID, strconv.FormatBool(s.Active), s.Request, s.Group, s.Status, note}
}

func standingOf(cells []string) (transform.Standing, string) {
	return transform.Standing{ID: cells[1], Active: cells[2] == "true", Request: cells[3], Group: cells[4], Status: cells[5]}, cells[6]
}
