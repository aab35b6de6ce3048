package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"time"

	"rosterload/loader/config"
	"rosterload/loader/connector/salesforce"
	"rosterload/loader/simulator"
	simulators "rosterload/loader/simulator/all"
	"rosterload/samples"
)

// openDemo starts a pretend Salesforce org in the process, filled from the samples, and opens it over real HTTP on loopback.
func openDemo(ctx context.Context) (*opened, error) {
	licences := samples.Licences
	org, err := simulators.Open("salesforce", simulator.Options{
		UsersFrom: bytes.NewReader(samples.Org), Groups: samples.Groups, Licences: &licences, Delay: time.Second, Strict: true,
	})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: org, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	s := &salesforce.Settings{URL: config.At[string]{V: "http://" + listener.Addr().String()}}
	s.Auth.ClientID, s.Auth.ClientSecret = config.NewSecret("demo"), config.NewSecret("demo")
	s.Groups = samples.Groups
	t, err := salesforce.Connector.Open(ctx, s, nil)
	if err != nil {
		return nil, err
	}
	return &opened{
		name: demoName, kind: salesforce.Connector, target: t, shared: s.Shared(), pretend: true,
		close: func() { _ = server.Close(); _ = org.Close() },
	}, nil
}
