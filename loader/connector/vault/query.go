package vault

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"rosterload/loader/connector"
)

// cell is the text of a value in an answer: texts, numbers and nulls, and picklists as lists, also of one. A value of
// another shape is not read at all, for half a value would be compared with a whole one.
type cell string

// UnmarshalJSON reads one of the shapes.
func (c *cell) UnmarshalJSON(raw []byte) error {
	var many []string
	switch raw[0] {
	case 'n':
		*c = ""
		return nil
	case '"':
		return json.Unmarshal(raw, (*string)(c))
	case '[':
		err := json.Unmarshal(raw, &many)
		*c = cell(strings.Join(many, ","))
		return err
	case '{':
		return fmt.Errorf("%.40s is no value of a field", raw)
	}
	*c = cell(raw)
	return nil
}

// record is a row of a VQL answer.
type record map[string]cell

// page is one page of a VQL answer.
type page struct {
	envelope
	Details struct {
		Size  *int   `json:"size"`  // rows of this page
		Total *int   `json:"total"` // rows of all pages
		Next  string `json:"next_page"`
	} `json:"responseDetails"`
	Data []record `json:"data"`
}

// total is how many rows the Vault counts in all, or unknown.
func (p page) total() int {
	if p.Details.Total == nil {
		return unknown
	}
	return *p.Details.Total
}

// maxTotal is more users than any Vault has.
const maxTotal = 10_000_000

// complete holds a page against what it says of itself.
func (p page) complete() error {
	switch {
	case p.total() == unknown, p.total() < 0, p.total() > maxTotal:
		return errors.New("the answer does not say how many rows there are")
	case p.Details.Size != nil && *p.Details.Size != len(p.Data), len(p.Data) > p.total():
		return fmt.Errorf("a page of %d rows holds %d", *cmp.Or(p.Details.Size, p.Details.Total), len(p.Data))
	case p.Details.Next == "" && len(p.Data) == 0 && p.total() > 0, p.Details.Next != "" && len(p.Data) == 0:
		return errors.New("the page is empty, and is not the last")
	}
	return nil
}

// query follows an answer to its end, however small the Vault makes its pages, and holds the rows that came against
// those that the Vault counts.
func (t *Target) query(ctx context.Context, vql string, each func(record) error) error {
	c := call{method: http.MethodPost, path: "query", form: url.Values{"q": {vql}}, again: true}
	for came, seen := 0, map[string]bool{}; ; {
		p, err := ask[page](ctx, t.wire, c)
		if err != nil {
			return err
		}
		came += len(p.Data)
		if last := p.Details.Next == ""; came > p.total() || last && came < p.total() || seen[p.Details.Next] {
			return fmt.Errorf("a query: the Vault counts %d rows and %d came: %w", p.total(), came,
				connector.ErrUnavailable)
		}
		for _, r := range p.Data {
			if err := each(r); err != nil {
				return err
			}
		}
		if p.Details.Next == "" {
			return nil
		}
		seen[p.Details.Next] = true
		if c, err = nextPage(p.Details.Next); err != nil {
			return err
		}
	}
}

// nextPage is the call for an address that the Vault gives: always of this Vault, whatever host it names.
func nextPage(address string) (call, error) {
	next, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(next.Path, "/") {
		return call{}, fmt.Errorf("a query: the next page %q is no address: %w", address, connector.ErrUnavailable)
	}
	return call{method: http.MethodPost, path: next.RequestURI(), form: url.Values{}, again: true}, nil
}
