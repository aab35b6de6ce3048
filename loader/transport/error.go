package transport

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// What an error of the wire means for a run. Each is wrapped by an *Error that says where and why.
var (
	// ErrLost: sent, and no answer came; it may or may not have been carried out. Look before sending again.
	ErrLost = errors.New("the answer was lost")
	// ErrDenied: sign-in or permission. The run stops with exit 3.
	ErrDenied = errors.New("not allowed")
	// ErrUnavailable: the org cannot be reached, answers nonsense or refuses the call. The run stops with exit 9 and
	// stays open.
	ErrUnavailable = errors.New("org unavailable")
)

// setupError is a fault of the config or of the environment: it is the user's to cure, and waiting does not.
type setupError struct{ text string }

func (e *setupError) Error() string { return e.text }

// ExitCode is that of a wrong use.
func (e *setupError) ExitCode() int { return 2 }

func setup(format string, args ...any) error { return &setupError{fmt.Sprintf(format, args...)} }

// ErrSetup is what an *Error means whose cure is in the config or in the environment.
var ErrSetup = setup("the settings do not fit")

// Error is a call that did not succeed. It holds no query, no header and no body of the request, so no secret; what the
// org said back of one is struck out.
type Error struct {
	Method string
	URL    string // without query and user
	Status int    // 0: no answer
	Body   []byte // of an answer that says no, at most 64 KiB
	Page   bool   // the body is a page for people: a proxy speaks, not the org
	Means  error  // ErrLost, ErrDenied, ErrUnavailable, ErrSetup
	Err    error  // what the network said, or what is wrong with the answer
	Code   string // the org's own code and sentence, when a client has read them out of the body
	Said   string
	ID     string // the org's name for this request, for its support
	clean  func(string) string
}

func (e *Error) Error() string {
	var parts []string
	if e.Means != nil {
		parts = append(parts, e.Means.Error())
	}
	parts = append(parts, e.Method+" "+e.URL)
	switch {
	case e.Said != "":
		parts = append(parts, strings.Join(strings.Fields(fmt.Sprintf("%d %s", e.Status, e.Code)), " ")+" "+e.Said)
	case e.Status != 0:
		parts = append(parts, fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)))
	}
	if e.ID != "" {
		parts[len(parts)-1] += " (request " + e.ID + ")"
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	if e.clean == nil {
		return strings.Join(parts, ": ")
	}
	return e.clean(strings.Join(parts, ": "))
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

// failure makes an error of a call's end.
func (c *call) failure(resp *http.Response, err error) error {
	if resp != nil {
		defer func() { _ = resp.Body.Close() }()
	}
	var reader *own
	var later *busy
	var signIn *signInError
	var disk *fs.PathError
	switch {
	case errors.As(err, &reader):
		return reader.err
	case errors.As(err, &signIn):
		return signIn
	case c.ctx.Err() != nil:
		return context.Cause(c.ctx)
	case errors.As(err, &later):
		return later.err
	case errors.As(err, &disk): // the sealed file, not the wire
		return err
	}
	e := &Error{Method: c.request.Method, URL: bare(c.request.URL), Err: inner(err), clean: c.client.Said}
	if resp != nil {
		e.Status, e.ID = resp.StatusCode, cmp.Or(resp.Header.Get("X-Sfdc-Request-Id"), resp.Header.Get("X-Request-Id"))
	}
	if err != nil {
		e.Means = c.endOf(e, err)
		return e
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxError))
	e.Body = []byte(c.client.Struck(string(body)))
	e.Page = isPage(resp.Header, body)
	e.Means = c.meaning(e, resp)
	return e
}

// endOf is what a call means that ended without an answer. What the settings are to blame for has never worked: an org
// that has answered before is set up rightly.
func (c *call) endOf(e *Error, err error) error {
	var unsent *unsentError
	setup := errors.As(err, new(*setupError))
	if setup {
		e.Err = errors.New(e.Err.Error()) // the exit code is that of what it means
	}
	if why := untrusted(err); why != nil {
		e.Err, setup = why, true
	}
	switch {
	case setup && !c.client.served.has(c.request.URL):
		return ErrSetup
	case setup, c.request.Repeatable, errors.As(err, &unsent):
		return ErrUnavailable
	}
	return ErrLost
}

// meaning is what a status means that is no good one. A plain no is final: whatever was asked for was not done.
func (c *call) meaning(e *Error, resp *http.Response) error {
	switch status := resp.StatusCode; {
	case status/100 == 3:
		e.Err = pointsTo(resp)
		return c.moved(status)
	case status == http.StatusUnauthorized && c.client.options.Login != nil:
		e.Err = errors.New("the session ended again after each sign-in")
		return ErrUnavailable
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return ErrDenied
	case status == http.StatusProxyAuthRequired:
		return ErrSetup
	case status == http.StatusRequestTimeout, status >= 500, status/100 == 2:
		if c.request.Repeatable {
			return ErrUnavailable
		}
		return ErrLost
	}
	return ErrUnavailable
}

// moved is what a redirect means. In the middle of a run nothing is said of the settings: the org has moved away, or
// something stands before it for a while.
func (c *call) moved(status int) error {
	switch {
	case !c.client.served.has(c.request.URL):
		return ErrSetup
	case status == http.StatusMovedPermanently, status == http.StatusPermanentRedirect:
		return ErrDenied
	}
	return ErrUnavailable
}

// isPage tells whether a body is made for people.
func isPage(h http.Header, body []byte) bool {
	media, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return media == "text/html" || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// inner takes the address off a network error: it would show the query.
func inner(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// served are the hosts that have answered rightly.
type served struct{ hosts sync.Map }

func (s *served) note(address string) { s.hosts.Store(hostOf(address), true) }

func (s *served) has(address string) bool {
	_, ok := s.hosts.Load(hostOf(address))
	return ok
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the org"
	}
	return u.Host
}
