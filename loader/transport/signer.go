package transport

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// signer puts a token on every request, and gets a new one when the org no longer knows it: once for all workers, however many meet the
// refusal.
type signer struct {
	options Options
	next    http.RoundTripper
	plain   *http.Client
	mu      sync.Mutex
	token   *oauth2.Token
}

// current answers a token that is not the one that was refused.
func (s *signer) current(ctx context.Context, refused *oauth2.Token) (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token != nil && s.token != refused {
		return s.token, nil // somebody else has been there
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, callKey{}, call{again: true, began: time.Now()}), s.options.RetryFor+s.options.Silence)
	defer cancel()
	token, err := s.options.Login(ctx, s.plain)
	if err != nil {
		return nil, &signInError{err}
	}
	s.token = token
	return token, nil
}

// RoundTrip sends a signed copy. A second refusal is the caller's.
func (s *signer) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.options.Login == nil {
		return s.next.RoundTrip(r)
	}
	token, err := s.current(r.Context(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.next.RoundTrip(s.signed(r, token))
	if err != nil || !s.refused(resp) {
		return resp, err
	}
	body, err := again(r)
	if err != nil {
		return resp, nil
	}
	drain(resp)
	if token, err = s.current(r.Context(), token); err != nil {
		return nil, err
	}
	once := s.signed(r, token)
	once.Body = body
	return s.next.RoundTrip(once)
}

func (s *signer) refused(resp *http.Response) bool {
	return resp.StatusCode == http.StatusUnauthorized || s.options.Refused != nil && s.options.Refused(resp)
}

func (s *signer) signed(r *http.Request, token *oauth2.Token) *http.Request {
	c := r.Clone(r.Context())
	if s.options.Sign != nil {
		s.options.Sign(c, token)
	} else {
		token.SetAuthHeader(c)
	}
	return c
}

func again(r *http.Request) (io.ReadCloser, error) {
	switch {
	case r.Body == nil || r.Body == http.NoBody:
		return nil, nil
	case r.GetBody == nil:
		return nil, fmt.Errorf("the body cannot be read again")
	}
	return r.GetBody()
}

func drain(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxErrorBody)
	_ = resp.Body.Close()
}

// signInError is a sign-in that failed: no request of the caller's was sent.
type signInError struct{ err error }

func (e *signInError) Error() string { return e.err.Error() }
func (e *signInError) Unwrap() error { return e.err }

// Token signs in if need be and answers the token, for clients that must know where it belongs.
func (c *Client) Token(ctx context.Context) (*oauth2.Token, error) {
	return c.signer.current(ctx, nil)
}
