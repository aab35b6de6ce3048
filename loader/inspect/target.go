// Package inspect reports what an org, a roster and an export hold, and writes nothing to the org.
package inspect

import (
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/validate"
)

// Target is an open target and what is known of it here.
type Target struct {
	connector.Target
	Name      string // in rosterload.yaml
	Connector *connector.Connector
	Home      string // whose runs are compared with what the org holds
	Flags     run.Flags
	Roster    func(path string) (*validate.Roster, error) // opens one
	Listed    func(users int)                             // called as a census comes in
	Now       func() time.Time
}
