package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/transform"
	"rosterload/validate"
)

// Past is what the runs of a home did to one person.
type Past struct {
	Lines  []PastLine
	Known  bool     // the person is in some row at all
	Pruned int      // runs whose rows are gone
	Unread []string // runs that could not be read, and why
	// Altered are runs whose kept rows are missing or not the ones that were written, and why: none of those rows is
	// told.
	Altered []string
	names   []string // under which the person stands, in any org
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
	s, err := searched(runs, user, !o.ReadOnly, past)
	if err != nil {
		return nil, err
	}
	for _, names := range s.names {
		past.names = slices.AppendSeq(past.names, maps.Keys(names))
	}
	told := make([][]PastLine, len(runs))
	var all errgroup.Group // to count the lines of a roster takes as long as to find its rows
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i, r := range runs {
		if r.Pruned {
			past.Pruned++
		}
		past.Known = past.Known || len(s.rows[r.ID]) > 0
		if o.Target != "" && r.Target != o.Target || r.Begun.Before(o.Since) {
			continue
		}
		all.Go(func() error {
			told[i] = linesOf(r, s.rows[r.ID], o.All)
			return nil
		})
	}
	_ = all.Wait()
	past.Lines = slices.Concat(told...)
	return past, nil
}

// searched looks for the person until all rows that it found are of files that hold. The names in a file that does
// not hold lead to other people, so that one such file begins the search again, without it.
func searched(runs []*run.Run, user string, mayWrite bool, past *Past) (*search, error) {
	bad := map[string]error{}
	for {
		s := newSearch(user)
		s.mayWrite, s.bad, past.Altered = mayWrite, bad, nil
		for again := true; again; { // a name that was found in a late run may stand in an earlier one alone
			var err error
			if again, err = s.through(runs, past); err != nil {
				return nil, err
			}
		}
		if !s.hold() {
			return s, nil
		}
	}
}

// linesOf are the lines that are told of one run.
func linesOf(r *run.Run, rows []results.Row, all bool) (told []PastLine) {
	lines := &lineCounter{run: r}
	for _, row := range rows {
		if all || isChange(row.Result) {
			told = append(told, lineOf(r, row, lines.of(row.Row)))
		}
	}
	return told
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
	found    map[string]kept          // by path: files with a row of the person
	bad      map[string]error         // by run: what does not hold
	mayWrite bool
}

func newSearch(user string) *search {
	asked := map[string]bool{fold(user): true, user: true, validate.UserID(user): true}
	return &search{names: map[string]map[string]bool{"": asked}, rows: map[string][]results.Row{}, done: map[string]int{}, found: map[string]kept{}}
}

// through looks through every run for the names known so far, and tells whether a further name was found.
func (s *search) through(runs []*run.Run, past *Past) (more bool, err error) {
	for _, r := range runs {
		names := len(s.names[""]) + len(s.names[r.Org.ID])
		if r.Last.Number == 0 || r.Pruned || s.done[r.ID] >= names {
			continue
		}
		s.done[r.ID] = names
		found, err := []results.Row(nil), s.bad[r.ID]
		if err == nil {
			found, err = s.in(r)
		}
		if err != nil {
			past.Altered = append(past.Altered, fmt.Sprintf("%s: %v", r.ID, err))
			delete(s.rows, r.ID)
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
	rows, err := s.file(r, kept, r.Last.SHA256)
	if err != nil {
		return nil, err
	}
	absent := r.Path(fmt.Sprintf("absent-%d.csv", r.Last.Number))
	if _, err := os.Stat(absent); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(indexPath(absent)); err == nil {
			return nil, fmt.Errorf("%s is missing", run.FileName(absent))
		}
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
	more, err := s.file(r, absent, f.SHA256)
	return append(rows, more...), err
}

func (s *search) file(r *run.Run, path, sha string) ([]results.Row, error) {
	index, err := openIndex(path, sha, s.mayWrite)
	if err != nil {
		return nil, err
	}
	defer func() { _ = index.Close() }()
	var at []int64
	for _, names := range []map[string]bool{s.names[""], s.names[r.Org.ID]} {
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
	s.found[path] = kept{r.ID, sha}
	slices.Sort(at)
	return s.read(path, slices.Compact(at), r.Org.ID)
}

// kept is a file of rows: of which run, and its digest.
type kept struct{ run, sha string }

// hold holds every file that has a row of the person against its digest, and tells whether one does not hold. Files
// without one are not read at all: a home has many. As many are read at once as the machine has processors.
func (s *search) hold() (altered bool) {
	var all errgroup.Group
	var mu sync.Mutex
	all.SetLimit(runtime.GOMAXPROCS(0))
	for path, k := range s.found {
		all.Go(func() error {
			if err := unaltered(path, k.sha); err != nil {
				mu.Lock()
				defer mu.Unlock()
				s.bad[k.run], altered = err, true
			}
			return nil
		})
	}
	_ = all.Wait()
	return altered
}

// unaltered says what is wrong with a kept file, if anything is.
func unaltered(kept, sha string) error {
	switch is, err := spool.Digest(kept); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is missing", filepath.Base(kept))
	case err != nil:
		return err
	case is != sha:
		return fmt.Errorf("%s was changed since it was written", filepath.Base(kept))
	}
	return nil
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
