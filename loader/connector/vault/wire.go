package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	scarce   bool // it was said that calls are delayed
}

// place is the Vault that answered a sign-in.
type place struct {
	id   int64
	name string
}

func newWire(s *Settings) (*wire, error) {
	w := &wire{base: strings.TrimRight(s.URL.V, "/"), version: s.APIVersion.V, settings: s}
	if w.version == "" {
		w.version = defaultVersion
	}
	var err error
	w.http, err = transport.New(transport.Options{
		CAFile: s.CAFile, Insecure: s.Insecure, RetryFor: s.RetryFor.Duration(), Login: w.login, Refused: deadSession,
		Sign: func(r *http.Request, t *oauth2.Token) { r.Header.Set("Authorization", t.AccessToken) },
	})
	return w, err
}

func (w *wire) at() place {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.place
}

// trouble is one of an envelope's errors. Its type is fixed for an API version; its message may change at any time and is only shown.
type trouble struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// envelope is what every answer has.
type envelope struct {
	Status string    `json:"responseStatus"`
	Errors []trouble `json:"errors"`
}

// failure is an answer that says no as a whole: nothing of the call was done.
type failure struct {
	call string
	trouble
	means error
}

func (f *failure) Error() string {
	text := f.call + ": " + f.Type
	if f.Message != "" {
		text += ": " + f.Message
	}
	return text
}

func (f *failure) Unwrap() error { return f.means }

