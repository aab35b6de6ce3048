package inspect

import (
	"cmp"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gocarina/gocsv"

	"rosterload/loader/connector"
	"rosterload/loader/plan"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/validate"
)

// Reconciled is what an export of the product and a roster say of each other.
type Reconciled struct {
	Compared []connector.Compared `json:"compared"`
	Counts   map[string]int       `json:"counts"` // by state
	File     string               `json:"file"`
	Exit     int                  `json:"exit"`
	// Run is the newest run of this roster's very bytes that is over; empty: there is none. Open is a newer one that
	// is not over. Earlier are older runs of these bytes that have left rows Pending, or whose last results a crash
	// kept from being published.
	Run  string `json:"run,omitempty"`
	Open string `json:"open,omitempty"`

	Earlier []string `json:"earlier,omitempty"`
	// Summary is of that run, with the rows that the export has settled; nil where the export says nothing of them.
	Summary *results.Summary `json:"summary,omitempty"`
	Seen    []connector.Seen `json:"-"` // what the export shows of each line, in the roster's order
}

// Reconcile compares an export of the product with a roster and writes what it finds beside the roster. It changes
// nothing in any org.
func (t *Target) Reconcile(ctx context.Context, export, path string) (*Reconciled, error) {
	reconciler, ok := t.Target.(connector.Reconciler)
	if !ok {
		return nil, run.Stopf(run.ExitUsage, run.Hint{}, "a target of kind %s has no export to be reconciled with",
			t.Connector.Name)
	}
	records, err := validate.ReadExport(export, t.Connector.Spelling)
	if err != nil {
		return nil, err
	}
	seal, err := run.Describe(t.Flags, "reconcile", path)
	if err != nil {
		return nil, err
	}
	roster, err := t.Roster(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = roster.Close() }()
	org, err := t.Org(ctx)
	if err != nil {
		return nil, err
	}
	c := &Reconciled{Counts: map[string]int{}}
	if err := c.compare(ctx, reconciler, roster, records); err != nil {
		return nil, err
	}
	t.findRuns(c, org.ID, path)
	return c, t.keep(c, seal, path)
}

// findRuns names the runs of the roster's very bytes. Rows of one that is not over may still change, unless it is
// open for want of publishing alone, as a crash of this verb leaves it: the same command publishes what was settled.
func (t *Target) findRuns(c *Reconciled, org, path string) {
	sha, err := spool.Digest(path)
	if err != nil {
		return
	}
	runs, _, err := run.List(t.Home)
	if err != nil {
		return
	}
	for _, r := range runs {
		switch {
		case r.Org.ID != org || r.Seal.SHA256 != sha || r.Seal.Verb == "plan" || r.Planned == nil || r.Pruned || r.Last.Number == 0:
		case r.Over || r.Unpublished():
			if c.Run != "" {
				c.Earlier = append(c.Earlier, c.Run)
			}
			c.Run, c.Open = r.ID, ""
		case r.SentAnything():
			c.Open = r.ID
		}
	}
	c.Earlier = slices.DeleteFunc(c.Earlier, func(id string) bool { return !leftPending(runs, id) })
}

// leftPending tells whether the newest results of a run have rows that are Pending, or have not reached their reader.
func leftPending(runs []*run.Run, id string) bool {
	i := slices.IndexFunc(runs, func(r *run.Run) bool { return r.ID == id })
	if runs[i].Unpublished() {
		return true
	}
	s, err := runs[i].Summary()
	return err == nil && s != nil && s.Pending > 0
}

// compare lets the connector compare the lines that ask for something, and says of the others why they cannot be. In
// the roster's order.
func (c *Reconciled) compare(
	ctx context.Context, reconciler connector.Reconciler, roster *validate.Roster, export [][]string,
) error {
	screening, err := roster.Screen(func(int) {})
	if err != nil {
		return err
	}
	requests := plan.NewRequests(roster, screening)
	compared, seen, err := reconciler.Reconcile(ctx, export, requests.All())
	if err = errors.Join(err, requests.Err()); err != nil {
		return err
	}
	for line, err := range plan.Lines(roster, screening) {
		if err != nil {
			return err
		}
		if line.Fault != nil {
			compared = append(compared, connector.Compared{
				Subject: subject(roster, line.Line), Row: line.Row,
				State: connector.NotComparable, Note: line.Fault.Reason,
			})
		}
	}
	slices.SortStableFunc(compared, func(a, b connector.Compared) int { return cmp.Compare(rank(a), rank(b)) })
	c.Compared, c.Seen = compared, seen
	return nil
}

// rank puts what is in the roster first, in its order.
func rank(c connector.Compared) int {
	if c.Row == 0 {
		return math.MaxInt
	}
	return c.Row
}

// keep writes the file, under the name of the newest run of this target, and counts.
func (t *Target) keep(c *Reconciled, seal *run.Seal, roster string) error {
	id := t.Now().UTC().Format("20060102T150405Z")
	if runs, _, err := run.List(t.Home); err == nil {
		for _, r := range runs {
			if r.Target == t.Name && r.Seal.Roster == seal.Roster {
				id = r.ID
			}
		}
	}
	stem := strings.TrimSuffix(filepath.Base(roster), filepath.Ext(roster))
	c.File = filepath.Join(seal.Place, stem+"."+id+".reconcile.csv")
	for _, one := range c.Compared {
		if c.Counts[one.State]++; one.State != connector.Agrees && one.State != connector.NotComparable {
			c.Exit = run.ExitFailedRows
		}
	}
	data, err := gocsv.MarshalBytes(c.Compared)
	if err != nil {
		return err
	}
	return spool.WriteFile(c.File, os.FileMode(seal.Mode), data)
}
