package main

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"rosterload/loader/config"
	"rosterload/loader/patience"
	"rosterload/loader/run"
	"rosterload/loader/simulator"
	simulators "rosterload/loader/simulator/all"
	"rosterload/samples"
)

// findDemo starts a pretend org in the process, filled from the samples, to be opened over real HTTP on loopback. It is
// kept in the home between two commands, so that a resume or a retry finds what the load before it has left. One
// process uses it at a time.
func findDemo(c *cli.Context, v *voice, home string) (*opened, error) {
	lock, err := run.LockOrg(c.Context, home, "demo", "demo", run.Queue{
		For: c.Duration("wait-for-lock"), Now: time.Now, Sleep: patience.Sleep,
		Tell: func(held *run.Held) { v.note("waiting for the lock: %s", held) },
	})
	if err != nil {
		return nil, err
	}
	org, settings, err := openDemo(filepath.Join(home, "demo"))
	if err != nil {
		lock.Release()
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		lock.Release()
		return nil, err
	}
	server := &http.Server{Handler: org, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	found, err := demoTarget(settings("http://" + listener.Addr().String()))
	closing := func() {
		_ = server.Close()
		_ = org.Close() // an org that cannot be kept is filled from the samples next time
		lock.Release()
	}
	if err != nil {
		closing()
		return nil, err
	}
	found.pretend, found.close = true, closing
	return found, nil
}

// openDemo makes the pretend org, or takes up the one that is kept.
func openDemo(folder string) (simulator.Simulator, func(address string) string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, nil, err
	}
	licences := samples.Licences
	org, _, settings, err := simulators.Demo(simulator.Options{
		UsersFrom: bytes.NewReader(samples.Org), Groups: samples.Groups, Licences: &licences, Delay: time.Second,
		Strict: true,
		Save:   filepath.Join(folder, "org.csv"),
	})
	return org, settings, err
}

// demoTarget is a config that names the demo alone.
func demoTarget(settings string) (*opened, error) {
	indented := "    " + strings.ReplaceAll(strings.TrimSpace(settings), "\n", "\n    ")
	cfg, err := config.Parse(demoName, []byte("targets:\n  "+demoName+":\n"+indented+"\n"))
	if err != nil {
		return nil, err
	}
	return decode(cfg, cfg.Targets[0], 0)
}
