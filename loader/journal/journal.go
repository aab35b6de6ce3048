// Package journal keeps what happened to a run: one event a line, on disk before the next thing is done.
package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"
)

// Version is the newest spelling of journals that this program reads. It stands in the first event.
const Version = 2

// What may happen to a run.
const (
	Begun      = "begun"      // the roster's copy is complete
	Planned    = "planned"    // every line is answered or sealed in a batch
	Sealed     = "sealed"     // a further batch, of rows that stood in earlier ones
	Submitting = "submitting" // a batch is about to be sent
	Receipt    = "receipt"    // the org gave an id for it; no data went yet
	Sent       = "sent"       // the data arrived
	Missed     = "missed"     // the data never arrived and never will
	Unsent     = "unsent"     // the org refused the batch before anything of it arrived
	Outcomes   = "outcomes"   // what the org said of each row is on disk
	Dropped    = "dropped"    // a batch that will never be sent
	Ended      = "ended"      // every batch of a job has its outcomes
	Settled    = "settled"    // the org has carried out every row of a job
	Silent     = "silent"     // the org settled nothing at all, and the run stopped once for it
	Stopped    = "stopped"    // the org gave a job up as a whole
	Superseded = "superseded" // a newer run has sent something
	Stale      = "stale"      // the plan was no longer true
	Aborted    = "aborted"    // a job of an older run, which had not begun in the org, was aborted by this run
	Retrying   = "retrying"   // a retry of failed rows was sealed
	Results    = "results"    // a revision of the results was written
)

// Event is one line. Most fields are empty in most events.
type Event struct {
	At       time.Time       `json:"at"`
	What     string          `json:"event"`
	Version  int             `json:"version,omitempty"`
	Run      string          `json:"run,omitempty"`
	Target   string          `json:"target,omitempty"`
	Kind     string          `json:"kind,omitempty"`
	OrgID    string          `json:"org_id,omitempty"`
	Job      string          `json:"job,omitempty"`
	Batch    int             `json:"batch,omitempty"`
	File     string          `json:"file,omitempty"`
	SHA256   string          `json:"sha256,omitempty"`
	Size     int64           `json:"size,omitempty"`
	Rows     int             `json:"rows,omitempty"`
	Receipt  string          `json:"receipt,omitempty"`
	Code     string          `json:"code,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Note     string          `json:"note,omitempty"`
	Revision int             `json:"revision,omitempty"`
	Exit     int             `json:"exit,omitempty"`
	Final    bool            `json:"final,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
}

// Journal is open for writing by the one process that holds the org's lock.
type Journal struct {
	mu   sync.Mutex
	file *os.File
	err  error
}

// Create begins a journal that must not be there yet.
func Create(path string) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return &Journal{file: f}, nil
}

// Open reads what happened and goes on behind it. A torn last line is cut off: it never happened.
func Open(path string) (*Journal, []Event, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, err
	}
	events, end, err := read(path)
	if err == nil {
		err = f.Truncate(end)
	}
	if err == nil {
		_, err = f.Seek(end, 0)
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return &Journal{file: f}, events, nil
}

// Read is for those who only look.
func Read(path string) ([]Event, error) {
	events, _, err := read(path)
	return events, err
}

func read(path string) (events []Event, end int64, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	for line := 1; ; line++ {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			return events, end, nil
		}
		var e Event
		if err := json.Unmarshal(data[:i], &e); err != nil {
			return nil, 0, fmt.Errorf("%s: line %d is no event: %w", path, line, err)
		}
		if e.Version > Version {
			return nil, 0, &VersionError{Version: e.Version}
		}
		events = append(events, e)
		end += int64(i + 1)
		data = data[i+1:]
	}
}

// Append writes one event and returns when it is on disk. After an error nobody knows what the last line is, so nothing more is written.
func (j *Journal) Append(e Event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	if _, j.err = j.file.Write(append(line, '\n')); j.err == nil {
		j.err = j.file.Sync()
	}
	if j.err != nil {
		j.err = fmt.Errorf("journal: %w", j.err)
	}
	return j.err
}

// Close lets go of the file; every event is on disk already.
func (j *Journal) Close() error { return j.file.Close() }

// VersionError says that a newer version of this program has written the journal.
type VersionError struct{ Version int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("journal version %d, this one reads up to %d", e.Version, Version)
}
