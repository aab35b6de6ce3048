package transport

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// Plain refuses http to other machines unless the admin has allowed it.
func Plain(address string, insecure bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%q is no address such as https://org.acme.example", address)
	case u.Scheme == "https" || u.Scheme == "http" && (insecure || isLoopback(u.Hostname())):
		return nil
	case u.Scheme == "http":
		return fmt.Errorf("%s is plain http to another machine: everyone on the way can read the token; use "+
			"https, or insecure: true", address)
	}
	return fmt.Errorf("%q is neither http nor https", address)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// sameHost follows redirects of reads only, and only on the same host: a redirected write would arrive as a read, or
// twice, and a token sent to another host is given away.
func sameHost(r *http.Request, via []*http.Request) error {
	if via[0].Method != http.MethodGet || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme ||
		len(via) > 5 {
		return http.ErrUseLastResponse
	}
	return nil
}

// pointsTo is the address that a redirect names.
func pointsTo(resp *http.Response) error {
	to, err := resp.Location()
	if err != nil {
		return fmt.Errorf("it points elsewhere and does not say where")
	}
	return fmt.Errorf("it points to %s: if the org has moved, change the address in the config", bare(to.String()))
}

// bare is an address that may be shown.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an address that cannot be read"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
