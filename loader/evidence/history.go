package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

// Past is what the runs of a home did to one person.
type Past struct {
	Lines  []PastLine
	Known  bool     // the person is in some row at all
	Pruned int      // runs whose rows are gone
	Unread []string // runs that could not be read, and why
	names  []string // under which the person stands, in any org
}

// PastLine is one line of one run, as its newest revision has it.
type PastLine struct {
	At         string      `json:"at"`
	Run        string      `json:"run"`
	Revision   int         `json:"revision"`
	Verb       string      `json:"verb"`
	Target     string      `json:"target"`
	Action     string      `json:"action"`
	Before     string      `json:"before"`
	Requested  string      `json:"requested"`
	After      string      `json:"after"`
	Result     string      `json:"result"`
	ReasonCode string      `json:"reason_code"`
	Reason     string      `json:"reason"`
	As         string      `json:"as"`
	By         string      `json:"by"`
	Reasons    []run.Given `json:"reasons"`
	Feed       string      `json:"feed"`
	File       string      `json:"file"`
	Row        int         `json:"row"`
	Line       int         `json:"line"` // 0: not known
}

// HistoryOptions narrow what is told.
type HistoryOptions struct {
	Target string
	Since  time.Time
	All    bool // also Unchanged, Skipped and Not attempted rows
	// ReadOnly keeps an index that is missing in memory instead of writing it beside the results.
	ReadOnly bool
}

// History looks through the newest revision of every run of a home for a person: a key in any spelling, or a record id.
// Rows that have the record id, or another key, of a row that was found are the same person's, within one org.
func History(home, user string, o HistoryOptions) (*Past, error) {
	runs, unread, err := run.List(home)
	if err != nil {
		return nil, err
	}
	past := &Past{}
	for _, u := range unread {
		past.Unread = append(past.Unread, u.Error())
	}
	s := newSearch(user)
	s.mayWrite = !o.ReadOnly
	for again := true; again; { // a name that was found in a late run may stand in an earlier one alone
		if again, err = s.through(runs, past); err != nil {
			return nil, err
		}
	}
	for _, names := range s.names {
		past.names = slices.AppendSeq(past.names, maps.Keys(names))
	}
	for _, r := range runs {
		if r.Pruned {
			past.Pruned++
		}
		past.Known = past.Known || len(s.rows[r.ID]) > 0
		if o.Target != "" && r.Target != o.Target || r.Begun.Before(o.Since) {
			continue
		}
		lines := &lineCounter{run: r}
		for _, row := range s.rows[r.ID] {
			if o.All || isChange(row.Result) {
				past.Lines = append(past.Lines, lineOf(r, row, lines.of(row.Row)))
			}
		}
	}
	return past, nil
}

// isChange tells of rows that changed a user, or tried to.
func isChange(word string) bool {
	switch transform.Word(word) {
	case transform.Unchanged, transform.Skipped, transform.NotAttempted:
		return false
	}
	return true
}

func lineOf(r *run.Run, row results.Row, line int) PastLine {
	at := row.SettledAt
	if at == "" {
		at = r.Ended.UTC().Format(time.RFC3339)
	}
	return PastLine{
		At: at, Run: r.ID, Revision: r.Last.Number, Verb: r.Seal.Verb, Target: r.Target, Action: row.Action,
		Before:    row.Before,
		Requested: row.Requested, After: row.After, Result: row.Result, ReasonCode: row.ReasonCode, Reason: row.Reason,
		As: r.Org.As, By: r.Seal.By,
		Reasons: append([]run.Given{}, r.Given...), Feed: r.Seal.Source, File: r.Seal.Roster, Row: row.Row, Line: line,
	}
}

// search knows under which names the person stands, by org; "" are the names that were asked for, in any org.
type search struct {
	names    map[string]map[string]bool
	rows     map[string][]results.Row // by run
	done     map[string]int           // by run: how many names it was searched for
	mayWrite bool
}

