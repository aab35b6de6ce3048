package vault

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"rosterload/loader/transport"
)

const defaultVersion = "v26.2"

// clientID tells Vault's usage log who calls.
const clientID = "rosterload"

// wire is Vault's REST API: sessions, envelopes and their three levels of success.
type wire struct {
	http     *transport.Client
	base     string
	version  string
	settings *Settings
	mu       sync.Mutex
	place    place
	log      *slog.Logger
	scarce   bool // it was said that calls are delayed
}

// place is the Vault that answered a sign-in.
type place struct {
	id   int64
	name string
}

func newWire(s *Settings, log *slog.Logger) (*wire, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	w := &wire{base: strings.TrimRight(s.URL.V, "/"), version: cmp.Or(s.APIVersion.V, defaultVersion), settings: s, log: log}
	var err error
	w.http, err = transport.New(transport.Options{
		CAFile: s.CAFile, Insecure: s.Insecure, RetryFor: s.RetryFor.Duration(), Log: log, Login: w.login, Refused: deadSession,
		Sign: func(r *http.Request, t *oauth2.Token) { r.Header.Set("Authorization", t.AccessToken) },
	})
	return w, err
}

func (w *wire) at() place {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.place
}

// call is one request below the version. Again says that it may be repeated when its end is unknown.
type call struct {
	method string
	path   string // below the version, or whole where it begins with "/"
	form   url.Values
	json   any
	again  bool
}

// ask answers a call with an A, which holds an envelope. Refusals for the moment, and of repeatable calls answers that cannot be read, are asked
// for again with growing pauses, each time into an A of its own.
func ask[A any, E interface {
	*A
	outer() *envelope
}](ctx context.Context, w *wire, c call,
) (A, error) {
	patience := cmp.Or(w.settings.RetryFor.Duration(), 2*time.Minute)
	for began, pause := time.Now(), 500*time.Millisecond; ; pause = min(2*pause, 15*time.Second) {
		var a A
		err := w.once(ctx, c, &a, E(&a).outer())
		if !forTheMoment(c, err) || time.Since(began)+pause > patience {
			return a, err
		}
		select {
		case <-ctx.Done():
			return a, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// forTheMoment tells of answers that another moment may not give. What the Vault refuses with a plain no was not done.
func forTheMoment(c call, err error) bool {
	switch {
	case isPlainNo(err):
		return isType(err, "API_LIMIT_EXCEEDED", "RACE_CONDITION", "OPERATION_IN_PROGRESS")
	case c.again:
		return errors.Is(err, errUnread)
	}
	return false
}

// errUnread tells of an answer that is not of the shape that was asked for.
var errUnread = errors.New("the answer is no JSON that we know")

// once sends a call and reads its answer into into, whose envelope is outer.
func (w *wire) once(ctx context.Context, c call, into any, outer *envelope) error {
	resp, err := w.http.Do(ctx, w.request(ctx, c))
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	w.watch(ctx, resp.Header)
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return unread(c, err)
	}
	return judged(c, outer)
}

// unread is the end of a call whose answer cannot be read: it says nothing of what was done.
func unread(c call, err error) error {
	means := transport.ErrLost
	if c.again {
		means = transport.ErrUnavailable
	}
	return fmt.Errorf("%s %s: %w: %w: %w", c.method, c.path, means, errUnread, err)
}

func (w *wire) request(ctx context.Context, c call) transport.Request {
	r := transport.Request{Method: c.method, URL: w.base + c.path, Again: c.again, Header: http.Header{}}
	if !strings.HasPrefix(c.path, "/") {
		r.URL = w.base + "/api/" + w.version + "/" + c.path
	}
	switch {
	case c.form != nil:
		r.Body = []byte(c.form.Encode())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case c.json != nil:
		r.Body, _ = json.Marshal(c.json) // rows are texts and nulls: they can always be spelled
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("X-VaultAPI-ClientID", clientID)
	if tag := transport.TagOf(ctx).String(); tag != "" {
		r.Header.Set("X-VaultAPI-ReferenceId", tag)
	}
	return r
}

// watch reads the burst limit out of each answer, and says once when Vault begins to slow us down.
func (w *wire) watch(ctx context.Context, h http.Header) {
	delay, _ := strconv.Atoi(h.Get("X-VaultAPI-ResponseDelay"))
	w.mu.Lock()
	defer w.mu.Unlock()
	if delay > 0 && !w.scarce {
		tag := transport.TagOf(ctx)
		w.log.Warn("the Vault delays our calls: its burst limit is used up", "run", tag.Run, "job", tag.Job, "batch", tag.Batch,
			"delay_ms", delay, "limit", h.Get("X-VaultAPI-BurstLimit"), "remaining", h.Get("X-VaultAPI-BurstLimitRemaining"))
	}
	w.scarce = delay > 0
}
