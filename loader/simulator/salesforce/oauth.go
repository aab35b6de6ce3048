package salesforce

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// serveToken answers the flows of OAuth 2.0 that an unattended client uses. Its errors are an object, not an array.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil || r.Method != http.MethodPost {
		oauthError(w, "invalid_request", "must use HTTP POST")
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

// refuseAssertion reads a JWT's claims; its signature is anybody's. The expiry may be a number or a string, and absurdly far away.
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
	reply(w, http.StatusBadRequest, map[string]string{"error": code, "error_description": text})
}

// grant mints a token that looks like the org's: an org id, an exclamation mark, and letters.
func (s *Server) grant(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.minted++
	token := fmt.Sprintf("%s!AQ%06dSIMULATED.token", orgID[:15], s.minted)
	s.tokens[token] = true
	s.mu.Unlock()
	reply(w, http.StatusOK, map[string]string{
		"access_token": token, "signature": "c2ltdWxhdGVk", "scope": "api", "instance_url": origin(r),
		"id": origin(r) + "/id/" + orgID + "/" + s.admin, "token_type": "Bearer", "issued_at": strconv.FormatInt(s.now().UnixMilli(), 10),
	})
}

func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// signedIn looks for a token in the one header that may carry it.
func (s *Server) signedIn(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "OAuth") {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[token]
}

// EndSessions is another program that logs out: every token is dead.
func (s *Server) EndSessions() {
	strict := s.switches().StrictSession
	s.mu.Lock()
	s.tokens = map[string]bool{}
	s.mu.Unlock()
	if strict {
		s.org.Lock()
		defer s.org.Unlock()
		s.org.Settle()
		s.org.FailWaiting()
	}
}

func (s *Server) serveIdentity(w http.ResponseWriter, r *http.Request, clean string) {
	s.org.Lock()
	i, _ := s.org.ByID(s.admin)
	u := *s.org.At(i)
	s.org.Unlock()
	base := origin(r)
	who := map[string]any{
		"sub": base + "/id/" + orgID + "/" + u.ID, "user_id": u.ID, "organization_id": orgID, "preferred_username": u.Username, "nickname": "admin",
		"name": "Admin", "email": u.Email, "email_verified": true, "given_name": "", "family_name": "Admin", "zoneinfo": "UTC",
		"is_salesforce_integration_user": s.integration(), "active": u.Active, "user_type": "STANDARD", "language": "en_US", "locale": "en_US", "utcOffset": 0,
		"updated_at": s.now().UTC().Format(time.RFC3339), "is_app_installed": true,
		"urls": map[string]string{"rest": base + "/services/data/v{version}/", "sobjects": base + "/services/data/v{version}/sobjects/", "query": base + "/services/data/v{version}/query/"},
	}
	if strings.HasPrefix(clean, "/id/") {
		who["id"], who["username"], who["display_name"] = base+clean, u.Username, "Admin"
		who["asserted_user"], who["status"], who["last_modified_date"] = true, map[string]any{}, stamp(s.now())
	}
	reply(w, http.StatusOK, who)
}

// serveSoap answers the sign-in of older clients as an org where it is switched off, or, by a switch, as one where it works.
func (s *Server) serveSoap(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Content-Type", "text/xml; charset=UTF-8")
	if s.switches().SoapFault || !strings.Contains(string(body), "login") {
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body><soapenv:Fault><faultcode>sf:INVALID_OPERATION</faultcode><faultstring>INVALID_OPERATION: SOAP API login() is disabled by default in this org.</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>`)
		return
	}
	s.mu.Lock()
	s.minted++
	token := fmt.Sprintf("%s!AQ%06dSIMULATED.token", orgID[:15], s.minted)
	s.tokens[token] = true
	s.mu.Unlock()
	server := origin(r) + r.URL.Path + "/" + orgID
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><soapenv:Body><loginResponse><result><metadataServerUrl>%[1]s</metadataServerUrl><passwordExpired>false</passwordExpired><sandbox>false</sandbox><serverUrl>%[1]s</serverUrl><sessionId>%[2]s</sessionId><userId>%[3]s</userId><userInfo><organizationId>%[4]s</organizationId><userId>%[3]s</userId><userName>admin@acme.example</userName></userInfo></result></loginResponse></soapenv:Body></soapenv:Envelope>`,
		server, token, s.admin, orgID)
}
