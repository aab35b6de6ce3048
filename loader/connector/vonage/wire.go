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

// usualPace is how many calls a second all workers together make. The vendor names no figure, only fair use over all
// APIs of the account.
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
	w := &wire{
		base: strings.TrimRight(s.URL.V, "/"), settings: s,
		pace: rate.NewLimiter(rate.Limit(perSecond), perSecond),
	}
	var err error
	w.http, err = transport.New(transport.Options{
		CAFile: s.CAFile, Insecure: s.Insecure, RetryFor: s.RetryFor.Duration(), Log: log,
		Secrets: []string{s.Auth.ClientSecret.Reveal()}, Login: w.login,
	})
	return w, err
}

func (w *wire) signIn(ctx context.Context) error {
	_, err := w.http.Token(ctx)
	return err
}

// login is the client credentials flow. Source: Vonage, Authentication API.
func (w *wire) login(ctx context.Context, plain *http.Client) (*oauth2.Token, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {w.settings.Auth.ClientID.Reveal()},
		"client_secret": {w.settings.Auth.ClientSecret.Reveal()},
		"scope":         {cmp.Or(w.settings.Scopes, "users:read users:write")},
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
			err = network.Err // without the address, which the error inside has
		}
		return nil, fmt.Errorf("the token endpoint cannot be reached: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	return granted(resp)
}

// granted reads the answer of the token endpoint. Only its own no is a denial; what makes no sense is none.
func granted(resp *http.Response) (*oauth2.Token, error) {
	var answer struct {
		Token       string `json:"access_token"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	bad := json.NewDecoder(resp.Body).Decode(&answer)
	switch {
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%d %s %s: %s: %w", resp.StatusCode, answer.Error, answer.Description,
			tokenCure(answer.Error), transport.ErrDenied)
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

// maxBody bounds an answer: a page has five thousand users.
const maxBody = 32 << 20

// do decodes the answer of a call that succeeded; into may be nil. A write may be answered with nothing.
func (w *wire) do(ctx context.Context, c call, into any) error {
	if err := w.pace.Wait(ctx); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return fmt.Errorf("%w: %w", err, transport.ErrUnavailable)
	}
	r := transport.Request{
		Method: c.method, URL: w.base + c.path, Repeatable: c.again, Kind: transport.JSON,
		Most: maxBody, Header: http.Header{},
	}
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
	return w.understood(w.http.Do(ctx, r, func(a *transport.Answer) error {
		body, err := io.ReadAll(a.Body)
		if err != nil {
			return err
		}
		return c.read(body, into)
	}))
}

// read takes an answer that is complete.
func (c call) read(body []byte, into any) error {
	empty := len(bytes.TrimSpace(body)) == 0
	switch {
	case empty && c.method != http.MethodGet:
		return nil
	case !json.Valid(body):
		return transport.NoAnswer("the answer is no JSON")
	case c.method == http.MethodGet && !says(body):
		return transport.NoAnswer("the answer says nothing")
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return transport.NoAnswer("the answer is no JSON that we know: %w", err)
	}
	return nil
}

// says tells whether JSON is more than null and nothing: a list, or an object with members.
func says(body []byte) bool {
	var members map[string]json.RawMessage
	var list []json.RawMessage
	return json.Unmarshal(body, &members) == nil && len(members) > 0 ||
		json.Unmarshal(body, &list) == nil && list != nil
}

// understood reads VCC's own sentence out of a failed call; its bodies come in several shapes.
func (w *wire) understood(err error) error {
	failed, ok := err.(*transport.Error)
	if !ok || failed.Status < http.StatusBadRequest {
		return err
	}
	e := *failed
	e.Said = w.http.Said(sentence(e.Body))
	return &e
}

func sentence(answer []byte) string {
	var body struct {
		Message string          `json:"message"`
		Title   string          `json:"title"`
		Error   json.RawMessage `json:"error"`
		Errors  []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(answer, &body) != nil {
		if text := bytes.TrimSpace(answer); len(text) < 300 && !bytes.HasPrefix(text, []byte("<")) {
			return string(text)
		}
		return ""
	}
	var inner struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body.Error, &inner)
	said := cmp.Or(body.Message, inner.Message, body.Title)
	for _, one := range body.Errors {
		said = strings.TrimPrefix(said+"; "+one.Message, "; ")
	}
	return said
}

// statusOf is the status of a failed call, 0 when there was no answer. A proxy's page says nothing of what VCC has.
func statusOf(err error) int {
	var e *transport.Error
	if !errors.As(err, &e) || e.Page {
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
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusConflict,
		http.StatusUnprocessableEntity:
		return true
	}
	return false
}

func isNotFound(err error) bool { return statusOf(err) == http.StatusNotFound }
