// Package sforce is the wire of Salesforce: sign-in, queries, Bulk API 2.0, sObject collections, describe and limits.
// It knows no user and no group; connectors whose users live in a Salesforce org stand on it.
package sforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
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
	MinCallsLeft int          // stop before the org's day has fewer calls left
	Log          *slog.Logger // nil: nothing is logged
}

// Holder is a target that stands on Salesforce and lets others stand on the same wire.
type Holder interface{ Wire() *Client }

// Client talks to one org. It may be used by several goroutines.
type Client struct {
	http    *transport.Client
	options Options
	base    atomic.Pointer[string]   // the org's address; sign-in by the vendor's common one tells it
	day     atomic.Pointer[APILimit] // as the last answer counted it, nil: none did
	served  atomic.Bool              // the API version was answered: it is not retired
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
	base, err := orgAddress(o.URL, o.Insecure)
	if err != nil {
		return nil, err
	}
	c := &Client{options: o}
	c.base.Store(&base)
	login, err := o.Auth.login(base, o.Insecure, func(instance string) { c.base.Store(&instance) })
	if err != nil {
		return nil, err
	}
	c.http, err = transport.New(transport.Options{
		CAFile: o.CAFile, Insecure: o.Insecure, RetryFor: o.RetryFor, Log: o.Log, Secrets: o.Auth.secrets(),
		Login: login, Refused: badToken,
	})
	return c, err
}

// orgAddress is an org's address as a base of paths. One that was copied together with a page of the org is refused.
func orgAddress(address string, insecure bool) (string, error) {
	if err := transport.Plain(address, insecure); err != nil {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", errors.New("url is the org's address alone, such as https://acme.my.salesforce.com, without a path")
	}
	return u.Scheme + "://" + u.Host, nil
}

// badToken is how userinfo says that a session is dead: 403, where everything else says 401.
func badToken(r *http.Response) bool {
	return r.StatusCode == http.StatusForbidden && r.Request != nil && r.Request.URL.Path == userinfo
}

// Version is the API version that is asked for.
func (c *Client) Version() string { return c.options.Version }

// Served tells whether the org has answered a call of this version. Until then only its list of versions can tell.
func (c *Client) Served() bool { return c.served.Load() }

// call is one request below the org's address.
type call struct {
	method     string
	path       string // "/services/…", or "jobs/ingest" below the version
	query      url.Values
	json       any
	file       string // a CSV as body
	wants      transport.Kind
	status     int   // the only good one, 0: each 2xx
	most       int64 // bytes of an answer, 0: what transport allows
	repeatable bool  // it may be sent again when its end is unknown
}

// send hands the answer of a call that succeeded to read, once for each attempt.
func (c *Client) send(ctx context.Context, q call, read func(*transport.Answer) error) error {
	if err := c.spared(); err != nil {
		return err
	}
	if _, err := c.http.Token(ctx); err != nil { // it may tell the org's own address
		return err
	}
	r := transport.Request{
		Method: q.method, URL: c.url(q), Repeatable: q.repeatable, File: q.file, Kind: q.wants,
		Status: q.status, Most: q.most, Header: http.Header{},
	}
	switch {
	case q.json != nil:
		body, err := json.Marshal(q.json)
		if err != nil {
			return err
		}
		r.Body = body
		r.Header.Set("Content-Type", "application/json; charset=UTF-8")
	case q.file != "":
		r.Header.Set("Content-Type", "text/csv")
	}
	if q.wants == transport.CSV {
		r.Header.Set("Accept", "text/csv")
	}
	r.Header.Set("Sforce-Call-Options", "client=rosterload")
	err := c.http.Do(ctx, r, func(a *transport.Answer) error {
		c.remember(a.Header.Get("Sforce-Limit-Info"))
		return read(a)
	})
	if err == nil && !strings.HasPrefix(q.path, "/") {
		c.served.Store(true)
	}
	return c.understood(err)
}

// nothing reads an answer of which only the status counts.
func nothing(*transport.Answer) error { return nil }

// ask decodes the JSON answer of a call. Shape tells what is wrong with one that can be read and says nothing. Each
// attempt starts with an empty answer, so that half of one leaves nothing behind in the next.
func ask[T any](ctx context.Context, c *Client, q call, shape func(T) error) (T, error) {
	var got T
	q.wants = transport.JSON
	err := c.send(ctx, q, func(a *transport.Answer) error {
		var fresh T
		if err := document(a.Body, &fresh); err != nil {
			return err
		}
		if err := shape(fresh); err != nil {
			return transport.NoAnswer("%w", err)
		}
		got = fresh
		return nil
	})
	return got, err
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
