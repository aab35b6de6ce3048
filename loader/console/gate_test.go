package console

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestWhoIsLetIn(t *testing.T) {
	g := newRig(t)
	cookie := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: name, Value: value}) }
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	nothing := func(*http.Request) {}
	for name, c := range map[string]struct {
		method, url string
		with        func(*http.Request)
		want        int
	}{
		"the cookie":                     {"GET", "http://localhost:8686/", cookie("rosterload-8686", token), 200},
		"HEAD":                           {"HEAD", "http://localhost:8686/", cookie("rosterload-8686", token), 200},
		"another port of a tunnel":       {"GET", "http://localhost:9000/", cookie("rosterload-8686", token), 200},
		"an address of version 6":        {"GET", "http://[::1]:8686/", cookie("rosterload-8686", token), 200},
		"the header of a proxy":          {"GET", "http://localhost:8686/", header("Authorization", "Bearer "+token), 200},
		"nothing":                        {"GET", "http://localhost:8686/", nothing, 401},
		"nothing, at an unknown address": {"GET", "http://localhost:8686/nowhere", nothing, 401},
		"the beginning of the token":     {"GET", "http://localhost:8686/", cookie("rosterload-8686", token[:5]), 401},
		"an empty token":                 {"GET", "http://localhost:8686/", cookie("rosterload-8686", ""), 401},
		"the cookie of another console":  {"GET", "http://localhost:8686/", cookie("rosterload-8687", token), 401},
		"a wrong token in the address":   {"GET", "http://localhost:8686/?token=wrong", cookie("rosterload-8686", token), 401},
		"another name (DNS rebinding)":   {"GET", "http://evil.example:8686/", cookie("rosterload-8686", token), 403},
		"another name and the token":     {"GET", "http://evil.example:8686/?token=" + token, nothing, 403},
		"POST":                           {"POST", "http://localhost:8686/", cookie("rosterload-8686", token), 405},
		"DELETE":                         {"DELETE", "http://localhost:8686/ledger?check=now", cookie("rosterload-8686", token), 405},
		"an unknown method":              {"TREAT", "http://localhost:8686/", cookie("rosterload-8686", token), 405},
		"nowhere":                        {"GET", "http://localhost:8686/nowhere", cookie("rosterload-8686", token), 404},
		"a run that is not there":        {"GET", "http://localhost:8686/run/x", cookie("rosterload-8686", token), 404},
		"out of the home":                {"GET", "http://localhost:8686/run/..%2f..%2fetc", cookie("rosterload-8686", token), 404},
		"the icon":                       {"GET", "http://localhost:8686/favicon.ico", nothing, 204},
	} {
		r := httptest.NewRequest(c.method, c.url, nil)
		c.with(r)
		w := httptest.NewRecorder()
		g.pages.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d\n%s", name, w.Code, c.want, w.Body)
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") ||
			strings.Contains(policy, "http") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: the policy is %q", name, policy)
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" ||
			w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", name, w.Header())
		}
		if c.want == http.StatusMethodNotAllowed && w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: it may %q", name, w.Header().Get("Allow"))
		}
		if strings.Contains(w.Body.String(), token) {
			t.Errorf("%s: the token is in the page", name)
		}
	}
}

// The token leaves the address at once, and the cookie that keeps it is for this console alone.
func TestTheTokenBecomesACookie(t *testing.T) {
	g := newRig(t)
	for asked, want := range map[string]string{
		"/?token=" + token:                           "/",
		"/run/x?result=Failed&token=" + token:        "/run/x?result=Failed",
		"//evil.example/?token=" + token:             "/evil.example/",
		`/\evil.example?token=` + token:              "/evil.example",
		"/person?key=%3Cb%3E%26&token=" + token:      "/person?key=%3Cb%3E%26",
		"/?token=" + token + "&token=something+else": "/",
	} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost:8686/", nil)
		r.URL, _ = url.Parse("http://localhost:8686" + asked)
		w := httptest.NewRecorder()
		g.pages.ServeHTTP(w, r)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("%s: %d to %q, want %q", asked, w.Code, w.Header().Get("Location"), want)
		}
		cookies := w.Result().Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%s: cookies %v", asked, cookies)
		}
		if c := cookies[0]; c.Name != "rosterload-8686" || c.Value != token || !c.HttpOnly ||
			c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure {
			t.Errorf("%s: the cookie is %v", asked, c)
		}
	}
}

func TestACookieOfTLSNeverTravelsWithoutIt(t *testing.T) {
	g := newRig(t)
	for name, with := range map[string]func(*http.Request){
		"https": func(r *http.Request) {
			*r = *httptest.NewRequest(http.MethodGet, "https://localhost/?token="+token, nil)
		},
		"behind https": func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") },
	} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost:8686/?token="+token, nil)
		with(r)
		w := httptest.NewRecorder()
		g.pages.ServeHTTP(w, r)
		if c := w.Result().Cookies(); len(c) != 1 || !c[0].Secure {
			t.Errorf("%s: %v", name, c)
		}
	}
}

// A token of any characters comes back out of its cookie.
func TestATokenOfStrangeCharacters(t *testing.T) {
	g := newRig(t)
	g.Token = `a "b"; c,ü+%`
	r := httptest.NewRequest(http.MethodGet, "http://localhost:8686/?token="+url.QueryEscape(g.Token), nil)
	w := httptest.NewRecorder()
	g.pages.ServeHTTP(w, r)
	r = httptest.NewRequest(http.MethodGet, "http://localhost:8686/", nil)
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	w = httptest.NewRecorder()
	g.pages.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Errorf("%d", w.Code)
	}
}

func TestWithoutATokenNothingIsShown(t *testing.T) {
	g := newRig(t)
	g.Token = ""
	for _, path := range []string{"/", "/?token="} {
		if code, _ := g.get(t, path); code != http.StatusUnauthorized {
			t.Errorf("%s: %d", path, code)
		}
	}
}
