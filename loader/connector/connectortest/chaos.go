package connectortest

import (
	"context"
	"fmt"
	"io/fs"
	"log"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rosterload/loader"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// Liar is a proxy that spoils chosen answers of an org.
type Liar struct {
	Troubles []string // the names of all that it can do
	// Before puts one before an org. It spoils the calls in at, numbers from 1; struck tells which it has spoiled so
	// far.
	Before func(org http.Handler, at map[int]string) (spoiled http.Handler, struck func() []string)
}

// Ordeal is what one process of a story meets.
type Ordeal struct {
	Lies    map[int]string // by call of this process
	Forever string         // the trouble of every call from From on
	From    int
	Stop    int  // the call at which a signal comes
	Disk    int  // the write that fails
	Full    bool // all later writes fail as well
}

// Story is what the processes of one run meet, one after the other. Those behind its end meet nothing.
type Story []Ordeal

// mostRetry is retry_for of the rigs' targets, and mostOver what a process may take beyond it. Among many nights side
// by side a process that takes hang has stopped.
const (
	mostRetry = 2 * time.Second
	mostOver  = 10 * time.Second
	hang      = 2 * time.Minute
	mostLies  = 400 // calls that a trouble without end spoils
)

func (o Ordeal) String() string {
	var all []string
	for _, at := range strikesOf(o.Lies) {
		all = append(all, fmt.Sprintf("%s at call %d", o.Lies[at], at))
	}
	if o.Forever != "" {
		all = append(all, fmt.Sprintf("%s from call %d on", o.Forever, o.From))
	}
	if o.Stop > 0 {
		all = append(all, fmt.Sprintf("a signal at call %d", o.Stop))
	}
	if o.Disk > 0 {
		all = append(all, fmt.Sprintf("write %d fails, later ones %v", o.Disk, o.Full))
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, " and ")
}

func (s Story) String() string {
	var all []string
	for _, o := range s {
		all = append(all, o.String())
	}
	return strings.Join(all, ", then ")
}

// scene stands before the org and lets each process meet its ordeal.
type scene struct {
	org    http.Handler
	mu     sync.Mutex
	now    http.Handler
	calls  int
	stopAt int
	stop   func()
	struck func() []string
	told   []string
}

func (s *scene) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.calls++
	if s.calls == s.stopAt {
		s.stop()
	}
	now := s.now
	s.mu.Unlock()
	now.ServeHTTP(w, r)
}

func (s *scene) begin(l Liar, o Ordeal, stop func()) {
	at := map[int]string{}
	for call, name := range o.Lies {
		at[call] = name
	}
	for i := range mostLies {
		if o.Forever != "" {
			at[o.From+i] = o.Forever
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.struck != nil {
		s.told = append(s.told, s.struck()...)
	}
	s.now, s.struck = l.Before(s.org, at)
	s.calls, s.stopAt, s.stop = 0, o.Stop, stop
}

// ghost is an undisturbed night, and how many writes to the disk it takes.
type ghost struct {
	calm
	writes int
}

// chaos is one night with a story.
type chaos struct {
	*night
	*scene
	liar Liar
	most time.Duration // what a process may take
}

func newChaos(t *testing.T, rig Rig, l Liar) *chaos {
	s := &scene{now: http.NotFoundHandler()}
	n := newNight(t, rig, 0, func(org http.Handler) http.Handler {
		s.org = org
		return s
	})
	n.server.Config.ErrorLog = log.New(panics{t}, "", 0)
	return &chaos{n, s, l, hang}
}

// panics fails a test whose org panics: an answer that never came would hide it.
type panics struct{ t *testing.T }

func (p panics) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "panic serving") {
		p.t.Errorf("the pretend org: %s", line)
	}
	return len(line), nil
}

func undisturbedGhost(t *testing.T, rig Rig, l Liar) (g ghost) {
	t.Helper()
	c := newChaos(t, rig, l)
	var mu sync.Mutex
	s, err := c.process(t, Ordeal{}, func(string, bool) error {
		mu.Lock()
		defer mu.Unlock()
		g.writes++
		return nil
	})
	if err != nil || !s.Final {
		t.Fatalf("the night does not end by itself: %v", err)
	}
	g.calm = calm{
		calls: c.scene.calls, words: s.Results, attachments: attachments(t, s),
		rows: letters(t, s.Files.Results),
	}
	return g
}