// login gets a session, and makes sure that it belongs to the Vault that was asked for: Vault lets a user in elsewhere without a word when he
// may not enter here (Vault API reference, Authentication).
func (w *wire) login(ctx context.Context, plain *http.Client) (*oauth2.Token, error) {
	form := url.Values{"username": {w.settings.Auth.Username.Reveal()}, "password": {w.settings.Auth.Password.Reveal()}, "vaultDNS": {hostOf(w.base)}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+"/api/"+w.version+"/auth", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("X-VaultAPI-ClientID", clientID)
	resp, err := plain.Do(r)
	if err != nil {
		var network *url.Error
		if errors.As(err, &network) {
			err = network.Err // without the address
		}
		return nil, fmt.Errorf("the Vault cannot be reached: %w: %w", err, transport.ErrUnavailable)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the Vault answers %d to the sign-in: %w", resp.StatusCode, transport.ErrUnavailable)
	}
	var answer struct {
		envelope
		Session string `json:"sessionId"`
		Vault   int64  `json:"vaultId"`
		Vaults  []struct {
			ID   int64  `json:"id"`
			Name string `json:"name"`
			URL  string `json:"url"`
		} `json:"vaultIds"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 8<<20)).Decode(&answer); err != nil {
		return nil, fmt.Errorf("the answer to the sign-in is no JSON: %w", transport.ErrUnavailable)
	}
	if answer.Status != "SUCCESS" || answer.Session == "" {
		return nil, refusedLogin(answer.Errors)
	}
	for _, v := range answer.Vaults {
		if v.ID != answer.Vault {
			continue
		}
		if !strings.EqualFold(hostOf(v.URL), hostOf(w.base)) {
			return nil, fmt.Errorf("another Vault, %s (%s), answered instead of %s: this user may not enter the Vault that was asked for: %w", v.Name, hostOf(v.URL), hostOf(w.base), transport.ErrDenied)
		}
		w.mu.Lock()
		w.place = place{v.ID, v.Name}
		w.mu.Unlock()
		return &oauth2.Token{AccessToken: answer.Session}, nil
	}
	return nil, fmt.Errorf("the sign-in does not say which Vault it belongs to: %w", transport.ErrDenied)
}

// loginCures are what to do about each refusal of a sign-in. Source: Vault API reference, Errors.
var loginCures = map[string]string{
	"USERNAME_OR_PASSWORD_INCORRECT": "copy user name and password again; a few more wrong ones lock the user out",
	"NO_PASSWORD_PROVIDED":           "auth.password is empty",
	"USER_LOCKED_OUT":                "unlock the user in Vault",
	"PASSWORD_CHANGE_REQUIRED":       "sign in by hand once and change the password",
	"INACTIVE_USER":                  "activate the user, or sign in as another",
	"API_LIMIT_EXCEEDED":             "too many sign-ins within a minute: wait",
}

// refusedLogin is the first reason that a refused sign-in gives; Vault gives one.
func refusedLogin(errs []trouble) error {
	if len(errs) == 0 {
		return fmt.Errorf("the Vault refuses the sign-in without a reason: %w", transport.ErrDenied)
	}
	e, means := errs[0], transport.ErrDenied
	if e.Type == "API_LIMIT_EXCEEDED" {
		means = transport.ErrUnavailable
	}
	if cure := loginCures[e.Type]; cure != "" {
		return fmt.Errorf("%s (%s): %s: %w", e.Type, e.Message, cure, means)
	}
	return fmt.Errorf("%s (%s): %w", e.Type, e.Message, means)
}

// deadSession looks whether an answer says that the session has ended: Vault says so with status 200. The body is put back.
func deadSession(resp *http.Response) bool {
	if status := resp.Header.Get("X-VaultAPI-Status"); resp.StatusCode != http.StatusOK || status != "" && status != "FAILURE" {
		return false
	}
	head := make([]byte, 2048)
	n, _ := io.ReadFull(resp.Body, head)
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head[:n]), resp.Body), resp.Body}
	return bytes.Contains(head[:n], []byte(`"INVALID_SESSION_ID"`)) && bytes.Contains(head[:n], []byte(`FAILURE`))
}

// call is one request below the version. Again says that it may be repeated when its end is unknown.
type call struct {
	method string
	path   string // below the version, or whole where it begins with "/"
	form   url.Values
	json   any
	again  bool
}

// do decodes the answer of a call into into, which holds an envelope. Refusals for the moment are asked again, with growing pauses; nothing was
// done when Vault says FAILURE.
func (w *wire) do(ctx context.Context, c call, into interface{ outer() *envelope }) error {
	patience := w.settings.RetryFor.Duration()
	if patience <= 0 {
		patience = 2 * time.Minute
	}
	for began, pause := time.Now(), 500*time.Millisecond; ; pause = min(2*pause, 15*time.Second) {
		err := w.once(ctx, c, into)
		if !forTheMoment(err) || time.Since(began)+pause > patience {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// forTheMoment tells of refusals that another moment may not give.
func forTheMoment(err error) bool {
	var f *failure
	if !errors.As(err, &f) {
		return false
	}
	return f.Type == "API_LIMIT_EXCEEDED" || f.Type == "RACE_CONDITION" || f.Type == "OPERATION_IN_PROGRESS"
}

func (w *wire) once(ctx context.Context, c call, into interface{ outer() *envelope }) error {
	resp, err := w.http.Do(ctx, w.request(ctx, c))
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	w.watch(ctx, resp.Header)
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("%s %s: the answer is no JSON that we know: %w", c.method, c.path, unknownEnd(c, err))
	}
	return judged(c, into.outer())
}

// unknownEnd: an answer that cannot be read says nothing of what was done.
func unknownEnd(c call, err error) error {
	if c.again {
		return errors.Join(transport.ErrUnavailable, err)
	}
	return errors.Join(transport.ErrLost, err)
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

// judged is an envelope's verdict on the whole call.
func judged(c call, e *envelope) error {
	switch e.Status {
	case "SUCCESS", "WARNING":
		return nil
	}
	f := &failure{call: c.method + " " + c.path, trouble: trouble{Type: e.Status}, means: transport.ErrUnavailable}
	if len(e.Errors) > 0 {
		f.trouble = e.Errors[0]
	}
	switch {
	case f.Type == "INSUFFICIENT_ACCESS" || f.Type == "INVALID_SESSION_ID" || f.Type == "INACTIVE_USER":
		f.means = transport.ErrDenied
	case e.Status == "EXCEPTION" && !c.again:
		f.means = transport.ErrLost
	}
	return f
}

// watch reads the burst limit out of each answer, and says once when Vault begins to slow us down.
func (w *wire) watch(ctx context.Context, h http.Header) {
	delay, _ := strconv.Atoi(h.Get("X-VaultAPI-ResponseDelay"))
	w.mu.Lock()
	defer w.mu.Unlock()
	if delay > 0 && !w.scarce {
		tag := transport.TagOf(ctx)
		slog.Warn("the Vault delays our calls: its burst limit is used up", "run", tag.Run, "job", tag.Job, "batch", tag.Batch,
			"delay_ms", delay, "limit", h.Get("X-VaultAPI-BurstLimit"), "remaining", h.Get("X-VaultAPI-BurstLimitRemaining"))
	}
	w.scarce = delay > 0
}

// isType tells whether an error is Vault's refusal of this type.
func isType(err error, types ...string) bool {
	var f *failure
	if !errors.As(err, &f) {
		return false
	}
	for _, t := range types {
		if f.Type == t {
			return true
		}
	}
	return false
}

func (e *envelope) outer() *envelope { return e }
