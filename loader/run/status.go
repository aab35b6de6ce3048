package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"rosterload/loader/results"
	"rosterload/transform"
)

// State says where a run stands, in one word.
type State string

// The states of a run (DESIGN 7, runs --json).
const (
	StatePlanning   State = "planning"   // a process reads and looks
	StateRunning    State = "running"    // a process sends or waits
	StateHeld       State = "held"       // a hold waits for a person
	StatePending    State = "pending"    // all is sent; the org has not carried all of it out
	StateOpen       State = "open"       // rows are unsent; a resume goes on
	StateSuperseded State = "superseded" // by a newer run
	StateStale      State = "stale"      // the plan was no longer true
	StateStopped    State = "stopped"    // by the org
	StateOver       State = "over"
)

// Status is a run in one line, and its batches.
type Status struct {
	Run       string        `json:"run"`
	Target    string        `json:"target"`
	Kind      string        `json:"kind"`
	Roster    string        `json:"roster"`
	Rows      int           `json:"rows"`
	State     State         `json:"state"`
	Note      string        `json:"note,omitempty"` // why it stands so, in words
	Open      bool          `json:"open"`
	Pruned    bool          `json:"pruned,omitempty"` // its rows were dropped; its evidence stays
	Feed      string        `json:"feed,omitempty"`
	Exit      *int          `json:"exit"`          // null before there is one
	PID       int           `json:"pid,omitempty"` // of the process that holds the run
	Host      string        `json:"host,omitempty"`
	Since     string        `json:"since,omitempty"` // when that process took the run
	StartedAt string        `json:"started_at"`
	EndedAt   string        `json:"ended_at,omitempty"`
	Success   int           `json:"success"`
	Failed    int           `json:"failed"`
	Pending   int           `json:"pending"`
	Skipped   int           `json:"skipped"`
	Summary   string        `json:"summary,omitempty"` // the path of the newest summary
	Batches   []BatchStatus `json:"batches,omitempty"`
}

// BatchStatus is a batch in one line.
type BatchStatus struct {
	Name  string `json:"name"`
	Rows  int    `json:"rows"`
	JobID string `json:"job_id,omitempty"`
	State string `json:"state"`
}

