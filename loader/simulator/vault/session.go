package vault

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rosterload/loader/simulator/front"
)

// serveAuth signs in by user name and password.
func (s *Server) serveAuth(w http.ResponseWriter, r *http.Request) { s.signIn(w, r, formOf(r)) }

// serveDiscovery and serveOAuth answer what programs ask of the vendor's common host, where they can be pointed
// elsewhere.
func (s *Server) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	envelope(w, "SUCCESS", "data", front.NewObject("auth_type", "password", "auth_profiles", []any{}))
}

func (s *Server) serveOAuth(w http.ResponseWriter, r *http.Request) {
	form := url.Values{"username": {adminName}, "password": {"by oauth"}}
	if s.options.Password != "" {
		form.Set("password", s.options.Password)
	}
	if s.options.Username != "" {
		form.Set("username", s.options.Username)
	}
	s.signIn(w, r, form)
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request, form url.Values) {
	s.mu.Lock()
	defer s.mu.Unlock()
	refuse := func(kind, message string) {
		envelope(w, "FAILURE", "errors", []trouble{{kind, message}}, "errorType", "AUTHENTICATION_FAILED")
	}
	o, sw := s.options, s.switches()
	recent := s.logins[:0]
	for _, at := range s.logins {
		if s.now().Sub(at) < time.Minute {
			recent = append(recent, at)
		}
	}
	s.logins = append(recent, s.now())
	switch {
	case sw.LoginsPerMinute > 0 && len(s.logins) > sw.LoginsPerMinute:
		refuse("API_LIMIT_EXCEEDED", "The login burst limit is exceeded")
	case form.Get("password") == "":
		refuse("NO_PASSWORD_PROVIDED", "No password was provided for the login call")
	case form.Get("username") == "", o.Username != "" && form.Get("username") != o.Username,
		o.Password != "" && form.Get("password") != o.Password:
		refuse("USERNAME_OR_PASSWORD_INCORRECT", "Authentication failed for user")
	case sw.LoginError != "":
		refuse(sw.LoginError, "Authentication failed for user")
	default:
		s.welcome(w, r)
	}
}

// welcome opens a session and says for which Vault: where the user may not enter, Vault opens another one and does
// not say so. The caller holds s.mu.
func (s *Server) welcome(w http.ResponseWriter, r *http.Request) {
	s.minted++
	sum := sha512.Sum512([]byte(fmt.Sprintf("session %d of seed %d", s.minted, s.options.Seed)))
	id := hex.EncodeToString(sum[:])
	s.sessions[id] = &session{began: s.now()}
	s.Hide(id)
	vaults := []any{front.NewObject("id", s.id, "name", vaultName, "url", origin(r)+"/api")}
	at := s.id
	if s.switches().WrongVault {
		at++
		elsewhere := strings.Replace(origin(r), "://", "://other-", 1)
		vaults = append(vaults, front.NewObject("id", at, "name", "Acme Quality (pretend)", "url", elsewhere+"/api"))
	}
	user, _ := strconv.Atoi(adminID)
	envelope(w, "SUCCESS", "sessionId", id, "userId", user, "vaultIds", vaults, "vaultId", at)
}

// formOf is the form in a request's body.
func formOf(r *http.Request) url.Values {
	body := front.Body(r)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		_, boundary, _ := strings.Cut(r.Header.Get("Content-Type"), "boundary=")
		return multipartForm(body, strings.Trim(boundary, `"`))
	}
	form, _ := url.ParseQuery(string(body))
	return form
}

func multipartForm(body []byte, boundary string) url.Values {
	form := url.Values{}
	for _, part := range strings.Split(string(body), "--"+boundary) {
		head, value, found := strings.Cut(part, "\r\n\r\n")
		_, name, named := strings.Cut(head, `name="`)
		if found && named {
			name, _, _ = strings.Cut(name, `"`)
			form.Set(name, strings.TrimSuffix(value, "\r\n"))
		}
	}
	return form
}

// admit lets a call in: its session must live, the user must have API access, and the burst limit only delays.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	sw := s.switches()
	id := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	live := s.sessions[id]
	if live == nil || sw.SessionCalls > 0 && live.calls >= sw.SessionCalls ||
		sw.SessionMinutes > 0 && s.now().Sub(live.began) >= time.Duration(sw.SessionMinutes)*time.Minute {
		delete(s.sessions, id)
		fail(w, "INVALID_SESSION_ID", "Invalid or expired session ID")
		return false
	}
	live.calls++
	w.Header().Set("X-VaultAPI-UserId", adminID)
	w.Header().Set("X-VaultAPI-TruncatedSessionId", id[:16])
	if sw.NoAPIAccess {
		fail(w, "INSUFFICIENT_ACCESS", "User is not licensed for permission [VaultActions_API_Access]")
		return false
	}
	return true
}

// headers are on every reply. Over the burst limit a reply comes late, by the time that is answered.
func (s *Server) headers(w http.ResponseWriter) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.window++
	limit := s.switches().BurstLimit
	if limit == 0 {
		limit = 2000
	}
	h := w.Header()
	h.Set("X-VaultAPI-ExecutionId", fmt.Sprintf("00000000-0000-4000-8000-%012d", s.window))
	h.Set("X-VaultAPI-BurstLimit", strconv.Itoa(limit))
	h.Set("X-VaultAPI-BurstLimitRemaining", strconv.Itoa(max(0, limit-s.window)))
	h.Set("X-VaultAPI-VaultId", strconv.Itoa(s.id))
	delay, err := time.ParseDuration(s.switches().BurstDelay)
	if err != nil || s.window <= limit {
		return 0
	}
	h.Set("X-VaultAPI-ResponseDelay", strconv.Itoa(int(delay.Milliseconds())))
	return delay
}

// endSession ends just this one. Requests that the Engage server has not answered may need the session that made them.
func (s *Server) endSession(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if s.org.Waiting() > 0 {
		s.Violate("the session is ended while %d requests are pending", s.org.Waiting())
		if s.switches().StrictSession {
			s.org.FailWaiting()
		}
	}
	envelope(w, "SUCCESS")
}
