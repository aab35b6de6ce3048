package loader

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/transform"
)

// Run is one roster's way through everything: a fold over the events of its journal. Nothing of it is kept anywhere else.
type Run struct {
	ID      string
	Folder  string
	Target  string
	Kind    string
	Begun   time.Time
	Ended   time.Time
	Verb    string // "load" or "plan": a run made by plan must be named to be resumed
	Seal    Seal
	Org     connector.Org
	Planned *Planned // nil: killed while planning
	Batches []*Shipment
	JobDone map[transform.Job]JobTimes
	Silent  bool // stopped once because the org settled nothing at all
	Last    Revision
	Over    bool
	Stopped string // why a whole job was given up: its reason
	Again   *Again // a retry under way
	Retries int    // begun so far
	Super   bool   // superseded by a newer run
	Stale   bool   // refused as a whole: somebody had moved
}

// Seal is what a run was given, in its first event.
type Seal struct {
	Flags   Flags  `json:"flags"`
	Roster  string `json:"roster"` // the file's name
	Place   string `json:"place"`  // the folder of the results files
	Mode    uint32 `json:"mode"`   // of the results files
	SHA256  string `json:"sha256"`
	Pretend bool   `json:"pretend,omitempty"`
	Verb    string `json:"verb"`
	By      string `json:"by,omitempty"`
	Version string `json:"version,omitempty"`
}

// Planned is what planning found, in its event: numbers and names, never rows.
type Planned struct {
	Rows        int           `json:"rows"`
	Blanks      int           `json:"removals_by_blank"`
	NAs         int           `json:"removals_by_na"`
	BlankLines  int           `json:"blank_lines"`
	Windows1252 int           `json:"windows_1252_lines"`
	Removals    int           `json:"removals"`
	Upserts     int           `json:"upserts"`
	Holders     int           `json:"holders"`
	RetryFirst  int           `json:"removals_by_retry"`        // removals that only a retry can do
	Extra       int           `json:"extra_removals,omitempty"` // of people who are in no line
	Encoding    string        `json:"encoding"`
	Delimiter   string        `json:"delimiter"`
	Suffix      string        `json:"suffix,omitempty"` // added to each username it would find them
	Warnings    []string      `json:"warnings,omitempty"`
	Names       []string      `json:"removal_names,omitempty"` // the first 20
	Moves       []Move        `json:"moves,omitempty"`         // the ten largest
	Guard       string        `json:"guard,omitempty"`         // why the removal guard tripped
	Org         connector.Org `json:"org"`
	As          string        `json:"as"`
	Files       []Sealed      `json:"files"`   // faults, verdicts, standings
	Batches     []Parcel      `json:"batches"` // all at once: a run killed before this event has sealed nothing
}

// Parcel is a sealed batch as the journal names it.
type Parcel struct {
	Job    transform.Job `json:"job"`
	Number int           `json:"number"`
	File   string        `json:"file"`
	Rows   int           `json:"rows"`
	Size   int64         `json:"size"`
	SHA256 string        `json:"sha256"`
}

// Move counts people who go from one group to another.
type Move struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Count int    `json:"count"`
}

// Sealed is a file of the run and the digest taken when it was sealed.
type Sealed struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// Shipment is a batch and how far it has come.
type Shipment struct {
	transform.Batch
	Began     time.Time
	Ended     time.Time
	Submitted bool // Submit was called
	Receipt   string
	Arrived   bool // Submit came back without an error
	Done      bool // its outcomes are on disk
	Dropped   bool // replaced by a later batch before it was sent
	Outcomes  Sealed
}

// Further is what an event says of a batch that was sealed after the plan.
type Further struct {
	Replaces int    `json:"replaces,omitempty"` // the batch that is over by it
	Outcomes Sealed `json:"outcomes,omitzero"`  // of the replaced batch
	Sent     bool   `json:"sent,omitempty"`     // its rows may have been sent before
}

// JobTimes is the auditor's proof of order.
type JobTimes struct {
	Began, Ended, Settled time.Time
}

// Revision is the last results that were written.
type Revision struct {
	Number int
	Exit   int
	Final  bool
	SHA256 string
	Path   string
	After  Sealed // what was last seen of everybody touched
}

