package loader

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// orgLock is the operating system's own lock on home/locks/<org id>: the kernel lets go when its holder dies, however it dies. The text
// inside says who holds it, for people; it decides nothing, and the file is never deleted.
type orgLock struct{ flock *flock.Flock }

// Held says that another run is at work on the org. Exit 9.
type Held struct{ By string }

func (h *Held) Error() string { return "the org is held by another run: " + h.By }

// ExitCode is 9.
func (h *Held) ExitCode() int { return ExitUnavailable }

// lockOrg takes the org's lock, waiting as long as --wait-for-lock says.
func (w *work) lockOrg(ctx context.Context, org string) (*orgLock, error) {
	folder := filepath.Join(w.Home, "locks")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(folder, filepath.Base(org))
	l := &orgLock{flock: flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))}
	wait, until := &pause{next: 100 * time.Millisecond, most: 5 * time.Second}, w.Now().Add(w.Queue)
	for said := false; ; {
		got, err := l.flock.TryLock()
		if err != nil {
			return nil, err
		}
		if got {
			return l, l.sign(w.holder())
		}
		by, _ := os.ReadFile(path)
		held := &Held{By: strings.TrimSpace(string(by))}
		if !w.Now().Before(until) {
			return nil, held
		}
		if !said {
			w.Watch(Progress{Run: w.run.ID, Note: "waiting for the lock: " + held.Error()})
			said = true
		}
		if err := w.Sleep(ctx, wait.take()); err != nil {
			return nil, err
		}
	}
}

func (w *work) holder() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("pid %d on %s, run %s, since %s\n", os.Getpid(), host, w.run.ID, w.Now().UTC().Format(time.RFC3339))
}

// sign writes who holds the lock. Windows lets nobody write to a locked file; there the text stays empty and the lock holds all the same.
func (l *orgLock) sign(text string) error {
	err := os.WriteFile(l.flock.Path(), []byte(text), 0o600)
	if runtime.GOOS == "windows" {
		return nil
	}
	return err
}

func (l *orgLock) release() { _ = l.flock.Unlock() }
