// Package all lists the kinds of pretend orgs. Only cmd and the tests of connectors know it.
package all

import (
	"encoding/json"
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

// kind is one kind of pretend org, and the flags that not every kind has.
type kind struct {
	open  func(simulator.Options) (simulator.Simulator, error)
	flags []simulator.Flag
}

var kinds = map[string]kind{
	"salesforce": {func(o simulator.Options) (simulator.Simulator, error) { return salesforce.New(o) }, simulator.ClientFlags},
	"groove":     {func(o simulator.Options) (simulator.Simulator, error) { return groove.New(o) }, simulator.ClientFlags},
	"vonage":     {func(o simulator.Options) (simulator.Simulator, error) { return vonage.New(o) }, simulator.ClientFlags},
	"vault":      {func(o simulator.Options) (simulator.Simulator, error) { return vault.New(o) }, simulator.UserFlags},
}

// Kinds are their names.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// Open makes a pretend org.
func Open(name string, o simulator.Options) (simulator.Simulator, error) {
	k, known := kinds[name]
	if !known {
		return nil, fmt.Errorf("there is no pretend org of kind %q; there are %s", name, strings.Join(Kinds(), ", "))
	}
	return k.open(o)
}

// Flags are those that not every kind has, in the order of their names. The usage says which kinds have them.
func Flags() []simulator.Flag {
	having := map[string][]string{}
	flags := map[string]simulator.Flag{}
	for _, name := range Kinds() {
		for _, f := range kinds[name].flags {
			having[f.Name] = append(having[f.Name], name)
			flags[f.Name] = f
		}
	}
	var all []simulator.Flag
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		f := flags[name]
		f.Usage = strings.Join(having[name], ", ") + ": " + f.Usage
		all = append(all, f)
	}
	return all
}

// Demo makes the pretend org that a demo loads into, its kind, and the settings of a target that reaches it at an
// address, as YAML. The groups of the options, if any, are named in the settings.
func Demo(o simulator.Options) (org simulator.Simulator, kind string, settings func(address string) string, err error) {
	kind = "salesforce"
	org, err = Open(kind, o)
	settings = func(address string) string {
		text := fmt.Sprintf("kind: %s\nurl: %s\nauth: {client_id: demo, client_secret: demo}\n", kind, quoted(address))
		if o.Groups != nil {
			text += "groups: " + quoted(o.Groups) + "\n"
		}
		return text
	}
	return org, kind, settings, err
}

// quoted is a value as JSON, which YAML reads.
func quoted(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // text and lists of text can be spelled
	}
	return string(text)
}
