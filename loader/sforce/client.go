// Package sforce is the wire of Salesforce: sign-in, queries, Bulk API 2.0, sObject collections, describe and limits. It knows no user and no
// group; kinds that keep their people in a Salesforce org stand on it.
package sforce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"rosterload/loader/transport"
)

// DefaultVersion of the API, when the config names none.
const DefaultVersion = "v66.0"

// Options is how one org is reached.
type Options struct {
	URL          string
	Version      string // "v66.0"
	Auth         Auth
	CAFile       string
	Insecure     bool
	RetryFor     time.Duration
	MinCallsLeft int // stop before the org's day has fewer calls left
	Log          *slog.Logger
}

// Holder is a target that stands on Salesforce and lets others stand on the same wire.
type Holder interface{ Wire() *Client }

// Client talks to one org. It may be used by several goroutines.
type Client struct {
	http    *transport.Client
	options Options
	base    atomic.Pointer[string] // the org's address; sign-in by the vendor's common one tells it
	left    atomic.Int64           // API calls left today, -1: not known
}

var versionPattern = regexp.MustCompile(`^v?(\d{2,3})(\.0)?$`)

// New makes a client and sends nothing. An error is one of the config.
func New(o Options) (*Client, error) {
	if o.Version == "" {
		o.Version = DefaultVersion
	}
	m := versionPattern.FindStringSubmatch(o.Version)
	if m == nil {
		return nil, fmt.Errorf("api_version %q is none such as %s", o.Version, DefaultVersion)
	}
	o.Version = "v" + m[1] + ".0"
	if err := transport.Plain(o.URL, o.Insecure); err != nil {
		return nil, err
	}
	c, base := &Client{options: o}, strings.TrimRight(o.URL, "/")
	c.base.Store(&base)
	c.left.Store(-1)
	login, err := o.Auth.login(base, o.Insecure, func(instance string) { c.base.Store(&instance) })
	if err != nil {
		return nil, err
	}
	c.http, err = transport.New(transport.Options{CAFile: o.CAFile, Insecure: o.Insecure, RetryFor: o.RetryFor, Log: o.Log, Login: login, Refused: badToken})
	return c, err
}

// badToken is how userinfo says that a session is dead: 403, where everything else says 401.
func badToken(r *http.Response) bool {
	return r.StatusCode == http.StatusForbidden && r.Request != nil && r.Request.URL.Path == userinfo
}

// Version is the API version that is asked for.
func (c *Client) Version() string { return c.options.Version }

// CallsLeft is what the last answer said of the org's day, -1 when none said anything.
func (c *Client) CallsLeft() int { return int(c.left.Load()) }

// call is one request below the org's address. Again says that it may be repeated when its end is unknown.
type call struct {
	method string
	path   string // "/services/…", or "jobs/ingest" below the version
	query  url.Values
	json   any
	file   string
	kind   string // content type of file
	accept string
	again  bool
}

// send answers the response of a call that succeeded.
func (c *Client) send(ctx context.Context, q call) (*http.Response, error) {
	if left := c.left.Load(); left >= 0 && int(left) < c.options.MinCallsLeft {
		return nil, fmt.Errorf("%d API calls are left today, min_api_calls_left is %d: %w", left, c.options.MinCallsLeft, transport.ErrUnavailable)
	}
	if _, err := c.http.Token(ctx); err != nil {
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	r := transport.Request{Method: q.method, URL: c.url(q), Again: q.again, File: q.file, Header: http.Header{}}
	switch {
	case q.json != nil:
		body, err := json.Marshal(q.json)
		if err != nil {
			return nil, err
		}
		r.Body = body
		r.Header.Set("Content-Type", "application/json; charset=UTF-8")
	case q.file != "":
		r.Header.Set("Content-Type", q.kind)
	}
	if q.accept != "" {
		r.Header.Set("Accept", q.accept)
	}
	r.Header.Set("Sforce-Call-Options", "client=rosterload")
	resp, err := c.http.Do(ctx, r)
	if err != nil {
		return nil, understood(err)
	}
	c.remember(resp.Header.Get("Sforce-Limit-Info"))
	return resp, nil
}

func (c *Client) url(q call) string {
	base := *c.base.Load()
	address := base + q.path
	if !strings.HasPrefix(q.path, "/") {
		address = base + "/services/data/" + c.options.Version + "/" + q.path
	}
	if len(q.query) > 0 {
		address += "?" + q.query.Encode()
	}
	return address
}

// get decodes the JSON answer of a call.
func (c *Client) get(ctx context.Context, q call, into any) error {
	resp, err := c.send(ctx, q)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if into == nil || resp.StatusCode == http.StatusNoContent {
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("%s %s: the answer is no JSON that we know: %w", q.method, q.path, err)
	}
	return nil
}

var usage = regexp.MustCompile(`api-usage=(\d+)/(\d+)`)

func (c *Client) remember(info string) {
	m := usage.FindStringSubmatch(info)
	if m == nil {
		return
	}
	used, _ := strconv.ParseInt(m[1], 10, 64)
	most, _ := strconv.ParseInt(m[2], 10, 64)
	c.left.Store(most - used)
}

// refusal is how the org spells an error: in an array, whose members' order and further keys vary.
type refusal struct {
	ErrorCode string   `json:"errorCode"`
	Message   string   `json:"message"`
	Fields    []string `json:"fields"`
}

// understood reads the org's own words out of a failed call, and what they mean for the run.
func understood(err error) error {
	failed, ok := err.(*transport.Error)
	if !ok || failed.Status == 0 {
		return err
	}
	own := *failed // a call that was ended because its sibling failed ends with the sibling's error
	e := &own
	var all []refusal
	if json.Unmarshal(e.Body, &all) != nil {
		var one refusal
		if json.Unmarshal(e.Body, &one) == nil {
			all = []refusal{one}
		}
	}
	if len(all) > 0 {
		e.Code, e.Said = all[0].ErrorCode, strings.TrimSpace(all[0].Message)
	} else if text := bytes.TrimSpace(e.Body); len(text) > 0 && len(text) < 200 && text[0] != '<' {
		e.Said = string(text)
	}
	if e.Means == nil {
		e.Means = means(e)
	}
	return e
}

// means sorts the org's plain no: what is about rights ends a run with 3, all else leaves it open.
func means(e *transport.Error) error {
	switch {
	case e.Code == "REQUEST_LIMIT_EXCEEDED":
		return transport.ErrUnavailable
	case e.Status == http.StatusForbidden, strings.HasPrefix(e.Code, "INSUFFICIENT_ACCESS"), strings.Contains(e.Said, "No create/update access"),
		e.Code == "INVALID_FIELD", e.Code == "INVALID_TYPE": // what we may not see looks as if it were not there
		return transport.ErrDenied
	}
	return transport.ErrUnavailable
}

// IsCode tells whether an error is the org's refusal with this code.
func IsCode(err error, codes ...string) bool {
	var e *transport.Error
	if !errors.As(err, &e) {
		return false
	}
	for _, code := range codes {
		if e.Code == code {
			return true
		}
	}
	return false
}

// IsStatus tells whether an error is an answer with this status.
func IsStatus(err error, status int) bool {
	var e *transport.Error
	return errors.As(err, &e) && e.Status == status
}
