package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/oauth2"
)

// Options is how an org is reached.
type Options struct {
	CAFile   string        // further certificate authorities, PEM
	Insecure bool          // plain http to other machines, and certificates nobody vouches for
	RetryFor time.Duration // how long one call is tried, 0: two minutes
	Silence  time.Duration // how long an answer may stall, 0: one minute
	Log      *slog.Logger  // nil: the process's own
	// Login gets a token with a client that signs nothing and that repeats what may be repeated. It is called for the first request and again
	// when the org no longer knows the token.
	Login func(ctx context.Context, plain *http.Client) (*oauth2.Token, error)
	// Sign puts the token on a request; nil: Authorization: Bearer.
	Sign func(r *http.Request, token *oauth2.Token)
	// Refused tells of answers that mean a dead session though their status is not 401.
	Refused func(*http.Response) bool
}

// Client sends requests to one org. It may be used by several goroutines.
type Client struct {
	options Options
	retry   *retryablehttp.Client
	signer  *signer
}

// Request is one call. Only what says Again may be sent again when nobody knows whether it arrived.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
	File   string // a sealed file as body, instead of Body
	Again  bool
}

// New makes a client. Nothing is sent.
func New(o Options) (*Client, error) {
	if o.RetryFor <= 0 {
		o.RetryFor = 2 * time.Minute
	}
	if o.Silence <= 0 {
		o.Silence = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	pool, err := authorities(o.CAFile)
	if err != nil {
		return nil, err
	}
	base := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           patientDialer(o.Silence),
		TLSClientConfig:       &tls.Config{RootCAs: pool, InsecureSkipVerify: o.Insecure, MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: o.Silence,
		WriteBufferSize:       1 << 16,
		ReadBufferSize:        1 << 16,
	}
	c := &Client{options: o}
	c.signer = &signer{options: o, next: base, plain: &http.Client{Transport: &retryablehttp.RoundTripper{Client: c.repeating(base)}, CheckRedirect: noRedirect}}
	c.retry = c.repeating(c.signer)
	return c, nil
}

// repeating is a client that sends again what may be sent again.
func (c *Client) repeating(next http.RoundTripper) *retryablehttp.Client {
	r := retryablehttp.NewClient()
	r.HTTPClient = &http.Client{Transport: next, CheckRedirect: noRedirect}
	r.Logger = nil
	r.RetryMax = 1 << 20 // time is the bound, not the count
	r.RetryWaitMin, r.RetryWaitMax = 200*time.Millisecond, 15*time.Second
	r.Backoff = backoff
	r.CheckRetry = c.again
	r.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return r
}

func authorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file: %s holds no certificate", path)
	}
	return pool, nil
}

// noRedirect follows redirects of reads only, and only on the same host: a redirected write would arrive as a read, or twice, and a token
// sent elsewhere is given away.
func noRedirect(r *http.Request, via []*http.Request) error {
	if via[0].Method != http.MethodGet || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme || len(via) > 5 {
		return http.ErrUseLastResponse
	}
	return nil
}

// Plain refuses http to other machines unless the admin has said that he knows.
func Plain(address string, insecure bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%q is no address such as https://acme.my.salesforce.com", address)
	case u.Scheme == "https" || u.Scheme == "http" && (insecure || isLoopback(u.Hostname())):
		return nil
	case u.Scheme == "http":
		return fmt.Errorf("%s is plain http to another machine: everybody on the way can read the token; use https, or insecure: true", address)
	}
	return fmt.Errorf("%q is neither http nor https", address)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// call is what CheckRetry must know of a request; it only sees the context.
type call struct {
	again bool
	began time.Time
}

type callKey struct{}

// Do sends a request and answers a response with a 2xx status, whose body the caller closes. Every other end is an *Error. A body that
// stalls ends with ErrUnavailable.
func (c *Client) Do(ctx context.Context, r Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	request, err := c.request(ctx, r)
	if err != nil {
		cancel(err)
		return nil, err
	}
	began := time.Now()
	resp, err := c.retry.Do(request)
	tag := TagOf(ctx)
	c.options.Log.Debug("call", "method", r.Method, "path", request.URL.Path, "status", statusOf(resp), "took", time.Since(began), "run", tag.Run, "job", tag.Job, "batch", tag.Batch)
	if err == nil && resp.StatusCode/100 == 2 {
		resp.Body = watch(ctx, resp.Body, cancel, c.options.Silence)
		return resp, nil
	}
	failed := c.failure(ctx, r, resp, err)
	cancel(failed)
	return nil, failed
}

func (c *Client) request(ctx context.Context, r Request) (*retryablehttp.Request, error) {
	ctx = context.WithValue(ctx, callKey{}, call{again: r.Again, began: time.Now()})
	var body any
	switch {
	case r.File != "":
		body = retryablehttp.ReaderFunc(func() (io.Reader, error) { return openSpool(r.File) })
	case r.Body != nil:
		body = bytes.NewReader(r.Body)
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, r.Method, r.URL, body)
	if err != nil {
		return nil, err
	}
	for name, values := range r.Header {
		request.Header[name] = values
	}
	return request, nil
}

// spoolFile is a file that knows its length, so that it is not sent in chunks.
type spoolFile struct {
	*os.File
	size int64
}

func (f spoolFile) Len() int { return int(f.size) }

func openSpool(path string) (io.Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return spoolFile{f, info.Size()}, nil
}

// again decides whether a call is sent once more. 429 and a refused connection mean that nothing was done; after anything else that leaves
// the end open only a request that says of itself that it may be repeated goes out again.
func (c *Client) again(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	this, _ := ctx.Value(callKey{}).(call)
	left := c.options.RetryFor - time.Since(this.began)
	if left <= 0 {
		return false, nil
	}
	if err != nil {
		var signIn *signInError // was tried long enough, and a wrong secret sent twice is two steps towards a lock-out
		if errors.As(err, &signIn) || !this.again && !nothingLeft(err) {
			return false, nil
		}
		return retryablehttp.DefaultRetryPolicy(ctx, nil, err)
	}
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && this.again:
		return backoff(0, 0, 0, resp) <= left, nil
	case status >= 500 && this.again:
		return true, nil
	}
	return false, nil
}

// nothingLeft tells whether the connection was never made.
func nothingLeft(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// backoff waits as long as the org asks for, and otherwise twice as long each time, and up to a quarter more, so that workers do not come
// back all at once.
func backoff(least, most time.Duration, attempt int, resp *http.Response) time.Duration {
	wait := retryablehttp.DefaultBackoff(least, most, attempt, resp)
	return wait + rand.N(wait/4+1)
}

func statusOf(resp *http.Response) int {
	if resp == nil {
		return 0
	}
	return resp.StatusCode
}
