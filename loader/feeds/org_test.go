package feeds

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rosterload/loader"
	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/transform/engage"
	"rosterload/validate"
)

// pretend is an org as small as one can be: it carries out each request as it comes, and counts.
type pretend struct {
	mu      sync.Mutex
	id      string
	users   map[string]*transform.Standing // by username
	applied map[string]int                 // by username
	removed []string
	down    error  // what every call answers
	before  func() // called before the first batch is taken
	looked  func() // called at each look at users
	busy    error  // what a sending is answered with, before anything of it is done
}

var pretendWords = engage.Words{RequestSent: "sent", Retry: "retry", NoLicenses: "none", InvalidGroup: "invalid", RequestFailed: "failed", Success: "success"}

var pretendConnector = connector.Connector{Name: "pretend", RetryCodes: engage.RetryCodes(), Spelling: validate.Spelling{
	Users: []validate.UserColumn{
		{By: "Username", Headings: []string{"Username"}, Key: validate.FoldKey}, {By: "EmployeeNumber", Headings: []string{"EmployeeNumber"}, Key: validate.TextKey},
	},
	Values: []string{"Group"}, Nothing: []string{"#N/A"}, Blank: validate.Remove,
}}

func newPretend(users int, group string) *pretend {
	o := &pretend{id: "org1", users: map[string]*transform.Standing{}, applied: map[string]int{}}
	for n := range users {
		s := &transform.Standing{ID: fmt.Sprintf("id%04d", n), Active: true}
		if group != "" {
			s.Group, s.Request, s.Status = group, group, "success"
		}
		o.users[userName(n)] = s
	}
	return o
}

func userName(n int) string { return fmt.Sprintf("u%d@acme.example", n) }

func (o *pretend) Limits() transform.Limits {
	return transform.Limits{Bytes: 1 << 20, Rows: 1000, AtOnce: 1, Headings: [2]string{"Id", "Request"}, Nothing: "#N/A"}
}

func (o *pretend) Org(context.Context) (connector.Org, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return connector.Org{ID: o.id, Name: "Pretend", As: "loader"}, o.down
}

func (o *pretend) Ready(context.Context, iter.Seq[transform.User], func(connector.Finding) error) error {
	return nil
}

func (o *pretend) Look(_ context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) (transform.Policy, error) {
	for u := range users {
		if o.looked != nil {
			o.looked()
		}
		for name, s := range o.users {
			key := map[string]string{"Username": name, "Id": s.ID, "EmployeeNumber": "E" + s.ID}[u.By]
			if !strings.EqualFold(key, u.Key) {
				continue
			}
			o.mu.Lock()
			seen := *s
			o.mu.Unlock()
			seen.User = u
			if err := found(seen); err != nil {
				return nil, err
			}
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	holders := 0
	for _, s := range o.users {
		if s.Group != "" {
			holders++
		}
	}
	return engage.Policy(engage.Options{Words: pretendWords, Holders: holders}), nil
}

func (o *pretend) Submit(_ context.Context, b transform.Batch, _ func(connector.Receipt) error, each func(...connector.Outcome) error) error {
	if o.busy != nil {
		return o.busy
	}
	if o.before != nil {
		o.before()
	}
	for c, err := range b.Changes() {
		if err != nil {
			return err
		}
		o.apply(c)
		if err := each(connector.Outcome{User: c.User, State: connector.Accepted}); err != nil {
			return err
		}
	}
	return nil
}

func (o *pretend) apply(c transform.SealedChange) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for name, s := range o.users {
		if s.ID == c.User {
			s.Request, s.Group, s.Status = c.Value, c.Value, "success"
			o.applied[name]++
			if c.Value == "" {
				o.removed = append(o.removed, name)
			}
		}
	}
}

// drop is a folder, a home, an org and a clock.
type drop struct {
	t      *testing.T
	folder string
	home   string
	org    *pretend
	now    time.Time
	watch  *Watch
	told   []string
	ended  []*results.Summary
	opens  error
	mu     sync.Mutex
}

// newDrop makes feeds of a piece of yaml, one in the folder that FOLDER stands for.
func newDrop(t *testing.T, yaml string) *drop {
	t.Helper()
	base := t.TempDir()
	d := &drop{t: t, folder: filepath.Join(base, "hr"), home: filepath.Join(base, "home"), org: newPretend(20, ""), now: time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)}
	if err := os.MkdirAll(d.folder, 0o755); err != nil {
		t.Fatal(err)
	}
	d.watch = d.watching(yaml)
	return d
}

func (d *drop) watching(yaml string) *Watch {
	d.t.Helper()
	all, err := readYAML(d.t, strings.ReplaceAll(yaml, "FOLDER", d.folder))
	if err != nil {
		d.t.Fatal(err)
	}
	return &Watch{
		Home: d.home, Feeds: all,
		Options: func(f *Feed) (loader.Options, error) {
			return loader.Options{
				Connector: pretendConnector, Name: f.Target, Flags: run.Flags{MaxRemovals: "100%", Wait: time.Minute}, By: "test",
				Queue: 100_000 * time.Hour, // a pause moves the clock and takes no time: another feed's run must end before this
				Open:  func(context.Context, map[string]string) (connector.Target, error) { return d.org, nil },
			}, d.opens
		},
		Now: func() time.Time { d.mu.Lock(); defer d.mu.Unlock(); d.now = d.now.Add(time.Millisecond); return d.now },
		Sleep: func(ctx context.Context, by time.Duration) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.now = d.now.Add(by)
			return context.Cause(ctx)
		},
		Tell: func(_ *Feed, text string) { d.mu.Lock(); defer d.mu.Unlock(); d.told = append(d.told, text) },
		Ended: func(_ *Feed, s *results.Summary, _ error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.ended = append(d.ended, s)
		},
	}
}

func readYAML(t *testing.T, feeds string) ([]*Feed, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rosterload.yaml")
	if err := os.WriteFile(path, []byte("targets:\n  prod: {kind: pretend}\n  other: {kind: pretend}\nfeeds:\n"+feeds), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	return Read(c)
}

const plain = "  hr: {target: prod, folder: FOLDER, settle: 10s}\n"

func (d *drop) write(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.folder, name), []byte(text), 0o640); err != nil {
		d.t.Fatal(err)
	}
}

func (d *drop) once() int {
	d.t.Helper()
	return d.watch.Once(context.Background())
}

// in lists the files of a state by the name that the sender gave them.
func (d *drop) in(s State) string {
	d.t.Helper()
	entries, err := os.ReadDir(filepath.Join(d.folder, string(s)))
	if err != nil && !os.IsNotExist(err) {
		d.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		name := e.Name()
		if _, given, ok := splitClaimed(name); ok {
			name = given
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

// at fails the test unless the folders hold these files.
func (d *drop) at(want map[State]string) {
	d.t.Helper()
	for _, s := range append([]State{Incoming}, states...) {
		if got := d.in(s); got != want[s] {
			d.t.Errorf("%s holds %q, wanted %q", s, got, want[s])
		}
	}
}

// latest is the newest answer for a name.
func (d *drop) latest(name string) *results.Summary {
	d.t.Helper()
	return readSummary(d.t, filepath.Join(d.folder, "answers", name+".latest.summary.json"))
}

// roster asks for a group for users from first to last.
func roster(first, last int, group string) string {
	var b strings.Builder
	b.WriteString("Username,Group\n")
	for n := first; n <= last; n++ {
		fmt.Fprintf(&b, "%s,%s\n", userName(n), group)
	}
	return b.String()
}
