package sforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"rosterload/loader/transport"
)

// maxPage bounds the records of one page; the org gives 2,000 at most (REST API guide, Query Options Header).
const maxPage = 10_000

// page is one page of the answer to a query.
type page struct {
	Total *int   `json:"totalSize"`
	Done  *bool  `json:"done"`
	Next  string `json:"nextRecordsUrl"`
	rows  [][]string
}

// Query runs SOQL and hands over each record as the texts of its fields, in the order given; null is "". Each page is
// checked against what the org counts before the first of its records is handed over. The slice is valid until the
// next.
func (c *Client) Query(ctx context.Context, fields []string, soql string, each func([]string) error) error {
	q := call{method: http.MethodGet, path: "query", query: url.Values{"q": {soql}}, repeatable: true}
	seen, rows, total := map[string]bool{}, 0, -1
	for {
		var p page
		q.wants = transport.JSON
		err := c.send(ctx, q, func(a *transport.Answer) (err error) {
			if p, err = readPage(a, fields); err != nil {
				return err
			}
			return p.complete(rows, total, seen)
		})
		if err != nil {
			return err
		}
		for _, row := range p.rows {
			if err := each(row); err != nil {
				return err
			}
		}
		if *p.Done {
			return nil
		}
		rows, total = rows+len(p.rows), *p.Total
		seen[p.Next] = true
		q = call{method: http.MethodGet, path: p.Next, repeatable: true}
	}
}

func readPage(a *transport.Answer, fields []string) (page, error) {
	var p page
	var rows [][]string
	err := listing(a.Body, "records", func(decoder *json.Decoder) error {
		rec, err := record[map[string]json.RawMessage](decoder)
		if err != nil {
			return err
		}
		if len(rows) == maxPage {
			return transport.NoAnswer("the page does not end")
		}
		row := make([]string, len(fields))
		for i, f := range fields {
			if row[i], err = fieldText(rec, f); err != nil {
				return transport.NoAnswer("record %d: %w", len(rows)+1, err)
			}
		}
		rows = append(rows, row)
		return nil
	}, &p)
	p.rows = rows
	return p, err
}

// complete compares a page with what the org counts. Rows came before; total is what the pages before said, -1 on the
// first.
func (p page) complete(rows, total int, seen map[string]bool) error {
	switch {
	case p.Total == nil || p.Done == nil || *p.Total < 0:
		return transport.NoAnswer("the answer does not say how many records there are")
	case total >= 0 && *p.Total != total:
		return transport.NoAnswer("the org counts %d records, and %d on the page before", *p.Total, total)
	}
	switch rows += len(p.rows); {
	case rows > *p.Total, *p.Done && rows < *p.Total:
		return transport.NoAnswer("the org counts %d records and gives %d", *p.Total, rows)
	case *p.Done:
		return nil
	case len(p.rows) == 0:
		return transport.NoAnswer("the page is empty, and is not the last")
	case p.Next == "":
		return transport.NoAnswer("the org counts %d records and names no page behind the %dth", *p.Total, rows)
	}
	return nextPage(p.Next, seen)
}

// fieldText is a field of a record, or of a parent of it ("Profile.Name"), whatever its letters' case. A field that was
// asked for and is not there makes the answer none: a null is spelled out.
func fieldText(record map[string]json.RawMessage, field string) (string, error) {
	name, rest, nested := strings.Cut(field, ".")
	raw, ok := record[name]
	if !ok {
		for known, value := range record {
			if strings.EqualFold(known, name) {
				raw, ok = value, true
			}
		}
	}
	if !ok {
		return "", fmt.Errorf("%s is missing", field)
	}
	var text string
	switch {
	case string(raw) == "null":
		return "", nil
	case nested:
		var parent map[string]json.RawMessage
		if json.Unmarshal(raw, &parent) != nil {
			return "", fmt.Errorf("%s is no record", name)
		}
		return fieldText(parent, rest)
	case len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &text) == nil:
		return text, nil
	case len(raw) > 0 && (raw[0] == '{' || raw[0] == '['):
		return "", fmt.Errorf("%s is no plain value", field)
	}
	return string(raw), nil
}

// Count answers SELECT COUNT().
func (c *Client) Count(ctx context.Context, soql string) (int, error) {
	q := call{method: http.MethodGet, path: "query", query: url.Values{"q": {soql}}, repeatable: true}
	p, err := ask(ctx, c, q, func(p page) error {
		if p.Total == nil || *p.Total < 0 {
			return errors.New("the answer does not say how many records there are")
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return *p.Total, nil
}

// maxURL bounds the address of a query; the org refuses 16,384 bytes (REST guide, status 414), and proxies some fewer.
const maxURL = 15000

// QueryIn runs `SELECT fields FROM object WHERE column IN (values)` in as many calls as the length of an address asks
// for, a few of them side by side. Each is called by one goroutine at a time.
func (c *Client) QueryIn(
	ctx context.Context, fields []string, object, column string, values []string, each func([]string) error,
) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	var mu sync.Mutex
	head := fmt.Sprintf("SELECT %s FROM %s WHERE %s IN (", strings.Join(fields, ","), object, column)
	for _, few := range inAddresses(maxURL-len(*c.base.Load())-len(url.QueryEscape(head)), values) {
		g.Go(func() error {
			return c.Query(ctx, fields, head+few+")", func(row []string) error {
				mu.Lock()
				defer mu.Unlock()
				return each(row)
			})
		})
	}
	return g.Wait()
}

// inAddresses spells values as lists of literals that have room in an address, a thousand in each at most.
func inAddresses(room int, values []string) []string {
	var lists []string
	for len(values) > 0 {
		var list strings.Builder
		left, n := room, 0
		for n < len(values) && n < 1000 {
			literal := Literal(values[n])
			if left -= len(url.QueryEscape(literal)) + 3; left < 0 && n > 0 {
				break
			}
			if n > 0 {
				list.WriteByte(',')
			}
			list.WriteString(literal)
			n++
		}
		lists = append(lists, list.String())
		values = values[n:]
	}
	return lists
}

var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

// Literal is a SOQL string. Source: SOQL guide, Quoted String Escape Sequences.
func Literal(text string) string { return "'" + escapes.Replace(text) + "'" }
