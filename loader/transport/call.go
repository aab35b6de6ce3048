package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// call is one request with all its attempts. Time is the bound, not their number.
type call struct {
	ctx     context.Context
	client  *Client
	request Request
	read    func(*Answer) error
	began   time.Time
	attempt int           // from 0
	wait    time.Duration // before the next
	tellAt  time.Duration // after the beginning: the admin is told of trouble that lasts
}

func (c *Client) do(ctx context.Context, over *http.Client, r Request, read func(*Answer) error) error {
	this := &call{
		ctx: withPatience(ctx, c.options.RetryFor), client: c, request: r, read: read, began: time.Now(),
		tellAt: time.Second,
	}
	request, err := this.fresh()
	if err != nil {
		return err
	}
	repeating := &retryablehttp.Client{
		HTTPClient: over, RetryMax: math.MaxInt32, CheckRetry: this.again,
		ErrorHandler:   retryablehttp.PassthroughErrorHandler,
		RequestLogHook: func(_ retryablehttp.Logger, _ *http.Request, attempt int) { this.attempt = attempt },
		Backoff:        func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return this.wait },
	}
	resp, err := repeating.Do(request)
	if err == nil && this.isGood(resp.StatusCode) {
		if over == c.signed { // a sign-in alone may be the vendor's common one, at an old address of the org
			c.served.note(r.URL)
		}
		return nil
	}
	return this.failure(resp, err)
}

func (c *call) fresh() (*retryablehttp.Request, error) {
	var body any
	switch {
	case c.request.File != "":
		body = retryablehttp.ReaderFunc(func() (io.Reader, error) { return openSpool(c.request.File) })
	case c.request.Body != nil:
		body = bytes.NewReader(c.request.Body)
	}
	request, err := retryablehttp.NewRequestWithContext(c.ctx, c.request.Method, c.request.URL, body)
	if err != nil {
		return nil, err
	}
	for name, values := range c.request.Header {
		request.Header[name] = values
	}
	request.SetResponseHandler(c.take)
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

// again decides whether a call is sent once more, and when: never sooner than our own pause, as late as the org asks
// for, and not beyond the patience of the call.
func (c *call) again(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	what := c.trouble(resp, err)
	until, _ := ctx.Value(untilKey{}).(time.Time)
	left, ours := time.Until(until), pauseAfter(c.attempt)
	if what == "" || ours > left {
		return false, nil
	}
	c.wait = ours
	if resp != nil {
		c.wait = min(max(ours, retryAfter(resp.Header, time.Now())), left)
	}
	if spent := time.Since(c.began); spent >= c.tellAt {
		c.tellAt = 4 * spent
		c.tell(what, left)
	}
	return true, nil
}

// tell says at growing distances what a call waits for.
func (c *call) tell(what string, left time.Duration) {
	tag := TagOf(c.ctx)
	long := max(left.Round(time.Second), time.Second).String()
	if minutes, ok := strings.CutSuffix(long, "m0s"); ok {
		long = minutes + "m"
	}
	c.client.options.Log.WarnContext(c.ctx, c.client.Said(hostOf(c.request.URL)+" "+what+"; trying again for "+long),
		"run", tag.Run, "job", tag.Job, "batch", tag.Batch)
}

// trouble is what has happened, in words, where the call may be sent once more; else it is "". 429, Busy and an attempt
// of which nothing left this machine mean that nothing was done. After anything else whose end is unknown only a
// repeatable request is sent again.
func (c *call) trouble(resp *http.Response, err error) string {
	var sent *own
	var signIn *signInError
	var later *busy
	var unsent *unsentError
	switch {
	case errors.As(err, &sent), errors.As(err, &signIn), errors.As(err, new(*setupError)), untrusted(err) != nil:
		return ""
	case errors.As(err, &later):
		return later.Error()
	case err != nil && (c.request.Repeatable || errors.As(err, &unsent)):
		return network(err)
	case err != nil:
		return ""
	}
	status := resp.StatusCode
	if status == http.StatusTooManyRequests ||
		c.request.Repeatable && (status >= 500 || status == http.StatusRequestTimeout ||
			status/100 == 2 && !c.isGood(status)) {
		return fmt.Sprintf("answers %d %s", status, http.StatusText(status))
	}
	return ""
}

// network is what the network says, in words.
func network(err error) string {
	var none *noAnswer
	var unsent *unsentError
	var dns *net.DNSError
	var slow net.Error
	switch {
	case errors.As(err, &none):
		return "does not answer rightly: " + none.Error()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused the connection"
	case errors.As(err, &dns):
		return "is not known to this machine's name service"
	case errors.As(err, &slow) && slow.Timeout():
		return "does not answer"
	case errors.As(err, &unsent):
		return "cannot be reached: " + inner(err).Error()
	}
	return "broke off: " + inner(err).Error()
}
