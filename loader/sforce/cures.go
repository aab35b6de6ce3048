package sforce

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/oauth2"

	"rosterload/loader/transport"
)

// cures are what to do about each error of the token endpoint. Source: Salesforce Help, "OAuth 2.0 error codes".
var cures = []struct{ code, description, cure string }{
	{"invalid_client_id", "", "client_id is not one this org knows: copy the consumer key again"},
	{"invalid_client", "", "client_secret is wrong, or was rotated: copy the consumer secret again"},
	{"invalid_grant", "no client credentials user enabled", "choose a \"run as\" user for the client credentials flow in the app"},
	{
		"invalid_grant", "request not supported on this domain",
		"client credentials work on the org's own My Domain address only: change url",
	},
	{"invalid_grant", "user hasn't approved this consumer", "pre-authorise the user: give the app to its profile or permission set"},
	{"invalid_grant", "audience", "jwt.audience must be https://login.salesforce.com, https://test.salesforce.com " +
		"for a sandbox, or the site's address"},
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

// explained adds the cure to what the token endpoint said. Only the org's own no is a denial; an answer that makes no
// sense is no question of rights.
func explained(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.Response.StatusCode/100 != 4 {
		return fmt.Errorf("the token endpoint answers without a token: %w", transport.ErrUnavailable)
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
	means := transport.ErrDenied
	if code == "rate_limit_exceeded" {
		means = transport.ErrUnavailable
	}
	if code == "" {
		return fmt.Errorf("the token endpoint answers %s without a reason: %w", refused.Response.Status, means)
	}
	for _, c := range cures {
		if c.code == code && strings.Contains(strings.ToLower(text), c.description) {
			return fmt.Errorf("%s (%s): %s: %w", code, text, c.cure, means)
		}
	}
	return fmt.Errorf("%s (%s): %w", code, text, means)
}
