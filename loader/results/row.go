// Package results writes what an auditor reads: what became of every line of the roster. It proves that no line is
// missing.
package results

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"reflect"
	"strings"

	"github.com/gocarina/gocsv"
)

// Row is one line of results.csv without the roster's own columns. Its tags are the eighteen columns of the contract,
// in order, and stand nowhere else.
type Row struct {
	Row                int    `csv:"row"`                 // data rows of the roster, from 1
	Key                string `csv:"key"`                 // the user cell as it came, blanks at its ends aside
	Action             string `csv:"action"`              // assign, move, remove, create, archive, none
	Result             string `csv:"result"`              // one of transform.Words
	ReasonCode         string `csv:"reason_code"`         // ours, stable
	Reason             string `csv:"reason"`              // the org's own sentence, or ours
	Fields             string `csv:"fields"`              // those that the org's error names, ";" between
	NextStep           string `csv:"next_step"`           // what the reader is to do
	RecordID           string `csv:"record_id"`           // the org's id of the user
	Before             string `csv:"before"`              // the group really held before
	Requested          string `csv:"requested"`           // the group asked for, blank for a removal
	After              string `csv:"after"`               // the group really held at the last look
	ProvisioningStatus string `csv:"provisioning_status"` // the org's status, raw
	JobID              string `csv:"job_id"`              // the org's id of the job that carried it
	Attempts           int    `csv:"attempts"`            // sendings, 0: not sent
	SettledAt          string `csv:"settled_at"`          // RFC 3339, UTC
	Target             string `csv:"target"`
	RunID              string `csv:"run_id"`
}

// Header are the names of our columns, in order.
var Header = header()

func header() []string {
	t := reflect.TypeFor[Row]()
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("csv")
	}
	return names
}

// Read reads the rows of a results file of ours, whatever its delimiter; the roster's own columns are left out.
func Read(path string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(Row{}, err)
			return
		}
		defer func() { _ = f.Close() }()
		for row, err := range ReadFrom(f) {
			if err != nil {
				err = fmt.Errorf("%s: %w", path, err)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// ReadFrom reads the rows of a results file of ours that is open already.
func ReadFrom(f io.Reader) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		rows, err := reader(f)
		if err != nil {
			yield(Row{}, err)
			return
		}
		decoder, err := gocsv.NewUnmarshaller(rows, Row{})
		if err == nil && len(decoder.MismatchedStructFields) > 0 {
			err = fmt.Errorf("no results file: columns missing: %s", strings.Join(decoder.MismatchedStructFields, ", "))
		}
		for err == nil {
			var row any
			if row, err = decoder.Read(); err == nil && !yield(row.(Row), nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(Row{}, err)
		}
	}
}

// reader reads the records of a results file of ours.
func reader(f io.Reader) (*csv.Reader, error) {
	in := bufio.NewReaderSize(f, 1<<18)
	marked, delimiter, err := head(in)
	if err != nil {
		return nil, err
	}
	_, _ = in.Discard(marked)
	rows := csv.NewReader(in)
	rows.Comma, rows.FieldsPerRecord, rows.ReuseRecord = rune(delimiter), -1, true
	return rows, nil
}

// head looks at how a results file of ours begins, and takes nothing of it: behind a byte order mark, which is so long,
// its header begins with "row", and the mark behind that is the delimiter.
func head(in *bufio.Reader) (marked int, delimiter byte, err error) {
	head, _ := in.Peek(len(mark) + len(Header[0]) + 1)
	if bytes.HasPrefix(head, mark) {
		marked = len(mark)
		head = head[marked:]
	}
	if len(head) <= len(Header[0]) || !bytes.HasPrefix(head, []byte(Header[0])) {
		return 0, 0, errors.New("no results file: its header does not begin with " + Header[0])
	}
	return marked, head[len(Header[0])], nil
}

// mark is UTF-8's byte order mark.
var mark = []byte("\xEF\xBB\xBF")
