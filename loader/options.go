package loader

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"rosterload/loader/connector"
)

// Options is what a run needs from outside. Everything that decides what is sent is in Flags and is sealed with the run.
type Options struct {
	Home    string
	Kind    connector.Connector
	Target  connector.Target
	Name    string // the target's name in rosterload.yaml
	Flags   Flags
	Pretend bool // the org is a pretend one
	Version string
	By      string        // the system's user and host, for the summary
	Queue   time.Duration // how long to wait for another run's lock (--wait-for-lock)
	Watch   func(Progress)
	Log     *slog.Logger
	// Now and Sleep are the clock. Sleep returns the context's cause when it is cancelled.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
	// trip is where tests let the disk fail: it is asked before and after each write to the journal and each seal, and its error is the disk's.
	trip func(write string, done bool) error
}

// Flags are the options in force of one run. A resume uses those that its load was given.
type Flags struct {
	Results       string        `json:"results,omitempty"` // folder of the results files
	User          string        `json:"user,omitempty"`
	Group         string        `json:"group,omitempty"`
	Blank         string        `json:"blank,omitempty"`
	NA            string        `json:"na,omitempty"`
	Duplicates    string        `json:"duplicates,omitempty"`
	Suffix        string        `json:"username_suffix,omitempty"`
	MaxRemovals   string        `json:"max_removals,omitempty"` // "20%" or "15"
	AllowRemovals int           `json:"allow_removals,omitempty"`
	MaxFailed     string        `json:"max_failed,omitempty"` // "0", "15" or "3%"
	Wait          time.Duration `json:"wait"`
	Split         bool          `json:"split,omitempty"`
	SheetSafe     bool          `json:"sheet_safe,omitempty"`
	Poll          Poll          `json:"poll"`
	// Own are the flags of the kind alone, by name.
	Own map[string]string `json:"own,omitempty"`
}

// inForce is what the auditor reads: every option that decided something, defaults included.
func (f Flags) inForce(blank string) map[string]any {
	or := func(s, usual string) string {
		if s == "" {
			return usual
		}
		return s
	}
	all := map[string]any{
		"user": f.User, "group": f.Group, "blank": or(f.Blank, or(blank, "remove")), "na": or(f.NA, "remove"), "duplicates": or(f.Duplicates, "reject"),
		"username_suffix": f.Suffix, "max_removals": or(f.MaxRemovals, defaultMaxRemovals), "allow_removals": f.AllowRemovals,
		"max_failed": or(f.MaxFailed, "0"), "wait": f.Wait.String(), "split": f.Split, "sheet_safe": f.SheetSafe, "results": f.Results,
	}
	for name, value := range f.Own {
		all[strings.ReplaceAll(name, "-", "_")] = value
	}
	return all
}

// Poll is how often an org is asked, from the first pause to the longest.
type Poll struct {
	Job        time.Duration `json:"job"`
	JobMost    time.Duration `json:"job_most"`
	Status     time.Duration `json:"status"`
	StatusMost time.Duration `json:"status_most"`
}

// Pauses of DESIGN for orgs that say nothing else, and the patience of a run that was given none.
var defaultPoll = Poll{Job: 200 * time.Millisecond, JobMost: 30 * time.Second, Status: time.Second, StatusMost: time.Minute}

const defaultPatience = 30 * time.Minute

// Progress is one step of a long stage, for whoever draws it.
type Progress struct {
	Run   string
	Stage string // "reading", "looking", "sending removals", …
	Done  int
	Total int    // 0: not known
	Note  string // something to say once, at once
}

func (o *Options) fill() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Watch == nil {
		o.Watch = func(Progress) {}
	}
	if o.trip == nil {
		o.trip = func(string, bool) error { return nil }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &o.Flags.Poll
	for _, d := range []struct{ is, usual *time.Duration }{
		{&p.Job, &defaultPoll.Job}, {&p.JobMost, &defaultPoll.JobMost}, {&p.Status, &defaultPoll.Status}, {&p.StatusMost, &defaultPoll.StatusMost},
	} {
		if *d.is <= 0 {
			*d.is = *d.usual
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// pause is a wait that grows by half each time, up to the longest.
type pause struct{ next, most time.Duration }

func (p *pause) take() time.Duration {
	d := p.next
	p.next = min(p.next*3/2, p.most)
	return d
}
