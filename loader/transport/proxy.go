package transport

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// proxies refuses a proxy's address that cannot be read. The standard library passes over one in silence and asks the
// org directly. The value is not shown: it may hold a password.
func proxies() error {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		if value := os.Getenv(name); value != "" && !isProxy(value) {
			return setup("%s is no address such as http://proxy.acme.example:3128; in its user name and password, "+
				"%% is written as %%25, a blank as %%20, # as %%23, @ as %%40", name)
		}
	}
	return nil
}

// isProxy: the standard library also takes a bare host and port.
func isProxy(value string) bool {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return false
		}
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return true
	}
	return false
}

// proxyAnswer explains the one refusal of a proxy that is a matter of settings.
func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusProxyAuthRequired {
		return setup("the proxy asks who we are: give HTTPS_PROXY a user name and a password")
	}
	return nil
}
