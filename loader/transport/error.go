// Package transport sends one HTTP request, and again only if the request says of itself that it may be sent again.
package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// What an error of the wire means for a run. Each is wrapped by an *Error that says where and why.
var (
	// ErrLost: sent, and no answer came; it may or may not have been carried out. Look before sending again.
	ErrLost = errors.New("the answer was lost")
	// ErrDenied: sign-in or permission. The run stops with exit 3.
	ErrDenied = errors.New("not allowed")
	// ErrUnavailable: the org cannot be reached or asks us to stay away. The run stops with exit 9 and stays open.
	ErrUnavailable = errors.New("org unavailable")
)

// maxErrorBody bounds what is kept of an answer that nobody wanted.
const maxErrorBody = 64 << 10

// Error is a call that did not succeed. It holds no query, no header and no body of the request, so no secret.
type Error struct {
	Method string
	URL    string // without query and user
	Status int    // 0: no answer
	Body   []byte // of the answer, at most 64 KiB
	Means  error  // ErrLost, ErrDenied, ErrUnavailable, or nil: the org's plain no
	Err    error  // what the network said
	Code   string // the org's own code and sentence, when a client has read them out of the body
	Said   string
	ID     string // the org's name for this request, for its support
}

func (e *Error) Error() string {
	var parts []string
	if e.Means != nil {
		parts = append(parts, e.Means.Error())
	}
	parts = append(parts, e.Method+" "+e.URL)
	switch {
	case e.Said != "":
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%d %s %s", e.Status, e.Code, e.Said)))
	case e.Status != 0:
		parts = append(parts, fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)))
	}
	if e.ID != "" {
		parts[len(parts)-1] += " (request " + e.ID + ")"
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap gives what it means and what the network said.
func (e *Error) Unwrap() []error {
	var all []error
	for _, err := range []error{e.Means, e.Err} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// Temporary tells whether the same call may succeed later.
func (e *Error) Temporary() bool {
	return errors.Is(e.Means, ErrUnavailable) || errors.Is(e.Means, ErrLost)
}

// failure makes an *Error of a call's end.
func (c *Client) failure(ctx context.Context, r Request, resp *http.Response, err error) error {
	if resp != nil {
		defer func() { _ = resp.Body.Close() }()
	}
	e := &Error{Method: r.Method, URL: bare(r.URL), Err: inner(err)}
	var signIn *signInError
	switch {
	case errors.As(err, &signIn):
		return fmt.Errorf("sign-in: %w", signIn.err)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case resp == nil:
		e.Means = ErrUnavailable
		if !r.Again && !nothingLeft(err) {
			e.Means = ErrLost
		}
		return e
	}
	e.Status, e.ID = resp.StatusCode, requestID(resp.Header)
	e.Body, _ = io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	e.Means = meaning(resp.StatusCode, r.Again)
	return e
}

// requestID is what an org calls a request, under whichever header.
func requestID(h http.Header) string {
	return cmp.Or(h.Get("X-Sfdc-Request-Id"), h.Get("X-Request-Id"))
}

func meaning(status int, again bool) error {
	switch {
	case status == http.StatusUnauthorized:
		return ErrDenied
	case status == http.StatusTooManyRequests, status >= 500 && again:
		return ErrUnavailable
	case status >= 500:
		return ErrLost
	}
	return nil
}

// bare is an address that may be shown.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an address that is none"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// inner takes the address off a network error: it would show the query.
func inner(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
