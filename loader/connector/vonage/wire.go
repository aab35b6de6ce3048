package vonage

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/time/rate"

	"rosterload/loader/transport"
)

// mediaType names the API's version, without which every call is refused. Source: Vonage, User Admin API, Versioning.
const mediaType = "application/vnd.newvoicemedia.v4+json"

// usualPace is how many calls a second all workers together make. The vendor names no figure, only fair use over all APIs of the account.
const usualPace = 50

// wire is the User Admin API.
type wire struct {
	http     *transport.Client
	base     string
	settings *Settings
	pace     *rate.Limiter
}

func newWire(s *Settings, log *slog.Logger) (*wire, error) {
	perSecond := usualPace
	if s.CallsPerSecond > 0 {
		perSecond = s.CallsPerSecond
	}
	w := &wire{base: strings.TrimRight(s.URL.V, "/"), settings: s, pace: rate.NewLimiter(rate.Limit(perSecond), perSecond)}
	var err error
	w.http, err = transport.New(transport.Options{CAFile: s.CAFile, Insecure: s.Insecure, RetryFor: s.RetryFor.Duration(), Log: log, Login: w.login})
	return w, err
}

func (w *wire) signIn(ctx context.Context) error {
	_, err := w.http.Token(ctx)
	if err != nil {
		return fmt.Errorf("sign-in: %w", err)
	}
	return nil
}

// login is the client credentials flow. Source: Vonage, Authentication API.
func (w *wire) login(ctx context.Context, plain *http.Client) (*oauth2.Token, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {w.settings.Auth.ClientID.Reveal()}, "client_secret": {w.settings.Auth.ClientSecret.Reveal()},
		"scope": {cmp.Or(w.settings.Scopes, "users:read users:write")},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.settings.TokenURL.V, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	resp, err := plain.Do(r)
	if err != nil {
		var network *url.Error
		if errors.As(err, &network) {
			err = network.Err // without the address
		}
		return nil, fmt.Errorf("the token endpoint cannot be reached: %w: %w", err, transport.ErrUnavailable)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		Token       string `json:"access_token"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	bad := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&answer)
	switch {
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests:
		return nil, fmt.Errorf("the token endpoint answers %d: %w", resp.StatusCode, transport.ErrUnavailable)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%d %s %s: %s: %w", resp.StatusCode, answer.Error, answer.Description, tokenCure(answer.Error), transport.ErrDenied)
	case bad != nil || answer.Token == "":
		return nil, fmt.Errorf("the token endpoint answers without a token: %w", transport.ErrUnavailable)
	}
	return &oauth2.Token{AccessToken: answer.Token}, nil
}

func tokenCure(code string) string {
	switch code {
	case "invalid_client":
		return "copy client_id and client_secret again"
	case "invalid_scope":
		return "give the API client the scopes users:read and users:write"
	case "unsupported_grant_type":
		return "give the API client the client credentials grant"
	}
	return "look at the API client in VCC Admin"
}

// call is one request below the base. Again says that it may be repeated when its end is unknown.
type call struct {
	method string
	path   string
	query  url.Values
	json   any
	again  bool
}

// get asks for something.
func (w *wire) get(ctx context.Context, path string, into any) error {
	return w.do(ctx, call{method: http.MethodGet, path: path, again: true}, into)
}

// do decodes the answer of a call that succeeded; into may be nil. A body that is no JSON answers a write all the same.
func (w *wire) do(ctx context.Context, c call, into any) error {
	if err := w.pace.Wait(ctx); err != nil {
		return context.Cause(ctx)
	}
	r := transport.Request{Method: c.method, URL: w.base + c.path, Again: c.again, Header: http.Header{}}
	if len(c.query) > 0 {
		r.URL += "?" + c.query.Encode()
	}
	r.Header.Set("Accept", mediaType)
	if c.json != nil {
		body, err := json.Marshal(c.json)
		if err != nil {
			return err
		}
		r.Body = body
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := w.http.Do(ctx, r)
	if err != nil {
		return understood(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return err
	}
	if into == nil || len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil && c.method == http.MethodGet {
		return fmt.Errorf("%s %s: the answer is no JSON that we know: %w", c.method, c.path, err)
	}
	return nil
}

// understood reads VCC's own sentence out of a failed call; its bodies come in several shapes.
func understood(err error) error {
	failed, ok := err.(*transport.Error)
	if !ok || failed.Status == 0 {
		return err
	}
	e := *failed
	var body struct {
		Message string          `json:"message"`
		Title   string          `json:"title"`
		Error   json.RawMessage `json:"error"`
		Errors  []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(e.Body, &body) == nil {
		var inner struct {
			Message string `json:"message"`
		}
		_ = json.Unmarshal(body.Error, &inner)
		e.Said = cmp.Or(body.Message, inner.Message, body.Title)
		for _, one := range body.Errors {
			e.Said = strings.TrimPrefix(e.Said+"; "+one.Message, "; ")
		}
	} else if text := bytes.TrimSpace(e.Body); len(text) > 0 && len(text) < 300 && text[0] != '<' {
		e.Said = string(text)
	}
	if e.Status == http.StatusForbidden {
		e.Means = transport.ErrDenied
	}
	return &e
}

// statusOf is the status of a failed call, 0 when there was no answer.
func statusOf(err error) int {
	var e *transport.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Status
}

// saidOf is VCC's sentence for a failed call.
func saidOf(err error) string {
	var e *transport.Error
	if errors.As(err, &e) && e.Said != "" {
		return e.Said
	}
	return fmt.Sprintf("%d without a reason", statusOf(err))
}

// isRefusal tells whether VCC has said a plain no to one row.
func isRefusal(err error) bool {
	switch statusOf(err) {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusConflict, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

func isNotFound(err error) bool { return statusOf(err) == http.StatusNotFound }
