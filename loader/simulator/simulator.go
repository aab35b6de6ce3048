// Package simulator is what all pretend orgs have in common: how one is started, and what may be asked of it besides
// its protocol.
package simulator

import (
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"time"
)

// Options is how a pretend org is made. Each field is a flag of `rosterload simulate`.
type Options struct {
	Users        string    // a CSV file of users, headers are the fields' API names
	UsersFrom    io.Reader // the same, open already
	Count        int       // this many made-up users
	Groups       []string  // valid groups; nil: Alpha, Beta and those that users hold
	Licences     *int      // nil: no limit
	Delay        time.Duration
	OneByOne     bool // requests queue for the delay
	FaultsFile   string
	Seed         int64
	Address      string    // where it is served, if that is known: orgs at two addresses are two orgs
	Log          io.Writer // a line for each request
	Save         string    // keep the org in this file between starts
	Strict       bool
	ClientID     string
	ClientSecret string
	Username     string
	Password     string
	Now          func() time.Time
}

// Number tells orgs apart: it is made from the address and the seed, and is 0 when neither is given.
func (o Options) Number() uint64 {
	if o.Address == "" && o.Seed == 0 {
		return 0
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\n%d", o.Address, o.Seed)
	return h.Sum64()
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
