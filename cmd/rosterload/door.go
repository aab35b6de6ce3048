package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"
)

// door is where the console is reached: its address, its names, its certificate.
type door struct {
	names []string
	proxy string
	tls   *tls.Config
	leaf  *x509.Certificate
	ip    net.IP
	port  int
}

func (d *door) certify(cert, key string) error {
	switch {
	case cert == "" && key == "":
		return nil
	case cert == "" || key == "":
		return usage("", "--tls-cert and --tls-key go together")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return usage("", "the certificate cannot be used: %w", err)
	}
	d.tls, d.leaf = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, pair.Leaf
	return nil
}

// listen opens a loopback address, or another one whose readers are protected by TLS. A name is looked up once, and
// what is listened on is what was looked at.
func (d *door) listen(address string) (net.Listener, error) {
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, usage("--listen 127.0.0.1:8686", "--listen %q is no address: %w", address, err)
	}
	if !at.IP.IsLoopback() && d.tls == nil && d.proxy == "" {
		return nil, usage("--tls-cert and --tls-key, or --behind-proxy NAME",
			"%s is not a loopback address: tokens and names would cross the network in clear text", address)
	}
	listener, err := net.ListenTCP("tcp", at)
	if err != nil {
		return nil, usage("choose another address with --listen", "%w", err)
	}
	at = listener.Addr().(*net.TCPAddr)
	d.ip, d.port = at.IP, at.Port
	if !d.ip.IsUnspecified() {
		d.names = append(d.names, d.ip.String())
	}
	if d.tls != nil {
		return tls.NewListener(listener, d.tls), nil
	}
	return listener, nil
}

// knows tells whether the console may be asked for by a name: a loopback one, its address, one of its certificate, or
// that of its proxy.
func (d *door) knows(name string) bool {
	for _, own := range d.names {
		if strings.EqualFold(name, own) {
			return true
		}
	}
	if host, _, err := net.SplitHostPort(d.proxy); d.proxy != "" &&
		(strings.EqualFold(name, d.proxy) || err == nil && strings.EqualFold(name, host)) {
		return true
	}
	return d.leaf != nil && name != "" && d.leaf.VerifyHostname(name) == nil
}

// address is what a person types. Every address of the machine is none.
func (d *door) address() string {
	scheme, host := "http", d.ip.String()
	if d.tls != nil {
		scheme = "https"
	}
	if d.ip.IsUnspecified() {
		host, _ = os.Hostname()
		if d.leaf != nil && len(d.leaf.DNSNames) > 0 {
			host = d.leaf.DNSNames[0]
		}
	}
	if d.proxy != "" {
		return "https://" + d.proxy
	}
	return scheme + "://" + net.JoinHostPort(host, fmt.Sprint(d.port))
}
