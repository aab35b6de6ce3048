// Package transport sends requests to one org. It signs in, repeats what may be repeated, bounds every answer in time
// and in size, and tells what the end of a call means.
package transport

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

// Options is how an org is reached.
type Options struct {
	CAFile   string        // further certificate authorities, PEM
	Insecure bool          // plain http to other machines, and certificates of unknown authorities
	RetryFor time.Duration // how long one call is tried, 0: two minutes
	Silence  time.Duration // how long an answer may stall, 0: one minute
	Log      *slog.Logger  // nil: nothing is logged
	Secrets  []string      // what no error text may show; tokens are added as they are given
	// Login gets a token with a client that signs nothing and repeats what may be repeated. It is called for the first
	// request, and again when the org no longer knows the token.
	Login func(ctx context.Context, plain *http.Client) (*oauth2.Token, error)
	// Sign puts the token on a request; nil: Authorization: Bearer.
	Sign func(r *http.Request, token *oauth2.Token)
	// Refused tells of answers that mean a dead session though their status is not 401.
	Refused func(*http.Response) bool
}

// Client sends requests to one org. It may be used by several goroutines.
type Client struct {
	options Options
	signer  *signer
	signed  *http.Client
	hidden  *hidden
	served  served
}

// New makes a client. Nothing is sent. An error is one of the config or of the environment.
func New(o Options) (*Client, error) {
	if o.RetryFor <= 0 {
		o.RetryFor = 2 * time.Minute
	}
	if o.Silence <= 0 {
		o.Silence = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := proxies(); err != nil {
		return nil, err
	}
	pool, err := authorities(o.CAFile)
	if err != nil {
		return nil, err
	}
	base := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: proxyAnswer,
		DialContext:            patientDialer(o.Silence),
		TLSClientConfig: &tls.Config{
			RootCAs: pool, InsecureSkipVerify: o.Insecure,
			MinVersion: tls.VersionTLS12,
		},
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  o.Silence,
		MaxResponseHeaderBytes: 1 << 20,
		WriteBufferSize:        1 << 16,
		ReadBufferSize:         1 << 16,
	}
	c := &Client{options: o, hidden: hide(o.Secrets)}
	wire := &line{next: base, options: o}
	unsigned := &http.Client{Transport: wire, CheckRedirect: sameHost}
	c.signer = &signer{
		options: o, next: wire, hidden: c.hidden, pause: pause,
		plain: &http.Client{Transport: signInTrip{c, unsigned}, CheckRedirect: sameHost},
	}
	c.signed = &http.Client{Transport: c.signer, CheckRedirect: sameHost}
	return c, nil
}

// Request is one call.
type Request struct {
	Method     string
	URL        string
	Header     http.Header
	Body       []byte
	File       string // a sealed file as body, instead of Body
	Repeatable bool   // it may be sent again when it is not known whether it arrived
	Kind       Kind   // of a good answer; an answer of another kind is none
	Status     int    // the only status of a good answer, 0: each 2xx
	Most       int64  // bytes that a good answer may have after decompression, 0: 64 MiB
}

// Do sends a request and hands the answer to read, which is called again for each repetition. What read refuses by
// NoAnswer counts as an answer that did not come; every other error of read ends the call and is returned as it is.
// Every other end is an *Error.
func (c *Client) Do(ctx context.Context, r Request, read func(*Answer) error) error {
	return c.do(ctx, c.signed, r, read)
}

// Token signs in if need be and answers the token, for clients that must know where it belongs.
func (c *Client) Token(ctx context.Context) (*oauth2.Token, error) {
	return c.signer.current(withPatience(ctx, c.options.RetryFor), nil) // from here on: those that wait for another's sign-in wait too
}

// Said is what an org says, fit for an error text: our secrets are struck out, control characters are spelled out.
func (c *Client) Said(text string) string { return spelled(c.hidden.struck(text)) }

// Struck is what an org says, with our secrets struck out and nothing else changed.
func (c *Client) Struck(text string) string { return c.hidden.struck(text) }
