package front

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Asked is one request as the org saw it. Tokens are not kept.
type Asked struct {
	Number   int       `json:"number"`
	At       time.Time `json:"at"`                // its head was read
	Answered time.Time `json:"answered,omitzero"` // all but the end of its answer was written
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Query    string    `json:"query,omitempty"`
	Body     string    `json:"body,omitempty"` // its first 64 KiB
	Size     int       `json:"size"`
	Status   int       `json:"status"`
}

const (
	keptRequests = 10_000
	keptBody     = 64 << 10
	struckOut    = "***"
)

// Hide keeps a token out of all that the org tells of itself.
func (f *Front[F]) Hide(token string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tokens = append(f.tokens, token)
}

// struck is a text without tokens. The caller holds f.mu.
func (f *Front[F]) struck(text string) string {
	for _, token := range f.tokens {
		text = strings.ReplaceAll(text, token, struckOut)
	}
	return text
}

// secrets are parameters of an address that hold a credential, whether the org knows it or not.
var secrets = []string{
	"access_token", "oauth_token", "token", "sid", "refresh_token", "client_secret", "password",
	"assertion",
}

func withoutSecrets(query string) string {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		for _, secret := range secrets {
			if strings.EqualFold(name, secret) {
				parts[i] = name + "=" + struckOut
			}
		}
	}
	return strings.Join(parts, "&")
}

func (f *Front[F]) remember(r *http.Request, body []byte, at time.Time) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	a := Asked{
		Number: f.calls, At: at.UTC(), Method: r.Method, Path: f.struck(r.URL.Path),
		Query: f.struck(withoutSecrets(r.URL.RawQuery)), Size: len(body),
	}
	if !f.secret(r.URL.Path) {
		a.Body = f.struck(string(body[:min(len(body), keptBody)]))
	}
	f.requests = append(f.requests, a)
	if len(f.requests) > keptRequests {
		f.requests = f.requests[len(f.requests)-keptRequests/2:]
	}
	return f.calls
}

// finish adds the status and the time of the answer, and writes the line of the log.
func (f *Front[F]) finish(number, status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.requests) - 1; i >= 0; i-- {
		if f.requests[i].Number != number {
			continue
		}
		f.requests[i].Status, f.requests[i].Answered = status, f.now().UTC()
		if a := f.requests[i]; f.options.Log != nil {
			fmt.Fprintf(f.options.Log, "%s %d %s %s %d bytes -> %d\n",
				a.At.Format("15:04:05.000"), a.Number, a.Method, a.Path, a.Size, a.Status)
		}
		return
	}
}

// Calls is how many requests there were.
func (f *Front[F]) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// Requests are what was asked so far.
func (f *Front[F]) Requests() []Asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Asked{}, f.requests...)
}

// Violate adds a broken promise.
func (f *Front[F]) Violate(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = append(f.broken, f.struck(fmt.Sprintf(format, args...)))
}
