// Package journal keeps what happened to a run: one event a line, on disk before the next thing is done.
//
// Anybody may Read a journal at any time. One process at a time may Open it for writing: the one that holds the run's
// lock.
package journal

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Journal is open for appending. It has no lock of its own: its caller holds the run's, and appends one event at a
// time.
type Journal struct {
	file *os.File
	sums chain
	err  error
}

// Create begins a journal that must not be there yet.
func Create(path string) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		_ = f.Close()
		return nil, err
	}
	return &Journal{file: f}, nil
}

// Open reads what happened and goes on behind it. The caller holds the run's lock before it calls: Open cuts off a
// torn last line, and a torn line may be one that another process is just writing. A crash between the cut and the
// next event leaves a journal that is whole.
func Open(path string) (*Journal, []Event, error) {
	events, sums, end, err := read(path)
	if err != nil {
		return nil, nil, err
	}
	if err := cut(path, end); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, err
	}
	return &Journal{file: f, sums: sums}, events, nil
}

// cut drops what stands behind the last whole line. It opens the file by itself: Windows does not cut a file that is
// open for appending.
func cut(path string, end int64) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() == end {
		return err
	}
	return os.Truncate(path, end)
}

// Append writes one event and returns when it is on disk. After an error the last line may be torn, so nothing more
// is written behind it: the next Open cuts it off.
func (j *Journal) Append(e Event) error {
	if j.err != nil {
		return j.err
	}
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if _, err = j.file.Write(append(j.sums.sign(line), '\n')); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		j.err = fmt.Errorf("journal: %w", err)
	}
	return j.err
}

// Close lets go of the file; every event is on disk already.
func (j *Journal) Close() error { return j.file.Close() }

// syncFolder makes a new name in a folder last. Windows has no such call and needs none.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return d.Sync()
}
