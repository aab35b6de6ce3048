package sforce

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"rosterload/loader/config"
	"rosterload/loader/transport"
)

const (
	token    = "POST /services/oauth2/token"
	granted  = `{"access_token":"00D5f000000AbCd!AQ.x","token_type":"Bearer","issued_at":"1700000000000"}`
	identity = `{"user_id":"0055f000001AbcdAAA","organization_id":"00D5f000000AbCdEAK"}`
)

func TestClientCredentialsGoInTheBodyOnce(t *testing.T) {
	n := 0
	o := newOrg(t, map[string]http.HandlerFunc{
		"GET /services/oauth2/userinfo": says(200, identity),
		token: func(w http.ResponseWriter, r *http.Request) {
			n++
			if _, _, basic := r.BasicAuth(); basic || r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("client_id") != "3MVG9.id" || r.PostFormValue("client_secret") != "shh" {
				t.Errorf("basic %v, form %v", basic, r.PostForm)
			}
			says(200, granted)(w, r)
		},
	})
	c := o.wire()
	for range 3 {
		if _, err := c.Whoami(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n != 1 || c.LooksLikeJWT(t.Context()) {
		t.Errorf("%d sign-ins, a JWT: %v", n, c.LooksLikeJWT(t.Context()))
	}
}

func TestEachRefusalOfASignInComesWithItsCure(t *testing.T) {
	for answer, cure := range map[string]string{
		`invalid_client_id|client identifier invalid`:            "copy the consumer key again",
		`invalid_client|invalid client credentials`:              "copy the consumer secret again",
		`invalid_grant|authentication failure`:                   "Login History",
		`invalid_grant|no client credentials user enabled`:       `"run as" user`,
		`invalid_grant|request not supported on this domain`:     "My Domain",
		`invalid_grant|user hasn't approved this consumer`:       "pre-authorise",
		`invalid_grant|expired authorization code`:               "clock",
		`invalid_grant|invalid assertion`:                        "certificate",
		`invalid_grant|Audience validation failed`:               "jwt.audience",
		`invalid_grant|audience is invalid`:                      "jwt.audience",
		`invalid_grant|inactive user`:                            "activate the user",
		`invalid_grant|ip restricted`:                            "IP ranges",
		`inactive_user|`:                                         "activate the user",
		`inactive_org|`:                                          "ask Salesforce",
		`unsupported_grant_type|grant type not supported`:        "switch the flow on",
		`invalid_request|must use something else`:                "OAuth settings",
		`something_new|nobody described this`:                    "nobody described this",
		`rate_limit_exceeded|too many requests from this client`: "wait an hour",
	} {
		code, text, _ := strings.Cut(answer, "|")
		n := 0
		o := newOrg(t, map[string]http.HandlerFunc{token: func(w http.ResponseWriter, r *http.Request) {
			n++
			body, _ := json.Marshal(map[string]string{"error": code, "error_description": text})
			says(400, string(body))(w, r)
		}})
		_, err := o.wire().Whoami(t.Context())
		means := transport.ErrDenied
		if code == "rate_limit_exceeded" {
			means = transport.ErrUnavailable
		}
		if !errors.Is(err, means) || !strings.Contains(err.Error(), cure) || !strings.Contains(err.Error(), code) || strings.Contains(err.Error(), "shh") {
			t.Errorf("%s: %v", answer, err)
		}
		if n != 1 {
			t.Errorf("%s: tried %d times, a step towards a lock-out each", answer, n)
		}
	}
}

func TestATokenEndpointInTroubleIsNoQuestionOfRights(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{token: says(503, "<html>maintenance</html>")})
	_, err := o.wire(func(o *Options) { o.RetryFor = time.Millisecond }).Whoami(t.Context())
	if !errors.Is(err, transport.ErrUnavailable) || errors.Is(err, transport.ErrDenied) {
		t.Errorf("%v", err)
	}
	o.Close()
	_, err = o.wire(func(o *Options) { o.RetryFor = time.Millisecond }).Whoami(t.Context())
	if !errors.Is(err, transport.ErrUnavailable) || errors.Is(err, transport.ErrDenied) {
		t.Errorf("%v", err)
	}
}

func TestTheBearerFlowSignsAShortAssertion(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	for given, want := range map[string]string{"": "https://login.salesforce.com", "https://acme.my.site.com": "https://acme.my.site.com"} {
		o := newOrg(t, map[string]http.HandlerFunc{
			"GET /services/oauth2/userinfo": says(200, identity),
			token: func(w http.ResponseWriter, r *http.Request) {
				if r.PostFormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
					t.Errorf("grant %q", r.PostFormValue("grant_type"))
				}
				checkAssertion(t, r.PostFormValue("assertion"), &key.PublicKey, want)
				says(200, granted)(w, r)
			},
		})
		bearer := Auth{JWT: &JWT{Username: "loader@acme.example", ClientID: config.NewSecret("3MVG9.id"), Key: config.NewSecret(strings.TrimSpace(text)), Audience: given}}
		if _, err := o.wire(func(o *Options) { o.Auth = bearer }).Whoami(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func checkAssertion(t *testing.T, assertion string, key *rsa.PublicKey, audience string) {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		t.Errorf("%q is no JWT", assertion)
		return
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature); err != nil {
		t.Errorf("the signature: %v", err)
	}
	var claims struct {
		Iss, Sub, Aud string
		Exp           int64
	}
	body, _ := base64.RawURLEncoding.DecodeString(parts[1])
	if err := json.Unmarshal(body, &claims); err != nil {
		t.Error(err)
	}
	left := time.Until(time.Unix(claims.Exp, 0))
	if claims.Iss != "3MVG9.id" || claims.Sub != "loader@acme.example" || claims.Aud != audience || left > 3*time.Minute || left < 2*time.Minute {
		t.Errorf("claims %+v, valid for %s", claims, left)
	}
}

func TestTheAudienceFollowsTheAddress(t *testing.T) {
	for address, want := range map[string]string{
		"https://acme.my.salesforce.com":               "https://login.salesforce.com",
		"https://login.salesforce.com":                 "https://login.salesforce.com",
		"https://test.salesforce.com":                  "https://test.salesforce.com",
		"https://acme--full.sandbox.my.salesforce.com": "https://test.salesforce.com",
	} {
		if got := audienceOf(address); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}

func TestTheBearerFlowsRefusalIsReadToo(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	o := newOrg(t, map[string]http.HandlerFunc{token: says(400, `{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}`)})
	bearer := Auth{JWT: &JWT{Username: "loader@acme.example", ClientID: config.NewSecret("3MVG9.id"), Key: config.NewSecret(text)}}
	_, err = o.wire(func(o *Options) { o.Auth = bearer }).Whoami(t.Context())
	if !errors.Is(err, transport.ErrDenied) || !strings.Contains(err.Error(), "pre-authorise the user") {
		t.Errorf("%v", err)
	}
}

func TestAnAccessTokenIsUsedAsItIsAndCannotBeRenewed(t *testing.T) {
	n := 0
	o := newOrg(t, map[string]http.HandlerFunc{"GET /services/oauth2/userinfo": func(w http.ResponseWriter, r *http.Request) {
		if n++; n > 1 {
			says(401, `[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]`)(w, r)
			return
		}
		says(200, identity)(w, r)
	}})
	c := o.wire(func(o *Options) { o.Auth = Auth{AccessToken: config.NewSecret("00D5f000000AbCd!AQ.x")} })
	if _, err := c.Whoami(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Whoami(t.Context()); !errors.Is(err, transport.ErrDenied) || !strings.Contains(err.Error(), "cannot be renewed") {
		t.Errorf("%v", err)
	}
	jwt, err := New(Options{URL: o.URL, Auth: Auth{AccessToken: config.NewSecret("eyJhbGciOi.x.y")}})
	if err != nil || !jwt.LooksLikeJWT(t.Context()) {
		t.Errorf("a JWT was not seen to be one: %v", err)
	}
}

func TestASignInThatCannotWorkIsSaidBeforeAnythingIsSent(t *testing.T) {
	secret := config.NewSecret("x")
	for want, auth := range map[string]Auth{
		"needs one way to sign in":              {},
		"auth: needs one way":                   {ClientID: secret, ClientSecret: secret, AccessToken: secret},
		"client_secret without client_id":       {ClientSecret: secret},
		"jwt needs username, client_id and key": {JWT: &JWT{Username: "x"}},
		"sf org auth show-access-token":         {AccessToken: config.NewSecret("[REDACTED] Use 'sf org auth show-access-token' to view")},
	} {
		if _, err := New(Options{URL: "https://acme.my.salesforce.com", Auth: auth}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestATokenGoesToTheOrgsOwnAddress(t *testing.T) {
	c, err := New(Options{URL: "http://127.0.0.1:1/", Auth: Auth{AccessToken: config.NewSecret("x")}})
	if err != nil || c.url(call{path: "limits"}) != "http://127.0.0.1:1/services/data/v66.0/limits" {
		t.Fatal(err)
	}
	for address, common := range map[string]bool{"https://login.salesforce.com": true, "https://test.salesforce.com": true, "https://acme.my.salesforce.com": false} {
		if isCommon(address) != common {
			t.Errorf("%s", address)
		}
	}
}
