package run

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The files of a run, beside removals-0001.csv and its like.
const (
	RosterFile     = "roster.csv"
	FaultsFile     = "faults.csv"
	VerdictsFile   = "verdicts.csv"
	BeforeFile     = "standing-before.csv"
	ExtraFile      = "standing-extra.csv" // of people who are in no line
	SnapshotFile   = "snapshot.json"      // what a Stateful connector's run rests on
	JournalFile    = "journal.jsonl"
	FoundationFile = "foundation.json" // in runs of version 1: the first half of a snapshot
	NotesFile      = "notes.json"      // in runs of version 1: the second half
	DeliveryFile   = "delivery.bin"    // the file of a feed, as it came
	AnswersFolder  = "answers"         // of the files that a feed hands back
	TermsFile      = "terms.json"      // what a feed decided besides the flags
	AbsentFile     = "absent.csv"      // of users who are in no line, in full mode: their rows and keys
	lockFile       = "lock"
)

func runsFolder(home string) string { return filepath.Join(home, "runs") }

// FolderOf is the folder of a run.
func FolderOf(home, id string) string { return filepath.Join(runsFolder(home), filepath.Base(id)) }

// JournalOf is the journal of a run.
func JournalOf(home, id string) string { return filepath.Join(FolderOf(home, id), JournalFile) }

// LockOf is the lock of a run: its text changes when a process takes the run, and when it lets go.
func LockOf(home, id string) string { return filepath.Join(FolderOf(home, id), lockFile) }

// makeFolder makes the folder of a new run. Its name sorts behind those of all runs that are there, whatever the clock
// says: which of two runs is the newer one decides what may be sent.
func makeFolder(home string, now time.Time) (*Run, error) {
	if err := os.MkdirAll(runsFolder(home), 0o700); err != nil {
		return nil, err
	}
	for tries := 0; ; tries++ {
		entries, err := os.ReadDir(runsFolder(home))
		if err != nil {
			return nil, err
		}
		id := newID(entries, now)
		folder := filepath.Join(runsFolder(home), id)
		err = os.Mkdir(folder, 0o700)
		if err == nil {
			err = isNewest(home, id)
		}
		if err == nil {
			return newRun(id, folder), nil
		} else if !errors.Is(err, fs.ErrExist) || tries > 100 {
			return nil, err
		}
	}
}

// isNewest removes the folder again when another process has made one behind it meanwhile: that one could have begun,
// and sent, before it.
func isNewest(home, id string) error {
	entries, err := os.ReadDir(runsFolder(home))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, _, ok := parseID(e.Name()); ok && e.Name() > id {
			return errors.Join(fs.ErrExist, os.Remove(filepath.Join(runsFolder(home), id)))
		}
	}
	return nil
}

const stampLayout = "20060102T150405Z-"

// newID is the time and four hexadecimal digits. Behind ids of the same second, and of a later one (the clock was set
// back), the digits or the second count on.
func newID(entries []fs.DirEntry, now time.Time) string {
	now = now.UTC().Truncate(time.Second)
	least := 0
	for _, e := range entries {
		at, digits, ok := parseID(e.Name())
		switch {
		case !ok || at.Before(now):
		case at.After(now):
			now, least = at, digits+1
		default:
			least = max(least, digits+1)
		}
	}
	if least > 0xffff {
		now, least = now.Add(time.Second), 0
	}
	room := 0x8000 - least/2 // ids of one second may follow each other often
	return fmt.Sprintf("%s%04x", now.Format(stampLayout), min(least+rand.IntN(max(room/16, 1)), 0xffff))
}

func parseID(id string) (at time.Time, digits int, ok bool) {
	if len(id) != len(stampLayout)+4 {
		return at, 0, false
	}
	at, err := time.Parse(stampLayout, id[:len(stampLayout)])
	n, bad := strconv.ParseUint(id[len(stampLayout):], 16, 16)
	return at, int(n), err == nil && bad == nil
}

// FileName is the name of a file in the run's folder.
func FileName(path string) string { return filepath.Base(path) }

// Stem is the path of the files beside the roster without their endings.
func (r *Run) Stem() string {
	name := r.Seal.Roster
	switch i := strings.LastIndexByte(name, '.'); {
	case r.Seal.Source != "": // its answers are named after the delivery without the ending of a roster alone
		name = strings.TrimSuffix(strings.TrimSuffix(name, ".csv"), ".xlsx")
	case i > 0:
		name = name[:i]
	}
	return filepath.Join(r.Seal.Place, name+"."+r.ID)
}
