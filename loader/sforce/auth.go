package sforce

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/oauth2/jwt"

	"rosterload/loader/config"
	"rosterload/loader/transport"
)

// Auth is one of three ways to sign in.
type Auth struct {
	ClientID     config.Secret `yaml:"client_id"`
	ClientSecret config.Secret `yaml:"client_secret"`
	JWT          *JWT          `yaml:"jwt"`
	AccessToken  config.Secret `yaml:"access_token"`
}

// JWT is the bearer flow: no shared secret, but a key whose certificate the app knows.
type JWT struct {
	Username string        `yaml:"username"`
	ClientID config.Secret `yaml:"client_id"`
	Key      config.Secret `yaml:"key"`
	Audience string        `yaml:"audience"`
}

type login = func(ctx context.Context, plain *http.Client) (*oauth2.Token, error)

// login chooses the flow. Moved is told the org's own address when sign-in goes through the vendor's common one.
func (a Auth) login(base string, insecure bool, moved func(instance string)) (login, error) {
	ways := 0
	for _, given := range []bool{!a.ClientSecret.Empty(), a.JWT != nil, !a.AccessToken.Empty()} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return nil, errors.New("auth: needs one way to sign in: client_id and client_secret, or jwt, or access_token")
	}
	if !a.AccessToken.Empty() {
		return a.withToken()
	}
	flow := a.withClient(base)
	switch {
	case a.JWT != nil && (a.JWT.Username == "" || a.JWT.ClientID.Empty() || a.JWT.Key.Empty()):
		return nil, errors.New("auth: jwt needs username, client_id and key")
	case a.JWT != nil:
		flow = a.JWT.login(base)
	case a.ClientID.Empty():
		return nil, errors.New("auth: client_secret without client_id")
	}
	return func(ctx context.Context, plain *http.Client) (*oauth2.Token, error) {
		token, err := flow(context.WithValue(ctx, oauth2.HTTPClient, plain))
		if err != nil {
			return nil, explained(err)
		}
		if instance, _ := token.Extra("instance_url").(string); isCommon(base) && instance != "" {
			if err := transport.Plain(instance, insecure); err != nil {
				return nil, err
			}
			moved(strings.TrimRight(instance, "/"))
		}
		return token, nil
	}, nil
}

// isCommon tells whether the address is the vendor's, not the org's.
func isCommon(base string) bool {
	u, err := url.Parse(base)
	return err == nil && (u.Hostname() == "login.salesforce.com" || u.Hostname() == "test.salesforce.com")
}

func (a Auth) withToken() (login, error) {
	token := a.AccessToken.Reveal()
	if strings.HasPrefix(token, "[REDACTED]") {
		return nil, errors.New("auth: the access token is a placeholder that the sf command prints instead of it: sf org auth show-access-token shows the token")
	}
	used := false
	return func(context.Context, *http.Client) (*oauth2.Token, error) {
		if used {
			return nil, fmt.Errorf("the access token is no longer valid and cannot be renewed: %w", transport.ErrDenied)
		}
		used = true
		return &oauth2.Token{AccessToken: token, TokenType: "Bearer"}, nil
	}, nil
}

func (a Auth) withClient(base string) func(context.Context) (*oauth2.Token, error) {
	c := clientcredentials.Config{
		ClientID: a.ClientID.Reveal(), ClientSecret: a.ClientSecret.Reveal(),
		TokenURL: base + "/services/oauth2/token", AuthStyle: oauth2.AuthStyleInParams, // guessing would count as a second wrong secret
	}
	return c.Token
}

// login signs an assertion that is valid for three minutes: the shortest bound that the vendor's pages name.
func (j JWT) login(base string) func(context.Context) (*oauth2.Token, error) {
	audience := cmp.Or(j.Audience, audienceOf(base))
	return func(ctx context.Context) (*oauth2.Token, error) {
		c := jwt.Config{
			Email: j.ClientID.Reveal(), Subject: j.Username, PrivateKey: []byte(j.Key.Reveal()),
			TokenURL: base + "/services/oauth2/token", Audience: audience, Expires: 3 * time.Minute,
		}
		return c.TokenSource(ctx).Token()
	}
}

