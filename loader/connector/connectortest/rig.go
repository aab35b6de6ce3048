// Package connectortest is one suite for every kind of Engage org: the same night against each kind's own pretend org, the same promises. Only tests
// import it.
package connectortest

import (
	"net/http"
	"testing"

	"rosterload/loader/connector"
)

// Rig is a kind with a pretend org to try it on.
type Rig struct {
	Name string
	// Serve makes a pretend org of these people, with so many licences; its jobs and answers take next to no time.
	Serve func(t *testing.T, people []Person, groups []string, licences int) Org
	// Open makes a target that talks to the org at this address, as a new process would.
	Open func(t *testing.T, address string) (connector.Connector, connector.Target)
}

// Org is a pretend org that is watched.
type Org struct {
	http.Handler
	Violations func() []string        // promises that its callers have broken
	Holds      func() map[string]Held // by username
	Requests   func() int             // changes of the request field so far: what the Engage server was asked
}

// Held is what an org has of a user.
type Held struct{ Request, Group string }

// Person is somebody in an org.
type Person struct {
	Username string
	Inactive bool
	Request  string
	Group    string
	Status   Status
}

// Status is what the Engage server said last. Each org spells it its own way.
type Status int

// The statuses.
const (
	Blank Status = iota
	Sent
	Failed
	Success
)
