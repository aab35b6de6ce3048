package sforce

import (
	"cmp"
	"context"
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

// secrets are what no error text may show.
func (a Auth) secrets() []string {
	all := []string{a.ClientSecret.Reveal(), a.AccessToken.Reveal()}
	if a.JWT != nil {
		all = append(all, a.JWT.Key.Reveal())
	}
	return all
}

// login chooses the flow. Moved is told the org's own address when sign-in goes through the vendor's common one.
func (a Auth) login(base string, insecure bool, moved func(instance string)) (login, error) {
	if !a.AccessToken.Empty() && a.JWT == nil && a.ClientSecret.Empty() {
		return a.withToken()
	}
	flow, err := a.flow(base)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, plain *http.Client) (*oauth2.Token, error) {
		trip := &lastTrip{next: plain.Transport}
		client := &http.Client{Transport: trip, CheckRedirect: plain.CheckRedirect}
		token, err := flow(context.WithValue(ctx, oauth2.HTTPClient, client))
		switch {
		case trip.err != nil:
			return nil, fmt.Errorf("the token endpoint gives no answer: %w", trip.err)
		case err != nil:
			return nil, explained(err)
		}
		if isCommon(base) {
			instance, _ := token.Extra("instance_url").(string)
			address, err := orgAddress(instance, insecure)
			if err != nil {
				return nil, fmt.Errorf("the sign-in names no address of the org: %w: %w", err, transport.ErrUnavailable)
			}
			moved(address)
		}
		return token, nil
	}, nil
}

// flow is the one way to get a token that was given: a client's secret, or a signed JWT.
func (a Auth) flow(base string) (func(context.Context) (*oauth2.Token, error), error) {
	hasSecret, hasJWT := !a.ClientSecret.Empty(), a.JWT != nil
	switch {
	case hasSecret == hasJWT, !a.AccessToken.Empty():
		return nil, errors.New("auth: needs one way to sign in: client_id and client_secret, or jwt, or access_token")
	case hasSecret && a.ClientID.Empty():
		return nil, errors.New("auth: client_secret without client_id")
	case hasSecret:
		return a.withClient(base), nil
	case a.JWT.Username == "" || a.JWT.ClientID.Empty() || a.JWT.Key.Empty():
		return nil, errors.New("auth: jwt needs username, client_id and key")
	}
	key, err := rsaKey(a.JWT.Key.Reveal())
	if err != nil {
		return nil, fmt.Errorf("auth.jwt.key %w", err)
	}
	return a.JWT.login(base, key), nil
}

// lastTrip keeps the error of the wire: the library's bearer flow makes a text of it, and what it means for the run is
// lost.
type lastTrip struct {
	next http.RoundTripper
	err  error
}

// RoundTrip sends the request.
func (l *lastTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	l.err = err
	return resp, err
}

// isCommon tells whether the address is the vendor's, not the org's.
func isCommon(base string) bool {
	u, err := url.Parse(base)
	return err == nil && (u.Hostname() == "login.salesforce.com" || u.Hostname() == "test.salesforce.com")
}

func (a Auth) withToken() (login, error) {
	token := a.AccessToken.Reveal()
	if strings.HasPrefix(token, "[REDACTED]") {
		return nil, errors.New("auth: the access token is a placeholder that the sf command prints instead of it: " +
			"sf org auth show-access-token shows the token")
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
func (j JWT) login(base string, key []byte) func(context.Context) (*oauth2.Token, error) {
	audience := cmp.Or(j.Audience, audienceOf(base))
	return func(ctx context.Context) (*oauth2.Token, error) {
		c := jwt.Config{
			Email: j.ClientID.Reveal(), Subject: j.Username, PrivateKey: key,
			TokenURL: base + "/services/oauth2/token", Audience: audience, Expires: 3 * time.Minute,
		}
		return c.TokenSource(ctx).Token()
	}
}

// audienceOf is the vendor's sign-in for the org at this address.
func audienceOf(base string) string {
	if u, err := url.Parse(base); err == nil &&
		(strings.Contains(u.Hostname(), ".sandbox.") || u.Hostname() == "test.salesforce.com") {
		return "https://test.salesforce.com"
	}
	return "https://login.salesforce.com"
}

// LooksLikeJWT tells whether the token in use is a JWT and no session id: triggers that need a session then fail.
func (c *Client) LooksLikeJWT(ctx context.Context) bool {
	token, err := c.http.Token(ctx)
	return err == nil && strings.HasPrefix(token.AccessToken, "eyJ")
}