func newSearch(user string) *search {
	asked := map[string]bool{fold(user): true, user: true, validate.UserID(user): true}
	return &search{
		names: map[string]map[string]bool{"": asked}, rows: map[string][]results.Row{},
		done: map[string]int{},
	}
}

// through looks through every run for the names known so far, and tells whether a further name was found.
func (s *search) through(runs []*run.Run, past *Past) (more bool, err error) {
	for _, r := range runs {
		names := len(s.names[""]) + len(s.names[r.Org.ID])
		if r.Last.Number == 0 || r.Pruned || s.done[r.ID] == names {
			continue
		}
		s.done[r.ID] = names
		found, err := s.in(r)
		if err != nil {
			past.Unread = append(past.Unread, fmt.Sprintf("%s: %v", r.ID, err))
			s.done[r.ID] = 1 << 30 // it stays unread
			continue
		}
		s.rows[r.ID] = found
		for _, row := range found {
			more = s.learn(r, row) || more
		}
	}
	return more, nil
}

// learn takes in the names of a row that was found.
func (s *search) learn(r *run.Run, row results.Row) (more bool) {
	if r.Org.ID == "" {
		return false
	}
	known := s.names[r.Org.ID]
	if known == nil {
		known = map[string]bool{}
		s.names[r.Org.ID] = known
	}
	for _, name := range []string{fold(row.Key), row.RecordID} {
		if name != "" && !known[name] && !s.names[""][name] {
			known[name] = true
			more = true
		}
	}
	return more
}

// in finds the person's rows in the results of one run, and among its absent ones.
func (s *search) in(r *run.Run) ([]results.Row, error) {
	if r.Last.SHA256 == "" { // a delivery that was no roster
		return nil, nil
	}
	kept := r.RevisionPath(r.Last.Number)
	rows, err := s.file(kept, r.Last.SHA256, r.Org.ID)
	if err != nil {
		return nil, err
	}
	absent := r.Path(fmt.Sprintf("absent-%d.csv", r.Last.Number))
	if _, err := os.Stat(absent); errors.Is(err, fs.ErrNotExist) {
		return rows, nil
	}
	m, _, _, err := ReadManifest(r.ManifestPath(r.Last.Number))
	if err != nil {
		return nil, err
	}
	f := m.File(run.FileName(absent))
	if f == nil {
		return rows, nil
	}
	more, err := s.file(absent, f.SHA256, r.Org.ID)
	return append(rows, more...), err
}

func (s *search) file(kept, sha, org string) ([]results.Row, error) {
	index, err := openIndex(kept, sha, s.mayWrite)
	if err != nil {
		return nil, err
	}
	defer func() { _ = index.Close() }()
	var at []int64
	for _, names := range []map[string]bool{s.names[""], s.names[org]} {
		for name := range names {
			found, err := places(index, len(sha), name)
			if err != nil {
				return nil, err
			}
			at = append(at, found...)
		}
	}
	if len(at) == 0 {
		return nil, nil
	}
	slices.Sort(at)
	return s.read(kept, slices.Compact(at), org)
}

// read takes the records at these places that are the person's: an index holds hashes only.
func (s *search) read(kept string, places []int64, org string) ([]results.Row, error) {
	f, err := os.Open(kept)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	heading, err := newRecords(f).next()
	if err != nil {
		return nil, err
	}
	heading = bytes.Clone(heading)
	var mine []results.Row
	for _, at := range places {
		record, err := newRecords(io.NewSectionReader(f, at, 1<<40)).next()
		if err != nil {
			return nil, err
		}
		for row, err := range results.ReadFrom(io.MultiReader(bytes.NewReader(heading), bytes.NewReader(record))) {
			if err != nil {
				return nil, err
			}
			if s.is(org, fold(row.Key)) || s.is(org, row.RecordID) {
				mine = append(mine, row)
			}
		}
	}
	return mine, nil
}

func (s *search) is(org, name string) bool {
	return name != "" && (s.names[""][name] || s.names[org][name])
}