// newRunIn makes the folder of a new run. Its name sorts behind those of all earlier runs of the home, also of the same second: which of two runs
// is the newer one decides what may be sent.
func newRunIn(home string, now time.Time) (*Run, error) {
	if err := os.MkdirAll(runsFolder(home), 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(runsFolder(home))
	if err != nil {
		return nil, err
	}
	for tries := 0; ; tries++ {
		id := newRunID(entries, now)
		folder := filepath.Join(runsFolder(home), id)
		if err := os.Mkdir(folder, 0o700); err == nil {
			return newRun(id, folder), nil
		} else if !errors.Is(err, fs.ErrExist) || tries > 100 {
			return nil, err
		}
		now = now.Add(time.Second) // another process has just taken it
	}
}

// newRunID is the time and four hexadecimal digits, drawn by chance behind those of the same second.
func newRunID(entries []fs.DirEntry, now time.Time) string {
	for ; ; now = now.Add(time.Second) {
		stamp, least := now.UTC().Format("20060102T150405Z-"), 0
		for _, e := range entries {
			if digits, same := strings.CutPrefix(e.Name(), stamp); same {
				n, _ := strconv.ParseInt(digits, 16, 32)
				least = max(least, int(n)+1)
			}
		}
		if room := 0x8000 - least/2; least <= 0xffff {
			return fmt.Sprintf("%s%04x", stamp, min(least+rand.IntN(max(room/16, 1)), 0xffff))
		}
	}
}

func runsFolder(home string) string { return filepath.Join(home, "runs") }

func (r *Run) path(name string) string { return filepath.Join(r.Folder, name) }

// The files of a run, beside removals-0001.csv and its like.
const (
	rosterFile   = "roster.csv"
	faultsFile   = "faults.csv"
	verdictsFile = "verdicts.csv"
	beforeFile   = "standing-before.csv"
	afterFile    = "standing-after.csv"
	extraFile    = "standing-extra.csv" // of people who are in no line
	journalFile  = "journal.jsonl"
)

// Open reads what is known of a run, without its lock.
func Open(home, id string) (*Run, error) {
	folder := filepath.Join(runsFolder(home), id)
	events, err := journal.Read(filepath.Join(folder, journalFile))
	if errors.Is(err, fs.ErrNotExist) || id == "" || filepath.Base(id) != id {
		return nil, stop(ExitUsage, "rosterload runs", "no run %q in %s", id, home)
	}
	if err != nil {
		return nil, err
	}
	return fold(id, folder, events)
}

// Runs are all runs of a home, oldest first. What is no run, or cannot be read, is passed over with its reason.
func Runs(home string) (runs []*Run, passed []error, err error) {
	entries, err := os.ReadDir(runsFolder(home))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		r, err := Open(home, e.Name())
		if err != nil {
			if _, gone := os.Stat(filepath.Join(runsFolder(home), e.Name(), journalFile)); gone == nil {
				passed = append(passed, fmt.Errorf("%s: %w", e.Name(), err))
			}
			continue // a folder without a journal is a run whose roster never became complete: it has not begun
		}
		runs = append(runs, r)
	}
	slices.SortStableFunc(runs, func(a, b *Run) int { return strings.Compare(a.ID, b.ID) })
	return runs, passed, nil
}

func newRun(id, folder string) *Run {
	return &Run{ID: id, Folder: folder, JobDone: map[transform.Job]JobTimes{}}
}

// fold makes a run of its events.
func fold(id, folder string, events []journal.Event) (*Run, error) {
	r := newRun(id, folder)
	for i, e := range events {
		if err := r.take(e); err != nil {
			return nil, fmt.Errorf("journal of %s: event %d: %w", id, i+1, err)
		}
	}
	return r, nil
}

// take lets one event happen to the run.
func (r *Run) take(e journal.Event) error {
	switch e.What {
	case journal.Begun:
		r.Target, r.Kind, r.Begun = e.Target, e.Kind, e.At
		if err := json.Unmarshal(e.Data, &r.Seal); err != nil {
			return err
		}
		r.Verb = r.Seal.Verb
	case journal.Planned:
		r.Planned = &Planned{}
		if err := json.Unmarshal(e.Data, r.Planned); err != nil {
			return err
		}
		r.Org = r.Planned.Org
		r.Org.As = r.Planned.As
		for _, p := range r.Planned.Batches {
			r.addBatch(p, false)
		}
	case journal.Sealed:
		return r.addFurther(e)
	case journal.Submitting, journal.Receipt, journal.Sent, journal.Missed, journal.Outcomes, journal.Dropped:
		return r.takeBatch(e)
	case journal.Retrying:
		return r.takeRetry(e)
	case journal.Ended, journal.Settled:
		r.takeJob(e)
	default:
		r.takeEnd(e)
	}
	return nil
}

