package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader"
	"rosterload/loader/console"
	"rosterload/loader/feeds"
	"rosterload/validate"
)

func consoleVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "console", Usage: "serve pages over this home: runs, one run, one person, feeds and holds, the ledger",
		Description: "Reads only; no request changes anything. A token lets a reader in: without --token one is " +
			"drawn, and the address with it\n" +
			"is printed once. Another address than a loopback one needs --tls-cert and --tls-key, or " +
			"--behind-proxy. Ends with 0 when it is\n" +
			"stopped by a signal.",
		Flags: join(siteFlags(), []cli.Flag{
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:8686", Usage: "address", EnvVars: env("listen")},
			text("token", "env:NAME or file:PATH of the token (default one is drawn)"),
			text("tls-cert", "a certificate and its chain, in PEM"),
			text("tls-key", "its key, in PEM"),
			text("behind-proxy", "the name under which a proxy serves the console; the proxy speaks TLS"),
		}),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, 0, "no argument"); err != nil {
				return err
			}
			return serveConsole(c, v)
		},
	}
}

func serveConsole(c *cli.Context, v *voice) error {
	p, err := findSite(c)
	if err != nil {
		return err
	}
	d := &door{names: []string{"localhost", "127.0.0.1", "::1"}, proxy: c.String("behind-proxy")}
	if err := d.certify(c.String("tls-cert"), c.String("tls-key")); err != nil {
		return err
	}
	listener, err := d.listen(c.String("listen"))
	if err != nil {
		return err
	}
	token, drawn, err := tokenOf(c.String("token"))
	if err != nil {
		_ = listener.Close()
		return err
	}
	pages := &console.Console{
		Home: p.home, Token: token, Cookie: fmt.Sprintf("rosterload-%d", d.port), Known: d.knows, Command: commandOf(c),
		Codes: codesOfKind,
		Feeds: func() ([]*feeds.Feed, error) { return feedsNow(c.String("config")) },
	}
	address := d.address()
	if drawn {
		address += "/?token=" + url.QueryEscape(token)
	} else if len(token) < leastToken {
		v.note("the token is short: %d characters; %d or more are hard to guess", len(token), leastToken)
	}
	v.say("%s", address)
	return stayOpen(c.Context, v, listener, pages.Handler())
}

// feedsNow reads the feeds of the config as it is now; none where there is no config.
func feedsNow(named string) ([]*feeds.Feed, error) {
	cfg, err := findConfig(named)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return feeds.Read(cfg)
}

// codesOfKind explains nothing of a kind that this version does not know.
func codesOfKind(kind string) []validate.Code {
	if c := connectorOf(kind); c != nil {
		return loader.CodesOf(c)
	}
	return nil
}

const leastToken = 16

// tokenOf reads the token that a flag names, or draws one.
func tokenOf(source string) (token string, drawn bool, err error) {
	kind, from, _ := strings.Cut(source, ":")
	switch kind {
	case "":
		data := make([]byte, 32)
		_, _ = rand.Read(data) // it never fails
		return base64.RawURLEncoding.EncodeToString(data), true, nil
	case "env":
		token = os.Getenv(from)
	case "file":
		data, err := os.ReadFile(from)
		if err != nil {
			return "", false, usage("", "--token: %w", err)
		}
		token = strings.TrimRight(string(data), "\r\n")
	default:
		return "", false, usage("", "--token is env:NAME or file:PATH: other users of the machine see a command line")
	}
	if strings.TrimSpace(token) == "" {
		return "", false, usage("", "--token %s is empty or not set", source)
	}
	return token, false, nil
}

// stayOpen serves until a signal comes. Pages that are being made then have a few seconds to be sent.
func stayOpen(ctx context.Context, v *voice, listener net.Listener, pages http.Handler) error {
	server := &http.Server{
		Handler: pages, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 10 * time.Minute, // a check of a large home
		IdleTimeout:  2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: log.New(complaints{v}, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if server.Shutdown(last) != nil {
		_ = server.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return resting{}
}

// complaints are what the server says by itself: a broken TLS handshake, a page that could not be made.
type complaints struct{ voice *voice }

func (c complaints) Write(text []byte) (int, error) {
	c.voice.note("%s", strings.TrimSpace(string(text)))
	return len(text), nil
}