// audienceOf is the vendor's sign-in for the org at this address.
func audienceOf(base string) string {
	if u, err := url.Parse(base); err == nil && (strings.Contains(u.Hostname(), ".sandbox.") || u.Hostname() == "test.salesforce.com") {
		return "https://test.salesforce.com"
	}
	return "https://login.salesforce.com"
}

// cures are what to do about each error of the token endpoint. Source: Salesforce Help, "OAuth 2.0 error codes".
var cures = []struct{ code, description, cure string }{
	{"invalid_client_id", "", "client_id is not one this org knows: copy the consumer key again"},
	{"invalid_client", "", "client_secret is wrong, or was rotated: copy the consumer secret again"},
	{"invalid_grant", "no client credentials user enabled", "choose a \"run as\" user for the client credentials flow in the app"},
	{"invalid_grant", "request not supported on this domain", "client credentials work on the org's own My Domain address only: change url"},
	{"invalid_grant", "user hasn't approved this consumer", "pre-authorise the user: give the app to his profile or permission set"},
	{"invalid_grant", "audience", "jwt.audience must be https://login.salesforce.com, https://test.salesforce.com for a sandbox, or the site's address"},
	{"invalid_grant", "invalid assertion", "the key does not belong to the app's certificate, or the clock of this machine is wrong"},
	{"invalid_grant", "expired", "the assertion has expired: the clock of this machine is wrong"},
	{"invalid_grant", "inactive user", "activate the user, or sign in as another"},
	{"invalid_grant", "ip restricted", "allow this machine's address in the profile's or the app's IP ranges"},
	{"invalid_grant", "", "the org refuses this sign-in: see Login History in Setup for the reason"},
	{"inactive_user", "", "activate the user, or sign in as another"},
	{"inactive_org", "", "the org is closed or locked: ask Salesforce"},
	{"unsupported_grant_type", "", "switch the flow on in the app"},
	{"unauthorized_client", "", "switch the flow on in the app"},
	{"rate_limit_exceeded", "", "too many sign-ins: wait an hour"},
	{"invalid_request", "", "the app refuses this kind of sign-in: look at its OAuth settings"},
}

// explained adds the cure to what the token endpoint said. A sign-in that did not come through at all is no question of rights.
func explained(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		var network *url.Error
		if errors.As(err, &network) {
			return fmt.Errorf("the token endpoint cannot be reached: %w: %w", network.Err, transport.ErrUnavailable)
		}
		return fmt.Errorf("%w: %w", err, transport.ErrDenied)
	}
	code, text := refused.ErrorCode, refused.ErrorDescription
	if code == "" { // the JWT flow leaves both empty
		var body struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		if json.Unmarshal(refused.Body, &body) == nil {
			code, text = body.Error, body.Description
		}
	}
	if status := refused.Response.StatusCode; code == "" && status >= 500 {
		return fmt.Errorf("the token endpoint answers %d: %w", status, transport.ErrUnavailable)
	}
	means := transport.ErrDenied
	if code == "rate_limit_exceeded" || refused.Response.StatusCode == http.StatusTooManyRequests {
		means = transport.ErrUnavailable
	}
	for _, c := range cures {
		if c.code == code && strings.Contains(strings.ToLower(text), c.description) {
			return fmt.Errorf("%s (%s): %s: %w", code, text, c.cure, means)
		}
	}
	return fmt.Errorf("%s (%s): %w", code, text, means)
}

// LooksLikeJWT tells whether the token in use is a JWT and no session id: triggers that need a session then fail.
func (c *Client) LooksLikeJWT(ctx context.Context) bool {
	token, err := c.http.Token(ctx)
	return err == nil && strings.HasPrefix(token.AccessToken, "eyJ")
}
