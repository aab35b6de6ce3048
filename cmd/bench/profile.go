package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"rosterload/loader"
	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/connector/salesforce"
	"rosterload/loader/run"
)

// profile loads a roster in this process, and writes what it spent its time on and what it allocated, for `go tool
// pprof`.
func profile(address, roster, folder string) error {
	debug.SetGCPercent(15) // as the command does
	cpu, err := os.Create(filepath.Join(folder, "cpu.pprof"))
	if err != nil {
		return err
	}
	defer func() { _ = cpu.Close() }()
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	_, err = loader.Load(context.Background(), options(address, filepath.Join(folder, "home")), roster)
	pprof.StopCPUProfile()
	return errors.Join(err, allocations(filepath.Join(folder, "allocs.pprof")))
}

func allocations(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}

func options(address, home string) loader.Options {
	s := &salesforce.Settings{URL: config.At[string]{V: address}}
	s.Auth.ClientID, s.Auth.ClientSecret = config.NewSecret("bench"), config.NewSecret("bench")
	return loader.Options{
		Home: home, Name: "org", Connector: salesforce.Connector,
		Open: func(ctx context.Context, _ map[string]string) (connector.Target, error) {
			return salesforce.Connector.Open(ctx, connector.Opening{Settings: s})
		},
		Flags: run.Flags{
			MaxRemovals: "100%", Results: filepath.Dir(home), Wait: time.Minute,
			Poll: run.Poll{Job: poll},
		},
	}
}
