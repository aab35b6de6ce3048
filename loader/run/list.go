package run

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rosterload/loader/journal"
)

// Open reads what is known of a run, without its lock.
func Open(home, id string) (*Run, error) {
	r, err := read(home, id)
	if err == nil && r == nil {
		err = noRun(home, id)
	}
	return r, err
}

// Begun reads what is known of a run; nil for a folder without a whole event, which is no run yet.
func Begun(home, id string) (*Run, error) { return read(home, id) }

// read is nil for a folder without a whole event: a run whose roster never became complete has not begun.
func read(home, id string) (*Run, error) {
	folder, err := existing(home, id)
	if err != nil {
		return nil, err
	}
	events, err := journal.Read(filepath.Join(folder, JournalFile))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(events) == 0 {
		if hasBegun(id, folder) {
			return nil, unreadable(id, errNoJournal)
		}
		return nil, nil
	}
	var r *Run
	if err == nil {
		r, err = fold(id, folder, events)
	}
	return r, unreadable(id, err)
}

// Unread is a run that cannot be read now.
type Unread struct {
	ID  string
	Err error
}

// Error names the run and why.
func (u Unread) Error() string { return u.ID + ": " + u.Err.Error() }

// Names are the folders in which runs of a home may lie, sorted. Not each of them need be a run.
func Names(home string) ([]string, error) {
	entries, err := os.ReadDir(runsFolder(home))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// List reads all runs of a home, the oldest first. Entries that are not runs are skipped; runs that cannot be read are
// reported in unread.
func List(home string) (runs []*Run, unread []Unread, err error) {
	names, err := Names(home)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		switch r, err := read(home, name); {
		case err != nil:
			unread = append(unread, Unread{name, err})
		case r != nil:
			runs = append(runs, r)
		}
	}
	slices.SortStableFunc(runs, func(a, b *Run) int { return strings.Compare(a.ID, b.ID) })
	return runs, unread, nil
}

// Resumable names the run that a resume without a name takes: the one open run that a load by hand began and that no
// newer run of its org has superseded. target narrows the choice; empty is any. None is exit 5, several are exit 2 and
// a list.
func Resumable(home, target string) (*Run, error) {
	runs, _, err := List(home)
	if err != nil {
		return nil, err
	}
	var open []*Run
	for i, r := range runs {
		if !r.Over && r.Seal.Verb == "load" && r.Seal.Source == "" && !r.Held() && !supersededBy(r, runs[i+1:]) &&
			(target == "" || r.Target == target) {
			open = append(open, r)
		}
	}
	switch len(open) {
	case 0:
		return nil, nothingToResume(runs, target)
	case 1:
		return open[0], nil
	}
	var names []string
	for _, r := range open {
		names = append(names, r.ID+" ("+r.Target+")")
	}
	return nil, Stopf(ExitUsage, Type("resume", open[0].ID), "several runs are open: %s", strings.Join(names, ", "))
}

// nothingToResume names the newest run that only waits to be named.
func nothingToResume(runs []*Run, target string) error {
	for _, r := range slices.Backward(runs) {
		if !r.Over && r.Seal.Source == "" && (target == "" || r.Target == target) &&
			!supersededBy(r, runs[slices.Index(runs, r)+1:]) {
			return Stopf(ExitNothing, Type("resume", r.ID),
				"nothing to resume without a name; run %s waits to be named", r.ID)
		}
	}
	return Stopf(ExitNothing, Type("runs"), "nothing to resume")
}

// supersededBy tells whether one of the newer runs has taken the place of r. One that never signed in does not know its
// org: its target's name must do.
func supersededBy(r *Run, newer []*Run) bool {
	return slices.ContainsFunc(newer, func(n *Run) bool {
		sameOrg := n.Org.ID == r.Org.ID && r.Org.ID != "" || r.Org.ID == "" && n.Target == r.Target
		return sameOrg && n.Seal.Source == r.Seal.Source && n.SentAnything()
	})
}
