package connectortest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"rosterload/loader"
	"rosterload/loader/run"
)

// The states in which a run's folder is altered, and how it comes to them.
var states = []struct {
	name  string
	reach func(t *testing.T, c *chaos, g ghost, random *rand.Rand)
}{
	{"planned", func(t *testing.T, c *chaos, _ ghost, _ *rand.Rand) {
		c.begin(c.liar, Ordeal{}, nil)
		if _, err := loader.Plan(context.Background(), c.options(t), c.roster()); err != nil {
			t.Fatal(err)
		}
	}},
	{"killed", func(t *testing.T, c *chaos, g ghost, random *rand.Rand) {
		o := Ordeal{Disk: 2 + random.IntN(g.writes-2), Full: true}
		_, _ = c.process(t, o, diskOf(o)) // what it leaves is what counts
	}},
	{"stopped", func(t *testing.T, c *chaos, g ghost, random *rand.Rand) {
		_, _ = c.process(t, Ordeal{Stop: 1 + g.calls/2 + random.IntN(g.calls/2)}, nil) // as above
	}},
	{"over", func(t *testing.T, c *chaos, _ ghost, _ *rand.Rand) { c.live(t, nil) }},
}

// Altered changes bytes of files in the folders of runs: what they say is refused, or what they do not decide changes
// nothing. seeds is how many times each state is tried.
func Altered(t *testing.T, rig Rig, l Liar, seeds int) {
	g := undisturbedGhost(t, rig, l)
	for _, s := range states {
		for seed := range seeds {
			t.Run(fmt.Sprintf("a run that is %s, seed %d", s.name, seed), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(uint64(seed), 9))
				c := newChaos(t, rig, l)
				s.reach(t, c, g, random)
				what := c.alter(t, random)
				c.believeNothing(t, g)
				if t.Failed() {
					t.Log(what)
				}
			})
		}
	}
}

// alter spoils one file of the run and says how.
func (c *chaos) alter(t *testing.T, random *rand.Rand) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(c.home, "runs", "*", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files to alter: %v", err)
	}
	path := files[random.IntN(len(files))]
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(path)
	how := random.IntN(4)
	if len(data) == 0 || how == 0 {
		return fmt.Sprintf("%s is deleted: %v", name, os.Remove(path))
	}
	at := random.IntN(len(data))
	if how == 1 {
		return fmt.Sprintf("%s is cut at byte %d of %d: %v", name, at, len(data), os.Truncate(path, int64(at)))
	}
	was := data[at]
	data[at] ^= byte(1 << random.IntN(8))
	line := data[max(0, at-40):min(len(data), at+40)]
	return fmt.Sprintf("%s: byte %d becomes %q, was %q, in %q: %v", name, at, data[at], was, line,
		os.WriteFile(path, data, 0o600))
}

// believeNothing shows the run, and lets each verb have it.
func (c *chaos) believeNothing(t *testing.T, g ghost) {
	t.Helper()
	defer func() {
		for _, promise := range c.watch.broken() {
			t.Errorf("a broken promise: %s", promise)
		}
	}()
	runs, unread, err := run.List(c.home)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range unread {
		refused(t, "runs", u.Err)
	}
	if len(runs) != 1 {
		return
	}
	id := runs[0].ID
	c.shown(t, runs[0])
	c.begin(c.liar, Ordeal{}, nil)
	s, err := loader.Results(context.Background(), c.options(t), id)
	if refused(t, "results", err) {
		return
	}
	for tries := 0; s == nil || !s.Final; tries++ {
		if tries > 5 {
			t.Fatalf("the run does not come to its end: %v", err)
		}
		if s, err = loader.Carry(context.Background(), c.options(t), id); refused(t, "resume", err) {
			return
		}
	}
	g.compare(t, c.night, s)
	if len(c.rig.Connector.RetryCodes) == 0 {
		return
	}
	if s, err = loader.Retry(context.Background(), c.options(t), id); !refused(t, "retry", err) {
		c.checkLines(t, s, c.rig.Retried)
	}
}

// shown reads what runs and show read.
func (c *chaos) shown(t *testing.T, r *run.Run) {
	t.Helper()
	r.Status()
	_, err := r.Summary()
	refused(t, "show", err)
	for _, err := range r.Rows() {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			refused(t, "show", err)
			return
		}
	}
}

// refused tells of a verb that believes nothing. There is no other end than 10, 2 for a version that is not known, and
// 4, 6, 8 and their like for a run whose end is that of an undisturbed one.
func refused(t *testing.T, verb string, err error) bool {
	t.Helper()
	switch code := loader.ExitCode(err); code {
	case run.ExitUnproved:
		return true
	case run.ExitUsage:
		var version interface{ ExitCode() int }
		if !errors.As(err, &version) {
			t.Errorf("%s: exit 2 is for a version that is not known: %v", verb, err)
		}
		return true
	case run.ExitBug:
		t.Errorf("%s: exit 1: %v", verb, err)
		return true
	}
	return false
}
