package vault

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

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
	w := &wire{
		base: strings.TrimRight(s.URL.V, "/"), version: cmp.Or(s.APIVersion.V, defaultVersion), settings: s,
		log: log,
	}
	var err error
	w.http, err = transport.New(transport.Options{
		CAFile: s.CAFile, Insecure: s.Insecure, RetryFor: s.RetryFor.Duration(), Log: log,
		Secrets: []string{s.Auth.Password.Reveal()},
		Login:   w.login, Refused: deadSession,
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

// maxBody bounds an answer: a page has a thousand rows at most (VQL reference, PAGESIZE).
const maxBody = 8 << 20

// ask answers a call with an A, which holds an envelope and may say whether it is complete. Each attempt is read into
// an A of its own. What the Vault refuses for the moment is asked for again: nothing of it was done.
func ask[A any, E interface {
	*A
	outer() *envelope
}](ctx context.Context, w *wire, c call,
) (A, error) {
	var got A
	err := w.http.Do(ctx, w.request(ctx, c), func(answer *transport.Answer) error {
		w.watch(ctx, answer.Header)
		var a A
		if err := json.NewDecoder(answer.Body).Decode(&a); err != nil {
			return transport.NoAnswer("the answer is no JSON that we know: %w", err)
		}
		if err := w.judged(c, E(&a).outer()); err != nil {
			return err
		}
		if counted, ok := any(a).(interface{ complete() error }); ok {
			if err := counted.complete(); err != nil {
				return transport.NoAnswer("%w", err)
			}
		}
		got = a
		return nil
	})
	return got, err
}

func (w *wire) request(ctx context.Context, c call) transport.Request {
	r := transport.Request{
		Method: c.method, URL: w.base + c.path, Repeatable: c.again, Kind: transport.JSON,
		Status: http.StatusOK, Most: maxBody, Header: http.Header{},
	}
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
		w.log.Warn("the Vault delays our calls: its burst limit is used up", "run", tag.Run, "job", tag.Job, "batch",
			tag.Batch,
			"delay_ms", delay, "limit", h.Get("X-VaultAPI-BurstLimit"), "remaining",
			h.Get("X-VaultAPI-BurstLimitRemaining"))
	}
	w.scarce = delay > 0
}
