package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rosterload/loader/journal"
	"rosterload/loader/spool"
)

// Writer holds a run's lock and is the only one that appends to its journal. Note may be called by several goroutines.
type Writer struct {
	Run     *Run
	lock    *Lock
	journal *journal.Journal // nil until the run has begun
	now     func() time.Time
	trip    Trip
	mu      sync.Mutex // guards the journal, and the run while Note applies an event to it
}

// Trip is where tests let the disk fail: it is asked before and after each write to the journal and each seal, and its
// error is the disk's.
type Trip func(write string, done bool) error

// Ask lets the disk fail where a test wants it to.
func (t Trip) Ask(write string, done bool) error {
	if t == nil {
		return nil
	}
	return t(write, done)
}

// Create makes the folder of a new run and locks it. The run has not begun: a crash from here on leaves a folder
// without a journal, which is no run, until Begin.
func Create(ctx context.Context, home string, q Queue, trip Trip) (*Writer, error) {
	r, err := makeFolder(home, q.Now())
	if err != nil {
		return nil, err
	}
	lock, err := take(ctx, r.Path(lockFile), "run "+r.ID, r.ID, q)
	if err != nil {
		_ = os.RemoveAll(r.Folder)
		return nil, err
	}
	return &Writer{Run: r, lock: lock, now: q.Now, trip: trip}, nil
}

// Begin writes the first event.
func (w *Writer) Begin(e journal.Event, seal *Seal) (err error) {
	if w.journal, err = journal.Create(w.Run.Path(JournalFile)); err != nil {
		return err
	}
	e.What, e.Version, e.Run = journal.Begun, journal.Version, w.Run.ID
	if e.Data, err = json.Marshal(seal); err != nil {
		return err
	}
	return w.Note(e)
}

// Retake takes the folder of a run that has not begun: an earlier process made it, and was cut short. started tells of
// one that has begun.
func Retake(ctx context.Context, home, id string, q Queue, trip Trip) (w *Writer, started bool, err error) {
	folder, err := existing(home, id)
	if err != nil {
		return nil, false, err
	}
	lock, err := take(ctx, filepath.Join(folder, lockFile), "run "+id, id, q)
	if err != nil {
		return nil, false, err
	}
	events, err := journal.Read(filepath.Join(folder, JournalFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err == nil && len(events) == 0: // a torn first line never happened
		err = os.Remove(filepath.Join(folder, JournalFile))
	default:
		lock.Release()
		return nil, err == nil, err
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		lock.Release()
		return nil, false, err
	}
	return &Writer{Run: newRun(id, folder), lock: lock, now: q.Now, trip: trip}, false, nil
}

// Has tells whether the run has begun.
func (w *Writer) Has() bool { return w.journal != nil }

// Discard removes a run that has not begun.
func (w *Writer) Discard() {
	if w.journal == nil {
		_ = os.RemoveAll(w.Run.Folder)
	}
	w.Close()
}

// Take takes up a run where its journal ends. The lock comes first: what is read before it could be another process's
// half.
func Take(ctx context.Context, home, id string, q Queue, trip Trip) (*Writer, error) {
	folder, err := existing(home, id)
	if err != nil {
		return nil, err
	}
	lock, err := take(ctx, filepath.Join(folder, lockFile), "run "+id, id, q)
	if errors.Is(err, fs.ErrNotExist) { // it never began, and was removed while we waited
		return nil, noRun(home, id)
	}
	if err != nil {
		return nil, err
	}
	w := &Writer{lock: lock, now: q.Now, trip: trip}
	var events []journal.Event
	if w.journal, events, err = journal.Open(filepath.Join(folder, JournalFile)); err == nil {
		w.Run, err = fold(id, folder, events)
	}
	empty := errors.Is(err, fs.ErrNotExist) || err == nil && len(events) == 0
	switch {
	case empty && hasBegun(id, folder):
		w.Close()
		return nil, unreadable(id, errNoJournal)
	case empty: // its roster never became complete
		w.Close()
		return nil, noRun(home, id)
	case err != nil:
		w.Close()
		return nil, unreadable(id, err)
	}
	w.sweep()
	return w, nil
}

// sweep removes what a killed process has left of files that were not complete. A folder that cannot be read now is
// swept another time.
func (w *Writer) sweep() {
	_ = spool.Owner("").Sweep(w.Run.Folder)
	_ = spool.Owner(w.Run.ID).Sweep(w.Run.Seal.Place)
}

// existing is the folder of a run.
func existing(home, id string) (string, error) {
	folder := filepath.Join(runsFolder(home), id)
	if id == "" || id == "." || id == ".." || filepath.Base(id) != id {
		return "", noRun(home, id)
	}
	info, err := os.Lstat(folder)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return "", noRun(home, id)
	}
	return folder, err
}

func noRun(home, id string) error {
	return Stopf(ExitUsage, Type("runs"), "no run %q in %s", id, home)
}

// unreadable tells a journal that a newer version wrote from one that was altered.
func unreadable(id string, err error) error {
	var version *journal.VersionError
	var path *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &version):
		return &Stop{
			Code: ExitUsage, Hint: Say("use the version of rosterload that made it, or a newer one"),
			Text: "run " + id, Err: err,
		}
	case errors.As(err, &path):
		return err
	}
	return &Stop{
		Code: ExitUnproved, Hint: Say("restore the run's folder from a copy"),
		Text: "the journal of run " + id + " cannot be believed", Err: err,
	}
}

// Note writes one event, and lets it happen to the run when it is on disk. One that does not fit the run is refused.
func (w *Writer) Note(e journal.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	e.At = w.now().UTC()
	happen, err := w.Run.step(e)
	if err != nil {
		return fmt.Errorf("run %s: %s: %w", w.Run.ID, e.What, err)
	}
	if err := w.trip.Ask("journal: "+e.What, false); err != nil {
		return err
	}
	if err := w.journal.Append(e); err != nil {
		return err
	}
	if err := w.trip.Ask("journal: "+e.What, true); err != nil {
		return err
	}
	happen()
	return nil
}

// NoteBatch writes an event of one batch.
func (w *Writer) NoteBatch(b *Batch, what string, e journal.Event) error {
	e.What, e.Job, e.Batch = what, b.Job.String(), b.Number
	return w.Note(e)
}

// NoteData writes an event that carries a value as JSON.
func (w *Writer) NoteData(e journal.Event, data any) (err error) {
	if e.Data, err = json.Marshal(data); err != nil {
		return err
	}
	return w.Note(e)
}

// NewTable begins a file of the run that holds rows.
func (w *Writer) NewTable(name string, header ...string) (*TableWriter, error) {
	return newTable(w.Run.Path(name), w.trip, header...)
}

// Close releases the run.
func (w *Writer) Close() {
	if w.journal != nil {
		_ = w.journal.Close()
	}
	w.lock.Release()
}
