package loader

import (
	"context"
	"log/slog"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/patience"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/terms"
)

// Options is what a run needs from outside. Everything that decides what is sent is in Flags and is sealed with the
// run.
type Options struct {
	Home      string
	Connector connector.Connector
	// Open opens the target with the connector's own flags of the run. It sends nothing.
	Open     func(ctx context.Context, own map[string]string) (connector.Target, error)
	Name     string // the target's name in rosterload.yaml
	Flags    run.Flags
	Source   string            // the feed that the roster came by; empty for a load by hand
	Into     *run.Writer       // the folder that a feed has made for the run; nil: one is made
	Delivery *results.Delivery // the file that the feed brought; its copy lies in the folder already
	First    int64             // so many bytes of the delivery are the roster; 0: all
	Terms    *terms.Terms      // what a feed decides besides the flags; sealed with the run
	// Unmoved is asked before the first batch of a run leaves: an error takes the run back and nothing is sent. Nil:
	// nothing can move.
	Unmoved func() error
	Pretend bool // the org is a pretend one
	Version string
	By      string // the system's user and host, for the summary
	Reason  string // why, as given, for the evidence
	Ticket  string
	// SigningKey is the key that the config names for the evidence; empty: the home's own. ConfigSHA256 is of the
	// target's settings.
	SigningKey   string
	ConfigSHA256 string
	Queue        time.Duration // how long to wait for another run's lock (--wait-for-lock)
	RetryFor     time.Duration // how long a batch that does not arrive is sent again, 0: two minutes
	MostRows     int           // the most rows of a batch, 0: as many as the org allows
	// Wait is the patience of a resume that was given its own; nil: that of the run.
	Wait *time.Duration
	// Unattended is for resumes that no person has asked for: after a silent stop they send no upserts.
	Unattended bool
	Watch      func(Progress)
	Log        *slog.Logger
	// Command spells a command for the summary; nil: without further flags.
	Command func(verb string, args ...string) string
	// Now and Sleep are the clock. Sleep returns the context's cause when it is cancelled.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
	Trip  run.Trip // where tests let the disk fail; nil elsewhere
	// undoes is the run whose changes the one that begins takes back.
	undoes string
}

const defaultRetryFor = 2 * time.Minute

// Progress is one step of a long stage, for the one who draws it.
type Progress struct {
	Run   string
	Stage string // "reading", "looking", "deciding", "sending removals", "waiting for removals", "writing", …
	Done  int
	Total int    // 0: not known
	Note  string // something to say once, at once
}

func (o *Options) fill() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = patience.Sleep
	}
	if o.Watch == nil {
		o.Watch = func(Progress) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Command == nil {
		o.Command = run.Command
	}
	if o.RetryFor <= 0 {
		o.RetryFor = defaultRetryFor
	}
	o.Flags.Poll.Fill()
}

func (o *Options) queue(id string) run.Queue {
	return run.Queue{For: o.Queue, Now: o.Now, Sleep: o.Sleep, Tell: func(held *run.Held) {
		o.Watch(Progress{Run: id, Note: "waiting for the lock: " + held.Error()})
	}}
}
