package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"rosterload/loader/transport"
)

// login gets a session, and makes sure that it belongs to the Vault that was asked for: a user who may not
// enter here is let into another Vault without a word (Vault API reference, Authentication).
func (w *wire) login(ctx context.Context, plain *http.Client) (*oauth2.Token, error) {
	form := url.Values{
		"username": {w.settings.Auth.Username.Reveal()}, "password": {w.settings.Auth.Password.Reveal()},
		"vaultDNS": {hostOf(w.base)},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+"/api/"+w.version+"/auth",
		strings.NewReader(form.Encode()))
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
			err = network.Err // without the address, which the error inside has
		}
		return nil, fmt.Errorf("the Vault cannot be reached: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the Vault answers %d to the sign-in: %w", resp.StatusCode, transport.ErrUnavailable)
	}
	var answer session
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("the answer to the sign-in is no JSON that we know: %w", transport.ErrUnavailable)
	}
	return w.entered(answer)
}

// session is the answer to a sign-in.
type session struct {
	envelope
	Session string `json:"sessionId"`
	Vault   int64  `json:"vaultId"`
	Vaults  []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
		URL  string `json:"url"`
	} `json:"vaultIds"`
}

// entered judges the answer to a sign-in. Only FAILURE is a denial; what makes no sense is none.
func (w *wire) entered(answer session) (*oauth2.Token, error) {
	switch {
	case answer.Status == "FAILURE":
		return nil, refusedLogin(answer.Errors)
	case answer.Status != "SUCCESS" && answer.Status != "WARNING" || answer.Session == "":
		return nil, fmt.Errorf("the Vault answers the sign-in with %q and no session: %w", answer.Status,
			transport.ErrUnavailable)
	}
	for _, v := range answer.Vaults {
		if v.ID != answer.Vault {
			continue
		}
		if !strings.EqualFold(hostOf(v.URL), hostOf(w.base)) {
			return nil, fmt.Errorf("another Vault, %s (%s), answered instead of %s: this user may not enter the "+
				"Vault that was asked for: %w", v.Name, hostOf(v.URL), hostOf(w.base), transport.ErrDenied)
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

// deadSession looks whether an answer says that the session has ended: Vault says so with status 200. The body is put
// back.
func deadSession(resp *http.Response) bool {
	if status := resp.Header.Get("X-VaultAPI-Status"); resp.StatusCode != http.StatusOK ||
		status != "" && status != "FAILURE" {
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
