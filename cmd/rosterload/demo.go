package main

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/connector/all"
	"rosterload/loader/simulator"
	simulators "rosterload/loader/simulator/all"
	"rosterload/samples"
)

// findDemo starts a pretend org in the process, filled from the samples, to be opened over real HTTP on loopback.
func findDemo() (*opened, error) {
	licences := samples.Licences
	org, err := simulators.Open(all.Demo.Name, simulator.Options{
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
	s := all.DemoSettings("http://"+listener.Addr().String(), samples.Groups)
	return &opened{
		name: demoName, connector: all.Demo, shared: s.(settings).Shared(), pretend: true,
		open: func(ctx context.Context, own map[string]string, log *slog.Logger) (connector.Target, error) {
			return all.Demo.Open(ctx, connector.Opening{Settings: s, Flags: own, Log: log})
		},
		close: func() { _ = server.Close(); _ = org.Close() },
	}, nil
}
