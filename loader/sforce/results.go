package sforce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"rosterload/loader/transport"
)

// RowResult is what the org says of one row of an ingest job.
type RowResult struct {
	ID    string // as the org names it, else as it was sent
	Error string // sf__Error, whole
}

// The three result files of a job.
const (
	Successful  = "successfulResults"
	FailedRows  = "failedResults"
	Unprocessed = "unprocessedrecords"
)

// maxJobRows is more than our own jobs hold.
const maxJobRows = 3_000_000

// asksForFailures is how often failed rows that the job counts are asked for; what is missing then is not explained by
// the org.
const asksForFailures = 3

// Results streams one of a job's result files, counted against what the job says of itself. No content, an empty answer
// and a header alone are all no rows. Fewer failed rows than the job counts are handed over as they are: they have
// failed, whether they are listed or not.
func (c *Client) Results(ctx context.Context, job Job, which string, each func(RowResult) error) error {
	least, most := job.rows(which)
	t := newTable(resultColumns, mustHave[which], most, soundResult, func(row []string) error {
		return each(RowResult{ID: idOf(row), Error: c.http.Struck(row[2])})
	})
	q := call{
		method: http.MethodGet, path: ingest + "/" + job.ID + "/" + which + "/", wants: transport.CSV,
		repeatable: true, most: int64(most)*maxRowBytes + maxTableBytes,
	}
	attempts, short, taken := 0, false, false
	for {
		err := c.send(ctx, q, func(a *transport.Answer) error {
			attempts++
			return t.read(a.Body, func(rows int) error {
				if short = rows < least; short && !taken && (which != FailedRows || attempts < asksForFailures) {
					return transport.NoAnswer("the job counts %d rows here and gives %d", least, rows)
				}
				return nil
			})
		})
		switch {
		case err == nil:
			return nil
		case which != FailedRows || !short || taken:
			return fmt.Errorf("%s of job %s: %w", which, job.ID, err)
		}
		taken = true // patience was over before the last time of asking: it is taken as it comes
	}
}

// rows is how many rows a result file has at least and at most. Counters that never moved mean nothing: orgs lose them.
// Those of a job that was stopped may lag behind its rows.
func (j Job) rows(which string) (least, most int) {
	switch {
	case which == Unprocessed || j.Processed == 0:
		return 0, maxJobRows
	case which == FailedRows:
		least = int(min(j.Failed, maxJobRows))
	default:
		least = int(min(j.Processed-j.Failed, maxJobRows))
	}
	if j.State == "JobComplete" {
		return least, least
	}
	return least, maxJobRows
}

// resultColumns are what is read of a result file; which of them must be there depends on the file. Below v53 failed
// rows have no sf__Id.
var (
	resultColumns = []string{"sf__Id", "Id", "sf__Error"}
	mustHave      = map[string][]string{Successful: {"sf__Id"}, FailedRows: {"sf__Error"}, Unprocessed: {"Id"}}
)

// idOf is a row's id as the org names it, else as it was sent.
func idOf(row []string) string { return cmp.Or(row[0], row[1]) }

func soundResult(row []string) error {
	if !isID(idOf(row)) {
		return errors.New("it has no id")
	}
	return nil
}

// RowError is sf__Error taken apart: "CODE:message:FIELD,FIELD --". The message may hold colons, commas, quotes and
// line breaks.
type RowError struct {
	Code    string
	Message string
	Fields  string // ";" between
}

// ParseRowError never loses a character of the message.
func ParseRowError(text string) RowError {
	code, rest, found := strings.Cut(text, ":")
	if !found || strings.ContainsAny(code, " \t") {
		return RowError{Message: strings.TrimSpace(text)}
	}
	e := RowError{Code: code, Message: rest}
	body, ok := strings.CutSuffix(strings.TrimRight(rest, " "), "--")
	if !ok {
		return e
	}
	body = strings.TrimRight(body, " ")
	if i := strings.LastIndexByte(body, ':'); i >= 0 && areFields(body[i+1:]) {
		e.Message, e.Fields = body[:i], strings.ReplaceAll(strings.ReplaceAll(body[i+1:], " ", ""), ",", ";")
	}
	return e
}

func areFields(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return r != '_' && r != ',' && r != ' ' && r != '.' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') &&
			(r < 'a' || r > 'z')
	}) < 0
}
