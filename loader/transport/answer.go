package transport

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// The bounds of an answer, after decompression.
const (
	maxAnswer = 64 << 20
	maxError  = 64 << 10 // what is kept of an answer that says no
)

// Kind is what an answer is made of, as its content type says.
type Kind string

// The kinds of answer that clients ask for.
const (
	Any  Kind = ""
	JSON Kind = "json"
	CSV  Kind = "csv"
)

// fits tells whether a content type is of this kind: application/json, application/vnd.acme.v4+json. An answer that
// does not say what it is, or says no more than that it is text, is judged by its content alone.
func (k Kind) fits(contentType string) bool {
	if k == Any || contentType == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	if media == "text/plain" || media == "application/octet-stream" {
		return true
	}
	return err == nil && (strings.HasSuffix(media, "/"+string(k)) || strings.HasSuffix(media, "+"+string(k)))
}

// Answer is an answer of the wanted status and kind.
type Answer struct {
	Status int
	Header http.Header
	Body   io.Reader
}

// noAnswer is what came instead of an answer.
type noAnswer struct{ err error }

func (e *noAnswer) Error() string { return e.err.Error() }
func (e *noAnswer) Unwrap() error { return e.err }

// NoAnswer says that what came is no answer to what was asked: half of one, of another shape, of something else. A
// repeatable request is sent again; the end of another one is unknown.
func NoAnswer(format string, args ...any) error { return &noAnswer{fmt.Errorf(format, args...)} }

// busy is an answer that says: not now.
type busy struct{ err error }

func (e *busy) Error() string { return e.err.Error() }
func (e *busy) Unwrap() error { return e.err }

// Busy says that the org refuses for the moment and has done nothing: the request is sent again whatever it is. When
// patience is over, the call ends with err itself.
func Busy(err error) error { return &busy{err} }

// own is an error of a reader: it ends a call and is returned as it is.
type own struct{ err error }

func (e *own) Error() string { return e.err.Error() }
func (e *own) Unwrap() error { return e.err }

// take hands a good answer to its reader. The body of a bad one is left for the error.
func (c *call) take(resp *http.Response) error {
	if !c.isGood(resp.StatusCode) {
		return nil
	}
	defer func() { _ = resp.Body.Close() }()
	body := bufio.NewReader(&bounded{resp.Body, c.most()})
	if _, err := body.Peek(1); err == nil && !c.request.Kind.fits(resp.Header.Get("Content-Type")) {
		return NoAnswer("the answer is %s, not %s", kindOf(resp.Header), c.request.Kind)
	}
	err := c.read(&Answer{Status: resp.StatusCode, Header: resp.Header, Body: body})
	if err == nil { // a reader may stop when it has what it wants; an answer that breaks off behind that is none
		_, err = io.Copy(io.Discard, body)
	}
	var none *noAnswer
	var later *busy
	if err == nil || errors.As(err, &none) || errors.As(err, &later) || c.ctx.Err() != nil {
		return err
	}
	return &own{err}
}

// isGood: a status that was not asked for is no answer, though it is a 2xx.
func (c *call) isGood(status int) bool {
	return status/100 == 2 && (c.request.Status == 0 || c.request.Status == status)
}

func (c *call) most() int64 {
	if c.request.Most > 0 {
		return c.request.Most
	}
	return maxAnswer
}

// kindOf is a content type in words.
func kindOf(h http.Header) string {
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	switch {
	case err != nil:
		return "of a kind that cannot be read"
	case media == "text/html":
		return "a web page"
	}
	return media
}

// bounded is a body that is given up when it is longer than it may be.
type bounded struct {
	io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, NoAnswer("the answer does not end")
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.Reader.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, NoAnswer("the answer does not end")
	}
	return n, err
}