// letters are all cells of the results but times, attempts, job ids and the run's id, by which nights may differ.
func letters(t *testing.T, path string) (rows []results.Row) {
	t.Helper()
	for r, err := range results.Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		r.SettledAt, r.Attempts, r.JobID, r.RunID = "", 0, "", ""
		rows = append(rows, r)
	}
	return rows
}

var errSignal = signalled{}

// signalled is the end by a signal, as cmd spells it.
type signalled struct{}

func (signalled) Error() string { return "stopped by signal" }
func (signalled) ExitCode() int { return 143 }

// process is one process of a run: it loads, or goes on with what the home holds.
func (c *chaos) process(t *testing.T, o Ordeal, trip run.Trip) (s *results.Summary, err error) {
	t.Helper()
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	c.begin(c.liar, o, func() { stop(errSignal) })
	options := c.options(t)
	options.RetryFor, options.Trip = mostRetry, trip
	runs, unread, bad := run.List(c.home)
	if bad != nil || len(unread) > 0 {
		t.Fatal(bad, unread)
	}
	began := time.Now()
	switch {
	case len(runs) == 0:
		s, err = loader.Load(ctx, options, c.roster())
	case runs[len(runs)-1].Over:
		s, err = loader.Results(ctx, options, runs[len(runs)-1].ID)
	default:
		s, err = loader.Carry(ctx, options, runs[len(runs)-1].ID)
	}
	if took := time.Since(began); took > c.most {
		t.Errorf("the process took %s (%s)", took, o)
	}
	c.checkEnd(t, s, err)
	if code := loader.ExitCode(err); o.Forever != "" && err != nil && code != run.ExitUnavailable &&
		code != run.ExitDenied {
		t.Errorf("exit %d under a lie without end: %v", code, err)
	}
	return s, err
}

// checkEnd: no process ends as if it had a bug, and each line is in its results exactly once.
func (c *chaos) checkEnd(t *testing.T, s *results.Summary, err error) {
	t.Helper()
	if code := loader.ExitCode(err); code == run.ExitBug {
		t.Errorf("exit 1: %v", err)
	}
	if s == nil || s.Files.Results == "" {
		return
	}
	if s.Exit == run.ExitBug {
		t.Errorf("the summary says exit 1: %v", err)
	}
	if loader.OfDisk(err) {
		return
	}
	for i, r := range letters(t, s.Files.Results) {
		if r.Row != i+1 || i >= len(c.rig.Want) {
			t.Errorf("row %d stands at place %d of %d", r.Row, i+1, len(c.rig.Want))
		}
	}
}

// live lets the processes of a story happen, and goes on until the run is over.
func (c *chaos) live(t *testing.T, story Story) (s *results.Summary) {
	t.Helper()
	var err error
	for i := range len(story) + 5 {
		var o Ordeal
		if i < len(story) {
			o = story[i]
		}
		if s, err = c.process(t, o, diskOf(o)); s != nil && s.Final && err == nil {
			return s
		}
	}
	t.Fatalf("the run does not come to its end: %v", err)
	return nil
}

// diskOf fails one write, or all from it on.
func diskOf(o Ordeal) run.Trip {
	if o.Disk == 0 {
		return nil
	}
	var mu sync.Mutex
	writes := 0
	return func(string, bool) error {
		mu.Lock()
		defer mu.Unlock()
		if writes++; writes == o.Disk || o.Full && writes > o.Disk {
			return &fs.PathError{Op: "write", Path: "journal", Err: syscall.ENOSPC}
		}
		return nil
	}
}

// Chaos holds a connector to its promises under trouble of every kind. many is how many stories are tried, 0: all of
// them.
func Chaos(t *testing.T, rig Rig, l Liar, many int) {
	if why := rig.complaint(); why != "" {
		t.Fatal(why)
	}
	g := undisturbedGhost(t, rig, l)
	for _, story := range chosen(g.stories(l.Troubles), many) {
		t.Run(story.String(), func(t *testing.T) {
			t.Parallel()
			c := newChaos(t, rig, l)
			g.compare(t, c.night, c.live(t, story))
			if t.Failed() {
				c.begin(l, Ordeal{}, nil)
				t.Logf("it was %q", c.told)
			}
		})
	}
}

// Endless lets one trouble not stop, from a call in the middle on, and holds the process to its time: it ends with 9 or
// 3, and the run is resumed when the trouble is over.
func Endless(t *testing.T, rig Rig, l Liar, trouble string) {
	g := undisturbedGhost(t, rig, l)
	c := newChaos(t, rig, l)
	c.most = mostRetry + mostOver
	g.compare(t, c.night, c.live(t, Story{{Forever: trouble, From: g.calls / 2}}))
}
