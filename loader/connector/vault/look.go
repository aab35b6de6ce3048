package vault

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"rosterload/transform"
	"rosterload/validate"
)

// fewUsers are asked for by name; more are found by paging through all of user__sys.
const fewUsers = 2000

// maxQuery bounds the text of a query; Vault takes 50,000 characters (VQL reference).
const maxQuery = 40_000

const selected = "id, username__sys, federated_id__sys, email__sys, status__v, " + requestField + ", " + groupField + ", " + statusField

// Look reports what the Vault holds of users.
func (t *Target) Look(ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) error {
	if err := t.measure(ctx); err != nil {
		return err
	}
	keys, by := []string{}, "Id"
	for u := range users {
		by = u.By
		if keys = append(keys, u.Key); len(keys) > fewUsers {
			break
		}
	}
	column, known := columns[by]
	l := looker{by: by, column: column, spell: Connector.Spelling.KeyOf(by), found: found, wanted: map[string]bool{}}
	switch {
	case len(keys) == 0:
		return nil
	case !known:
		return fmt.Errorf("users of a Vault cannot be found by %s", by)
	case len(keys) > fewUsers:
		return t.query(ctx, "SELECT "+selected+" FROM "+object, l.report)
	}
	for _, k := range keys {
		l.wanted[k] = true
	}
	return t.lookByName(ctx, &l, keys)
}

// lookByName asks for these users only. VQL compares with case, rosters do not: names are asked for whatever their case, and an older
// Vault that does not know how is paged through.
func (t *Target) lookByName(ctx context.Context, l *looker, keys []string) error {
	column := l.column
	if l.by == "Username" || l.by == "Email" {
		column = "CASEINSENSITIVE(" + column + ")"
	}
	for len(keys) > 0 {
		var list strings.Builder
		n := 0
		for n < len(keys) && (n == 0 || list.Len()+len(keys[n])+4 < maxQuery) {
			if n > 0 {
				list.WriteString(",")
			}
			list.WriteString(literal(keys[n]))
			n++
		}
		vql := "SELECT " + selected + " FROM " + object + " WHERE " + column + " CONTAINS (" + list.String() + ")"
		err := t.query(ctx, vql, l.report)
		if isType(err, "INCORRECT_QUERY_SYNTAX_ERROR") && column != l.column {
			return t.query(ctx, "SELECT "+selected+" FROM "+object, l.report)
		}
		if err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// literal is a VQL string. Source: VQL reference, special characters.
func literal(text string) string { return "'" + escapes.Replace(text) + "'" }

// record is a row of a VQL answer: texts, numbers, nulls, and picklists as lists.
type record map[string]json.RawMessage

func (r record) text(name string) string {
	raw := r[name]
	var one string
	var many []string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &one) == nil:
		return one
	case json.Unmarshal(raw, &many) == nil:
		return strings.Join(many, ",")
	}
	return string(raw)
}

// page is one page of a VQL answer.
type page struct {
	envelope
	Details struct {
		Total int    `json:"total"`
		Next  string `json:"next_page"`
	} `json:"responseDetails"`
	Data []record `json:"data"`
}

// query follows an answer to its end, however small the Vault makes its pages.
func (t *Target) query(ctx context.Context, vql string, each func(record) error) error {
	c := call{method: http.MethodPost, path: "query", form: url.Values{"q": {vql}}, again: true}
	for {
		var p page
		if err := t.wire.do(ctx, c, &p); err != nil {
			return err
		}
		for _, r := range p.Data {
			if err := each(r); err != nil {
				return err
			}
		}
		if p.Details.Next == "" {
			return nil
		}
		next, err := url.Parse(p.Details.Next)
		if err != nil {
			return fmt.Errorf("next page %q: %w", p.Details.Next, err)
		}
		c = call{method: http.MethodPost, path: next.RequestURI(), form: url.Values{}, again: true}
	}
}

// looker makes standings of records.
type looker struct {
	by, column string
	spell      validate.KeyFunc
	wanted     map[string]bool // empty: everybody
	found      func(transform.Standing) error
}

func (l *looker) report(r record) error {
	spelled, fault := l.spell(nil, []byte(r.text(l.column)))
	if fault != nil || len(spelled) == 0 || len(l.wanted) > 0 && !l.wanted[string(spelled)] {
		return nil // somebody without this key is nobody's
	}
	return l.found(transform.Standing{
		User: transform.User{By: l.by, Key: string(spelled)}, ID: r.text("id"), Active: strings.TrimSuffix(r.text("status__v"), "__v") == "active",
		Request: r.text(requestField), Group: r.text(groupField), Status: r.text(statusField),
	})
}

// measure asks once for what Policy must know of the whole Vault.
func (t *Target) measure(ctx context.Context) error {
	if t.counted {
		return nil
	}
	var p page
	err := t.wire.do(ctx, call{
		method: http.MethodPost, path: "query", again: true,
		form: url.Values{"q": {"SELECT id FROM " + object + " WHERE " + groupField + " != null PAGESIZE 1"}},
	}, &p)
	switch {
	case isType(err, "INCORRECT_QUERY_SYNTAX_ERROR", "INVALID_DATA", "ATTRIBUTE_NOT_SUPPORTED", "INSUFFICIENT_ACCESS"):
		p.Details.Total = -1
	case err != nil:
		return err
	}
	if t.length == 0 {
		if f, err := t.wire.field(ctx, requestField); err == nil {
			t.length = f.MaxLength
		}
	}
	t.holders, t.counted = p.Details.Total, true
	return nil
}
