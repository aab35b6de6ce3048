package salesforce

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rosterload/loader/simulator/front"
)

// serveToken answers the flows of OAuth 2.0 that an unattended client uses. Its errors are an object, not an array.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	form, err := url.ParseQuery(string(front.Body(r)))
	if err != nil {
		oauthError(w, "invalid_request", "the body is no form")
		return
	}
	switch grant := form.Get("grant_type"); grant {
	case "client_credentials":
		id, secret := form.Get("client_id"), form.Get("client_secret")
		if user, pass, ok := r.BasicAuth(); ok {
			id, secret = user, pass
		}
		if code, text := s.refuseClient(id, secret); code != "" {
			oauthError(w, code, text)
			return
		}
	case "urn:ietf:params:oauth:grant-type:jwt-bearer":
		if code, text := s.refuseAssertion(form.Get("assertion")); code != "" {
			oauthError(w, code, text)
			return
		}
	case "refresh_token":
		if code, text := s.refuseClient(form.Get("client_id"), s.options.ClientSecret); code != "" {
			oauthError(w, code, text)
			return
		}
	case "password":
		oauthError(w, "invalid_grant", "authentication failure")
		return
	default:
		oauthError(w, "unsupported_grant_type", "grant type not supported")
		return
	}
	s.grant(w, r)
}

func (s *Server) refuseClient(id, secret string) (code, text string) {
	switch {
	case id == "", s.options.ClientID != "" && id != s.options.ClientID:
		return "invalid_client_id", "client identifier invalid"
	case s.options.ClientSecret != "" && secret != s.options.ClientSecret:
		return "invalid_client", "invalid client credentials"
	case s.inactiveAdmin():
		return "invalid_grant", "no client credentials user enabled"
	}
	return "", ""
}

func (s *Server) inactiveAdmin() bool {
	if s.switches().InactiveUser {
		return true
	}
	s.org.Lock()
	defer s.org.Unlock()
	i, ok := s.org.ByID(s.admin)
	return !ok || !s.org.At(i).Active
}

// refuseAssertion reads a JWT's claims; any signature will do. The expiry may be a number or a string, and absurdly
// far away.
func (s *Server) refuseAssertion(assertion string) (code, text string) {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return "invalid_grant", "invalid assertion"
	}
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	var claims struct {
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		Audience any    `json:"aud"`
		Expires  any    `json:"exp"`
	}
	if err != nil || json.Unmarshal(data, &claims) != nil || claims.Subject == "" && claims.Issuer == "" {
		return "invalid_grant", "invalid assertion"
	}
	expires, _ := strconv.ParseFloat(fmt.Sprint(claims.Expires), 64)
	switch {
	case s.inactiveAdmin():
		return "invalid_grant", "inactive user"
	case s.options.ClientID != "" && claims.Issuer != s.options.ClientID:
		return "invalid_client_id", "client identifier invalid"
	case claims.Audience == nil || fmt.Sprint(claims.Audience) == "":
		return "invalid_grant", "audience is invalid"
	case expires < float64(s.now().Unix()):
		return "invalid_grant", "expired authorization code"
	}
	return "", ""
}

func oauthError(w http.ResponseWriter, code, text string) {
	reply(w, http.StatusBadRequest, front.NewObject("error", code, "error_description", text))
}

// mint makes a token that looks like the org's: the org's id, an exclamation mark, and letters.
func (s *Server) mint() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.minted++
	token := fmt.Sprintf("%s!AQ%06dSIMULATED.token", s.id[:15], s.minted)
	s.tokens[token] = true
	s.Hide(token)
	return token
}

func (s *Server) grant(w http.ResponseWriter, r *http.Request) {
	reply(w, http.StatusOK, front.NewObject(
		"access_token", s.mint(), "signature", "c2ltdWxhdGVk", "scope", "api", "instance_url", origin(r),
		"id", s.identityURL(r),
		"token_type", "Bearer", "issued_at", strconv.FormatInt(s.now().UnixMilli(), 10),
	))
}

// serveRevoke ends the session of one token, which stands in the body or, for a GET, in the address.
func (s *Server) serveRevoke(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	if form, err := url.ParseQuery(string(front.Body(r))); err == nil && form.Get("token") != "" {
		token = form.Get("token")
	}
	s.revoke(token)
	w.WriteHeader(http.StatusOK)
}

func (s *Server) revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, token)
}

func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// EndSessions is another program that logs out: every token is dead.
func (s *Server) EndSessions() {
	s.mu.Lock()
	s.tokens = map[string]bool{}
	s.mu.Unlock()
	if s.switches().StrictSession {
		s.org.Lock()
		defer s.org.Unlock()
		s.org.Settle()
		s.org.FailWaiting()
	}
}
