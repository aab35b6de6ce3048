package console

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"

	"rosterload/loader/page"
)

// The gate lets a request through that asks for one of our names, only reads, and has the token.

// tokenField is the field of an address that carries the token once; the cookie keeps it afterwards.
const tokenField = "token"

func (c *Console) gate(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guarded(w.Header())
		switch {
		case !c.Known(hostName(r.Host)):
			// A page of another site whose name was made to lead here (DNS rebinding) gets nothing, whatever cookie its
			// browser has.
			refuse(w, http.StatusForbidden, "This console is not asked for by that name.")
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			refuse(w, http.StatusMethodNotAllowed, "The console reads only.")
		case r.URL.Path == "/favicon.ico":
			w.WriteHeader(http.StatusNoContent)
		case r.URL.Query().Has(tokenField):
			c.signIn(w, r)
		case !c.isSignedIn(r):
			askForToken(w)
		default:
			pages.ServeHTTP(w, r)
		}
	})
}

// guarded sets what every answer says to the browser.
func guarded(h http.Header) {
	h.Set("Cache-Control", "no-store") // pages name people
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
}

// hostName is the name of a Host header without its port. A tunnel gives a console another port, so the port is not
// looked at.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// isToken compares in a time that tells nothing of how much of it was right, nor how long it is.
func (c *Console) isToken(text string) bool {
	given, right := sha256.Sum256([]byte(text)), sha256.Sum256([]byte(c.Token))
	return subtle.ConstantTimeCompare(given[:], right[:]) == 1 && c.Token != ""
}

// isSignedIn takes the cookie, or the header that a proxy in front may add.
func (c *Console) isSignedIn(r *http.Request) bool {
	for _, cookie := range r.CookiesNamed(c.Cookie) {
		if text, err := url.QueryUnescape(cookie.Value); err == nil && c.isToken(text) {
			return true
		}
	}
	text, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return isBearer && c.isToken(text)
}

// signIn takes the token out of the address at once, so that it stays in no history and is passed on to no other page.
func (c *Console) signIn(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if !c.isToken(query.Get(tokenField)) {
		askForToken(w)
		return
	}
	query.Del(tokenField)
	http.SetCookie(w, &http.Cookie{
		Name: c.Cookie, Value: url.QueryEscape(c.Token), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	})
	to := url.URL{Path: "/" + strings.TrimLeft(r.URL.Path, `/\`), RawQuery: query.Encode()} // never to another host
	w.Header().Set("Location", to.String())
	w.WriteHeader(http.StatusSeeOther)
}

func askForToken(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	writePage(w, http.StatusUnauthorized, page.Page{Title: "rosterload console", Body: page.Join(
		head("rosterload console", "The token is in the address that the console printed when it started, or it "+
			"is the one it was given with --token."), drawn("token", nil),
	)})
}

func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(why + "\n"))
}
