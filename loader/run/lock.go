package run

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Lock is the operating system's own lock on a file: the kernel lets go when its holder dies, however it dies. The text
// inside says who holds it, for people; it decides nothing, and the file is never deleted.
type Lock struct{ flock *flock.Flock }

// Held says that another process is at work on the org or the run. Exit 9.
type Held struct {
	What string // "the org", "run 20261123T021500Z-4f7c"
	By   string
}

func (h *Held) Error() string { return h.What + " is held by another run: " + h.By }

// ExitCode is 9.
func (h *Held) ExitCode() int { return ExitUnavailable }

// Queue is how long to wait for a lock, and by which clock.
type Queue struct {
	For   time.Duration
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
	Tell  func(held *Held) // once, when waiting begins
}

// LockOrg takes the lock of an org in this home: one run an org at a time.
func LockOrg(ctx context.Context, home, org, run string, q Queue) (*Lock, error) {
	folder := filepath.Join(home, "locks")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return take(ctx, filepath.Join(folder, filepath.Base(org)), "the org", run, q)
}

// LockFile takes a lock of the home that is neither an org's nor a run's. what names it for people, by is who holds it.
func LockFile(ctx context.Context, path, what, by string, q Queue) (*Lock, error) {
	return take(ctx, path, what, by, q)
}

// LockFeed takes the lock of a feed in this home: one process works on it.
func LockFeed(ctx context.Context, home, feed string, q Queue) (*Lock, error) {
	folder := filepath.Join(home, "locks")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return take(ctx, filepath.Join(folder, "feed-"+feed), "the feed "+feed, "of feed "+feed, q)
}

func take(ctx context.Context, path, what, run string, q Queue) (*Lock, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return nil, Stopf(ExitUsage, Say("remove it"), "the lock %s is a symbolic link", path)
	}
	l := &Lock{flock: flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))}
	until := q.Now().Add(q.For)
	for pause, told := 100*time.Millisecond, false; ; pause = min(pause*3/2, 5*time.Second) {
		got, err := l.flock.TryLock()
		if err != nil {
			return nil, err
		}
		if got {
			if err := l.sign(run, q.Now()); err != nil {
				l.Release()
				return nil, err
			}
			return l, nil
		}
		by, _ := os.ReadFile(path)
		held := &Held{What: what, By: strings.TrimSpace(string(by))}
		if !q.Now().Before(until) {
			return nil, held
		}
		if !told && q.Tell != nil {
			q.Tell(held)
			told = true
		}
		if err := q.Sleep(ctx, min(pause, until.Sub(q.Now()))); err != nil {
			return nil, err
		}
	}
}

// sign writes who holds the lock. Windows lets no process write to a locked file; there the text stays empty and the
// lock holds all the same.
func (l *Lock) sign(run string, now time.Time) error {
	host, _ := os.Hostname()
	text := fmt.Sprintf("pid %d on %s, run %s, since %s\n", os.Getpid(), host, run, now.UTC().Format(time.RFC3339))
	err := os.WriteFile(l.flock.Path(), []byte(text), 0o600)
	if runtime.GOOS == "windows" {
		return nil
	}
	return err
}

// Release takes the text away and lets go: a process that lives on, or gets the same number later, is not taken for a
// holder. It may be called on nil.
func (l *Lock) Release() {
	if l != nil {
		_ = os.Truncate(l.flock.Path(), 0) // Windows lets no process write to a locked file; there the text was never written
		_ = l.flock.Unlock()
	}
}
