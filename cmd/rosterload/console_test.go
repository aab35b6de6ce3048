package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// openedConsole is a console that serves, and a browser of its own.
type openedConsole struct {
	address *url.URL
	client  *http.Client
	stop    func() int
	errs    *bytes.Buffer
}

// openConsole starts the verb and reads the address that it prints.
func openConsole(t *testing.T, args ...string) *openedConsole {
	t.Helper()
	leaks := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancelCause(context.Background())
	out, in := io.Pipe()
	c := &openedConsole{errs: &bytes.Buffer{}}
	code := make(chan int, 1)
	go func() {
		code <- rosterload(ctx, append([]string{"rosterload", "console"}, args...), &voice{out: in, err: c.errs})
		_ = in.Close()
	}()
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("it ended with %d: %s", <-code, c.errs)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	if c.address, err = url.Parse(strings.TrimSpace(line)); err != nil {
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	c.client = &http.Client{Jar: jar, Transport: &http.Transport{}}
	c.stop = sync.OnceValue(func() int {
		c.client.CloseIdleConnections()
		cancel(stopped{syscall.SIGTERM})
		ended := <-code
		goleak.VerifyNone(t, leaks)
		return ended
	})
	t.Cleanup(func() { c.stop() })
	return c
}

// get asks for a page, by another name than the address when host is given.
func (c *openedConsole) get(t *testing.T, at, host string) (int, string) {
	t.Helper()
	to, err := c.address.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodGet, to.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	answer, err := c.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// An admin loads, opens the console at the address that it prints, finds the run and a person, and stops it.
func TestAConsoleIsOpenedAndStopped(t *testing.T) {
	home := prepare(t)
	typeIn(t, home, "rosterload load roster.csv -t prod")
	c := openConsole(t, "--listen", "127.0.0.1:0")
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/\?token=[\w-]{43}$`).MatchString(c.address.String()) {
		t.Fatalf("the address is %s", c.address)
	}
	if code, _ := c.get(t, "/", ""); code != http.StatusUnauthorized {
		t.Errorf("without the token: %d", code)
	}
	id := newest(t, home)
	if code, text := c.get(t, c.address.String(), ""); code != http.StatusOK || !strings.Contains(text, `href="/run/`+id) {
		t.Errorf("the list: %d %s", code, text)
	}
	if cookies := c.client.Jar.Cookies(c.address); len(cookies) != 1 || cookies[0].Name != "rosterload-"+c.address.Port() {
		t.Errorf("the cookies are %v", cookies)
	}
	for path, want := range map[string]string{
		"/run/" + id + "?q=user0007":          "user0007@acme.example",
		"/person?key=USER0001@acme.example":   id,
		"/feeds":                              ">hr<",
		"/ledger?check=now":                   "All holds.",
		"/person?key=user0001%40acme.example": "Cardio East",
	} {
		if code, text := c.get(t, path, ""); code != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%s: %d, no %q in %s", path, code, want, text)
		}
	}
	if code, _ := c.get(t, "/", "evil.example"); code != http.StatusForbidden {
		t.Errorf("by another name: %d", code)
	}
	if code := c.stop(); code != 0 {
		t.Errorf("a signal ends it with %d: %s", code, c.errs)
	}
}

// A token that is given is never printed; a short one is complained about.
func TestATokenThatIsGiven(t *testing.T) {
	prepare(t)
	t.Setenv("CONSOLE_TOKEN", "short-4711")
	c := openConsole(t, "--listen", "localhost:0", "--token", "env:CONSOLE_TOKEN", "--behind-proxy", "audit.acme.example")
	if c.address.String() != "https://audit.acme.example" ||
		!strings.Contains(c.errs.String(), "the token is short: 10 characters") || strings.Contains(c.errs.String(), "4711") {
		t.Errorf("%s, %s", c.address, c.errs)
	}
	if code := c.stop(); code != 0 {
		t.Errorf("%d", code)
	}
}

// With a certificate the console is asked for by the certificate's names, over TLS alone.
func TestAConsoleWithACertificate(t *testing.T) {
	prepare(t)
	cert, key := certificate(t, "audit.acme.example")
	write(t, "token.txt", []byte("letmein-letmein-letmein\r\n"))
	c := openConsole(t, "--listen", "0.0.0.0:0", "--tls-cert", cert, "--tls-key", key, "--token", "file:token.txt")
	if c.address.Scheme != "https" || c.address.Hostname() != "audit.acme.example" {
		t.Fatalf("the address is %s", c.address)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(read(t, cert))
	c.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "audit.acme.example"}}
	c.address.Host = "127.0.0.1:" + c.address.Port()
	if code, text := c.get(t, "/?token=letmein-letmein-letmein", "audit.acme.example"); code != http.StatusOK ||
		!strings.Contains(text, "No run is like that") {
		t.Errorf("%d %s", code, text)
	}
	// By a loopback name it asks for the token again: a cookie is of one name.
	for host, want := range map[string]int{"audit.acme.example:8686": 200, "127.0.0.1": 401, "other.acme.example": 403, "10.1.2.3": 403} {
		if code, _ := c.get(t, "/", host); code != want {
			t.Errorf("by the name %s: %d, want %d", host, code, want)
		}
	}
	// Go's server says in clear text that it speaks TLS, and nothing else.
	if answer, err := http.Get("http://" + c.address.Host + "/"); err == nil {
		if _ = answer.Body.Close(); answer.StatusCode != http.StatusBadRequest {
			t.Errorf("without TLS: %s", answer.Status)
		}
		http.DefaultClient.CloseIdleConnections()
	}
	if code := c.stop(); code != 0 {
		t.Errorf("%d", code)
	}
}

// certificate writes one that vouches for itself.
func certificate(t *testing.T, name string) (cert, key string) {
	t.Helper()
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, pair.Public(), pair)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(pair)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	write(t, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	if err := os.Chmod(key, 0o600); err != nil {
		t.Fatal(err)
	}
	return cert, key
}
