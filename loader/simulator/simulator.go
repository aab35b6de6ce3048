// Package simulator is what all pretend orgs have in common: how one is started, and what may be asked of it besides its protocol.
package simulator

import (
	"io"
	"net/http"
	"time"
)

// Options is how a pretend org is made. Each field is a flag of `rosterload simulate`.
type Options struct {
	Users        string    // a CSV file of users, headers are the fields' API names
	UsersFrom    io.Reader // the same, open already
	Count        int       // so many made-up users
	Groups       []string  // valid groups; nil: Alpha, Beta and those that users hold
	Licences     *int      // nil: no limit
	Delay        time.Duration
	OneByOne     bool // requests queue for the delay
	FaultsFile   string
	Seed         int64
	Log          io.Writer // a line for each request
	Save         string    // keep the org in this file between starts
	Strict       bool
	ClientID     string
	ClientSecret string
	Username     string
	Password     string
	Now          func() time.Time
}

// Simulator is a pretend org that is served.
type Simulator interface {
	http.Handler
	// Violations lists the promises that callers have broken.
	Violations() []string
	// Save writes the users as a CSV that Users reads again.
	Save(w io.Writer) error
	// Close keeps the org, where that was asked for.
	Close() error
}
