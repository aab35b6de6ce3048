package feeds

import (
	"context"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Events wakes feeds when something happens in their folders. It is for speed: what is there, the rescan finds, and it
// alone decides.
type Events struct {
	watcher *fsnotify.Watcher
	woken   map[string]chan struct{} // by folder
}

// NewEvents watches the folders of all feeds with one watcher: a user may have 128 of them, shared with editors and
// browsers.
func NewEvents(all []*Feed) (*Events, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	e := &Events{watcher: watcher, woken: map[string]chan struct{}{}}
	for _, f := range all {
		e.woken[f.Folder] = make(chan struct{}, 1)
	}
	go e.read()
	return e, nil
}

func (e *Events) read() {
	for {
		select {
		case event, ok := <-e.watcher.Events:
			if !ok {
				return
			}
			e.wake(filepath.Dir(event.Name))
		case _, ok := <-e.watcher.Errors: // also when events were lost: every folder is looked at
			if !ok {
				return
			}
			for folder := range e.woken {
				e.wake(folder)
			}
		}
	}
}

func (e *Events) wake(folder string) {
	select {
	case e.woken[folder] <- struct{}{}:
	default: // it is woken already, or is no feed's
	}
}

// Rest waits for so long, or until something happens in the feed's folder. The folder is named again each time: one
// that was removed and made again is watched no more, and nothing says so.
func (e *Events) Rest(ctx context.Context, f *Feed, d time.Duration) error {
	_ = e.watcher.Add(f.Folder) // where it fails the rescan is enough
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
	case <-e.woken[f.Folder]:
	}
	return nil
}

// Close ends the watching.
func (e *Events) Close() { _ = e.watcher.Close() }