// Status says where a run stands now.
func (r *Run) Status() Status {
	s := Status{
		Run: r.ID, Target: r.Target, Kind: r.Kind, Roster: r.Seal.Roster, Feed: r.Seal.Source, Open: !r.Over,
		Pruned:    r.Pruned,
		StartedAt: stamp(r.Begun), EndedAt: stamp(r.Ended),
	}
	if r.Planned != nil {
		s.Rows = r.Planned.Rows
	}
	if r.Last.Number > 0 {
		s.Exit = &r.Last.Exit
	}
	s.PID, s.Host, s.Since = r.holder()
	s.State, s.Note = r.state(s.PID != 0)
	switch summary, err := r.Summary(); {
	case err != nil:
		s.Note = "its summary cannot be believed"
	case summary != nil:
		s.Success, s.Failed, s.Pending, s.Skipped, s.Summary = summary.Success, summary.Failed, summary.Pending,
			summary.Skipped, summary.Files.Summary
	}
	for _, b := range r.Batches {
		s.Batches = append(s.Batches, BatchStatus{b.Name(), b.Rows, b.Receipt, b.state()})
	}
	return s
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// state is the word and what it means for this run.
func (r *Run) state(held bool) (State, string) {
	switch {
	case held && r.Planned == nil:
		return StatePlanning, ""
	case held:
		return StateRunning, ""
	case r.Retry != nil: // what ended the load does not end a retry
		return r.open()
	case r.Superseded:
		return StateSuperseded, "a newer run has sent something to this org"
	case r.Stale:
		return StateStale, "the plan was no longer true"
	case r.Stopped != "":
		return StateStopped, r.Stopped
	case r.Over && r.Pruned:
		return StateOver, "its rows were pruned"
	case r.Over:
		return StateOver, ""
	}
	return r.open()
}

// open is where a run stands that a resume goes on with.
func (r *Run) open() (State, string) {
	switch {
	case r.Planned == nil:
		return StateOpen, "planning was cut short"
	case r.Held():
		return StateHeld, r.OpenHolds()[0].Text
	case !r.SentAnything():
		return StateOpen, "planned, nothing sent"
	case r.Silent && !r.JobBegan(transform.Upserts):
		return StateOpen, "not one removal was carried out; upserts wait"
	case r.Answered():
		return StatePending, ""
	}
	return StateOpen, ""
}

func (b *Batch) state() string {
	switch {
	case b.Done:
		return "answered"
	case b.Dropped:
		return "replaced by a later batch"
	case b.Arrived:
		return "sent"
	case b.Receipt != "":
		return "has a job"
	case b.Submitted:
		return "on its way"
	}
	return "sealed"
}

// holder reads who signed the run's lock, and whether that process still lives on this machine. It takes no lock: a
// look at a run must never be in the way of the run. A process id that was given to another process since shows a run
// as held that is not; nothing is decided by it.
func (r *Run) holder() (pid int, host, since string) {
	text, err := os.ReadFile(r.Path(lockFile))
	if err != nil {
		return 0, "", ""
	}
	if n, err := fmt.Sscanf(string(text), "pid %d on %s", &pid, &host); n < 2 || err != nil {
		return 0, "", ""
	}
	host = strings.TrimSuffix(host, ",")
	if here, _ := os.Hostname(); here != host || !alive(pid) {
		return 0, "", ""
	}
	_, since, _ = strings.Cut(strings.TrimSpace(string(text)), "since ")
	return pid, host, since
}

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil || runtime.GOOS == "windows" { // Windows finds no process that is gone
		return err == nil
	}
	err = p.Signal(syscall.Signal(0))
	return (err == nil || errors.Is(err, os.ErrPermission)) && !isZombie(pid)
}

// isZombie tells of a process that has died and whose parent has not asked for its end; only Linux says so.
func isZombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "Z")
}

// Summary is that of the newest revision, nil when there is none.
func (r *Run) Summary() (*results.Summary, error) {
	data, err := os.ReadFile(r.SummaryPath(r.Last.Number))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &results.Summary{}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, r.altered(fmt.Errorf("%s: %w", r.SummaryPath(r.Last.Number), err))
	}
	if r.Last.Summary == "" {
		return s, nil
	}
	return s, r.Verify(Sealed{File: FileName(r.SummaryPath(r.Last.Number)), SHA256: r.Last.Summary})
}

// Rows are the rows of the newest revision, as it is kept in the run's folder. An altered copy has none, and an error.
func (r *Run) Rows() iter.Seq2[results.Row, error] {
	if r.Last.File == "" { // a delivery that was no roster has no rows
		return func(func(results.Row, error) bool) {}
	}
	if err := r.VerifyKept(); err != nil {
		return func(yield func(results.Row, error) bool) { yield(results.Row{}, err) }
	}
	return results.Read(r.RevisionPath(r.Last.Number))
}

// AbsentRows are those of the users who are in no line, in full mode. Their numbers follow those of Rows.
func (r *Run) AbsentRows() iter.Seq2[results.Row, error] {
	none := func(err error) iter.Seq2[results.Row, error] {
		return func(yield func(results.Row, error) bool) {
			if err != nil {
				yield(results.Row{}, err)
			}
		}
	}
	s, err := r.Summary()
	if err != nil || s == nil || s.AbsentSHA256 == "" {
		return none(err)
	}
	if err := r.Verify(Sealed{File: FileName(r.AbsentPath(r.Last.Number)), SHA256: s.AbsentSHA256}); err != nil {
		return none(err)
	}
	return results.Read(r.AbsentPath(r.Last.Number))
}
