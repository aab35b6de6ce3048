package front

import (
	"fmt"
	"os"

	"github.com/goccy/go-yaml"

	"rosterload/loader/simulator/trouble"
)

// file is a faults file: calls, which every kind knows, and what one kind knows besides.
type file[F any] struct {
	Calls trouble.Calls `yaml:"calls"`
	Own   F             `yaml:",inline"`
}

// SetFaults reads a faults file and puts it in force, also while the org runs. An unknown word is an error.
func (f *Front[F]) SetFaults(data []byte) error {
	var read file[F]
	if err := yaml.UnmarshalWithOptions(data, &read, yaml.Strict()); err != nil {
		return fmt.Errorf("faults: %w", err)
	}
	if err := read.Calls.Check(); err != nil {
		return fmt.Errorf("faults: %w", err)
	}
	f.faults.Store(&read.Own)
	f.mu.Lock()
	f.troubles, f.source = read.Calls, data
	f.mu.Unlock()
	f.org.Enforce(&read.Own)
	return nil
}

// ReadFaults puts the faults file of the options in force, if there is one.
func (f *Front[F]) ReadFaults() error {
	if f.options.FaultsFile == "" {
		return nil
	}
	data, err := os.ReadFile(f.options.FaultsFile)
	if err != nil {
		return err
	}
	return f.SetFaults(data)
}

// Faults are those in force.
func (f *Front[F]) Faults() *F { return f.faults.Load() }

// Named makes a set of the names in a faults file.
func Named(names []string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}
