// Package all lists the kinds of pretend orgs. Only cmd and the tests of targets know it.
package all

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"rosterload/loader/simulator"
	"rosterload/loader/simulator/groove"
	"rosterload/loader/simulator/salesforce"
	"rosterload/loader/simulator/vault"
	"rosterload/loader/simulator/vonage"
)

var kinds = map[string]func(simulator.Options) (simulator.Simulator, error){
	"salesforce": func(o simulator.Options) (simulator.Simulator, error) { return salesforce.New(o) },
	"groove":     func(o simulator.Options) (simulator.Simulator, error) { return groove.New(o) },
	"vault":      func(o simulator.Options) (simulator.Simulator, error) { return vault.New(o) },
	"vonage":     func(o simulator.Options) (simulator.Simulator, error) { return vonage.New(o) },
}

// Kinds are their names.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// Open makes a pretend org.
func Open(kind string, o simulator.Options) (simulator.Simulator, error) {
	open := kinds[kind]
	if open == nil {
		return nil, fmt.Errorf("there is no pretend org of kind %q; there are: %s", kind, strings.Join(Kinds(), ", "))
	}
	return open(o)
}