func (r *Run) addBatch(p Parcel, again bool) {
	r.Batches = append(r.Batches, &Shipment{Batch: transform.Batch{
		Job: p.Job, Number: p.Number, Path: r.path(p.File), Rows: p.Rows, Size: p.Size, SHA256: p.SHA256, Again: again,
	}})
}

// addFurther adds a batch whose rows stood in earlier ones. One event seals it and ends the batch that it replaces: a crash can leave
// both or neither, never the same rows in two batches that wait to be sent.
func (r *Run) addFurther(e journal.Event) error {
	var further Further
	if err := json.Unmarshal(e.Data, &further); err != nil {
		return err
	}
	if old := r.batch(transform.Job(e.Job), further.Replaces); old != nil {
		old.Dropped = !old.Submitted
		old.Done = old.Submitted
		old.Ended = e.At
		old.Outcomes = further.Outcomes
	}
	r.addBatch(Parcel{transform.Job(e.Job), e.Batch, e.File, e.Rows, e.Size, e.SHA256}, further.Sent)
	return nil
}

func (r *Run) takeBatch(e journal.Event) error {
	s := r.batch(transform.Job(e.Job), e.Batch)
	if s == nil {
		return fmt.Errorf("%s speaks of %s-%04d, which was never sealed", e.What, e.Job, e.Batch)
	}
	switch e.What {
	case journal.Submitting:
		s.Submitted, s.Began = true, e.At
		times := r.JobDone[s.Job]
		if times.Began.IsZero() {
			times.Began = e.At
			r.JobDone[s.Job] = times
		}
	case journal.Receipt:
		s.Receipt = e.Receipt
	case journal.Sent:
		s.Arrived = true
	case journal.Missed:
		s.Submitted, s.Receipt, s.Arrived = false, "", false
	case journal.Outcomes:
		s.Done, s.Ended, s.Outcomes = true, e.At, Sealed{File: e.File, SHA256: e.SHA256}
	case journal.Dropped:
		s.Dropped = true
	}
	return nil
}

func (r *Run) takeRetry(e journal.Event) error {
	r.Again = &Again{}
	if err := json.Unmarshal(e.Data, r.Again); err != nil {
		return err
	}
	r.Retries, r.Over = r.Again.Number, false
	for _, p := range r.Again.Batches {
		r.addBatch(p, false)
	}
	return nil
}

func (r *Run) takeJob(e journal.Event) {
	times := r.JobDone[transform.Job(e.Job)]
	if e.What == journal.Ended {
		times.Ended = e.At
	} else {
		times.Settled = e.At
	}
	r.JobDone[transform.Job(e.Job)] = times
}

func (r *Run) takeEnd(e journal.Event) {
	switch e.What {
	case journal.Silent:
		r.Silent = true
	case journal.Superseded:
		r.Super = true
	case journal.Stale:
		r.Stale = true
	case journal.Stopped:
		r.Stopped = e.Reason
	case journal.Results:
		r.Last = Revision{Number: e.Revision, Exit: e.Exit, Final: e.Final, SHA256: e.SHA256, Path: e.File}
		if len(e.Data) > 0 {
			_ = json.Unmarshal(e.Data, &r.Last.After) // one that cannot be read is none: a resume looks anew
		}
		if r.Over, r.Ended = e.Final, e.At; r.Over {
			r.Again = nil
		}
	}
}

// isPlanned tells whether a batch was sealed by the plan, so that no row of it stands in another.
func (r *Run) isPlanned(s *Shipment) bool {
	return slices.ContainsFunc(r.Planned.Batches, func(p Parcel) bool { return p.Job == s.Job && p.Number == s.Number })
}

// lastNumber is the highest batch number of a job.
func (r *Run) lastNumber(job transform.Job) int {
	last := 0
	for _, s := range r.Batches {
		if s.Job == job {
			last = max(last, s.Number)
		}
	}
	return last
}

func (r *Run) batch(job transform.Job, number int) *Shipment {
	for _, s := range r.Batches {
		if s.Job == job && s.Number == number {
			return s
		}
	}
	return nil
}

// SentAnything tells whether any call that writes has been made for the run.
func (r *Run) SentAnything() bool {
	return slices.ContainsFunc(r.Batches, func(s *Shipment) bool { return s.Submitted || s.Done })
}

// Open tells whether there is something left for a resume.
func (r *Run) Open() bool { return !r.Over }
