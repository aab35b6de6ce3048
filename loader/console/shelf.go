package console

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"rosterload/loader/results"
	"rosterload/loader/run"
)

// shelf keeps in memory what a list says of each run, for as long as the files that say it are the same. A home has
// thousands of runs, and nearly all of them are over.
type shelf struct {
	mu   sync.Mutex
	kept map[string]*listed
}

// listed is a run as a list shows it.
type listed struct {
	run.Status
	Org     string
	Results map[string]int
	Holds   []results.Hold
	unread  string // why it cannot be read
	text    string // all that a search looks through, in small letters
	stamps  [3]stampOf
	summary string // the path of the newest
	approve []string
}

// stampOf tells whether a file is the one that was read.
type stampOf struct {
	size int64
	at   time.Time
}

func stampFile(path string) stampOf {
	info, err := os.Stat(path)
	if err != nil {
		return stampOf{}
	}
	return stampOf{info.Size(), info.ModTime()}
}

func (l *listed) stamp(home, id string) [3]stampOf {
	return [3]stampOf{stampFile(run.JournalOf(home, id)), stampFile(run.LockOf(home, id)), stampFile(l.summary)}
}

// list are the runs of a home, the newest first.
func (s *shelf) list(home string) ([]*listed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names, err := run.Names(home)
	if err != nil {
		return nil, err
	}
	now := make(map[string]*listed, len(names))
	all := make([]*listed, 0, len(names))
	for _, id := range slices.Backward(names) {
		l := s.kept[id]
		if l == nil || l.PID != 0 || l.unread != "" || l.stamp(home, id) != l.stamps {
			if l = read(home, id); l == nil {
				continue
			}
		}
		now[id], all = l, append(all, l)
	}
	s.kept = now
	return all, nil
}

// read is nil for a folder that is no run yet.
func read(home, id string) *listed {
	r, err := run.Begun(home, id)
	if err != nil {
		return &listed{
			Status: run.Status{Run: id, State: "unreadable", Note: err.Error()}, unread: err.Error(),
			text: strings.ToLower(id),
		}
	}
	if r == nil {
		return nil
	}
	l := &listed{Status: r.Status(), summary: r.SummaryPath(r.Last.Number)}
	l.Batches = nil
	l.stamps = l.stamp(home, id)
	words := []string{
		id, l.Target, l.Kind, l.Roster, l.Feed, string(l.State), r.Org.ID, r.Org.Name, r.Org.As,
		r.Seal.By,
	}
	for _, g := range r.Given {
		words = append(words, g.By, g.Reason, g.Ticket)
	}
	l.Org = cmp.Or(r.Org.Name, r.Org.ID)
	if s, err := r.Summary(); err == nil && s != nil {
		l.Results = s.Results
	}
	if r.Held() {
		l.Holds, l.approve = r.OpenHolds(), r.ApproveArgs()
	}
	l.text = strings.ToLower(strings.Join(words, "\n"))
	return l
}
