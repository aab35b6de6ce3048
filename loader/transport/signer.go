package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"golang.org/x/oauth2"
)

// mostSignIns is how often one attempt signs in again: a session that ends on the call right after a sign-in is an org
// in trouble, not a refusal.
const mostSignIns = 5

// signer puts a token on every request, and gets a new one when the org no longer knows it: once for all workers,
// however many meet the refusal.
type signer struct {
	options Options
	next    http.RoundTripper
	plain   *http.Client
	hidden  *hidden
	pause   func(ctx context.Context, attempt int) error
	mu      sync.Mutex
	token   *oauth2.Token
	refusal error // of the sign-in: a refused secret is sent once, since each further one is a step towards a lock-out
}

// current answers a token that is not the one that was refused.
func (s *signer) current(ctx context.Context, refused *oauth2.Token) (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusal != nil {
		return nil, s.refusal
	}
	if s.token != nil && s.token != refused {
		return s.token, nil // another worker has been there
	}
	token, err := s.options.Login(ctx, s.plain)
	if err != nil {
		err = &signInError{err, spelled(s.hidden.struck(err.Error()))}
		if errors.Is(err, ErrDenied) {
			s.refusal = err
		}
		return nil, err
	}
	s.hidden.add(token.AccessToken)
	s.token = token
	return token, nil
}

// RoundTrip sends a signed copy, and another one after each refusal of the token. The last refusal is the caller's.
func (s *signer) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.options.Login == nil {
		return s.next.RoundTrip(r)
	}
	token, err := s.current(r.Context(), nil)
	if err != nil {
		return nil, err
	}
	body := r.Body
	for n := 0; ; n++ {
		resp, err := s.next.RoundTrip(s.signed(r, token, body))
		if err != nil || n == mostSignIns || !s.refused(resp) {
			return resp, err
		}
		if body, err = bodyAgain(r); err != nil {
			return resp, nil
		}
		drain(resp)
		if n > 0 {
			err = s.pause(r.Context(), n-1)
		}
		if err == nil {
			token, err = s.current(r.Context(), token)
		}
		if err != nil {
			return nil, err
		}
	}
}

func (s *signer) refused(resp *http.Response) bool {
	return resp.StatusCode == http.StatusUnauthorized || s.options.Refused != nil && s.options.Refused(resp)
}

func (s *signer) signed(r *http.Request, token *oauth2.Token, body io.ReadCloser) *http.Request {
	c := r.Clone(r.Context())
	c.Body = body
	if s.options.Sign != nil {
		s.options.Sign(c, token)
	} else {
		token.SetAuthHeader(c)
	}
	return c
}

func bodyAgain(r *http.Request) (io.ReadCloser, error) {
	switch {
	case r.Body == nil || r.Body == http.NoBody:
		return nil, nil
	case r.GetBody == nil:
		return nil, fmt.Errorf("the body cannot be read again")
	}
	return r.GetBody()
}

func drain(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxError)
	_ = resp.Body.Close()
}

// signInError is a sign-in that failed: no request of the caller's was sent.
type signInError struct {
	err  error
	text string
}

func (e *signInError) Error() string { return "sign-in: " + e.text }
func (e *signInError) Unwrap() error { return e.err }

// maxSignIn bounds the answer to a sign-in.
const maxSignIn = 1 << 20

// signInTrip is the wire of a sign-in: a call like the others, whose answer is kept whole. So a web page or half an
// answer is asked for again, and only a plain no of the org reaches the flow.
type signInTrip struct {
	client *Client
	over   *http.Client
}

// RoundTrip sends the request of a flow until an answer comes.
func (s signInTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	var body, kept []byte
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	request := Request{
		Method: r.Method, URL: r.URL.String(), Header: r.Header, Body: body, Repeatable: true,
		Kind: JSON, Most: maxSignIn,
	}
	status := http.StatusOK
	err := s.client.do(r.Context(), s.over, request, func(a *Answer) error {
		var err error
		if kept, err = io.ReadAll(a.Body); err != nil {
			return err
		}
		if trimmed := bytes.TrimSpace(kept); len(trimmed) == 0 || trimmed[0] != '{' {
			return NoAnswer("the answer to the sign-in is no JSON")
		}
		return nil
	})
	var no *Error
	if errors.As(err, &no) && isPlainNo(no) {
		status, kept = no.Status, no.Body
	} else if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: status, Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), Proto: "HTTP/1.1",
		ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(kept)),
		Body: io.NopCloser(bytes.NewReader(kept)), Request: r,
	}, nil
}

// isPlainNo tells of an org that refuses a sign-in in its own words.
func isPlainNo(e *Error) bool {
	return e.Status/100 == 4 && !e.Page && e.Status != http.StatusProxyAuthRequired &&
		e.Status != http.StatusRequestTimeout && e.Status != http.StatusTooManyRequests
}
