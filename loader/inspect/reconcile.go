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
}

// Reconcile compares an export of the product with a roster and writes what it finds beside the roster. It changes nothing in any org.
func (t *Target) Reconcile(ctx context.Context, export, path string) (*Reconciled, error) {
	reconciler, ok := t.Target.(connector.Reconciler)
	if !ok {
		return nil, run.Stopf(run.ExitUsage, run.Hint{}, "a target of kind %s has no export to be reconciled with", t.Connector.Name)
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
	if _, err := t.Org(ctx); err != nil {
		return nil, err
	}
	compared, err := compare(ctx, reconciler, roster, records)
	if err != nil {
		return nil, err
	}
	return t.keep(compared, seal, path)
}

// compare lets the connector compare the lines that ask for something, and says of the others why they cannot be. In the roster's order.
func compare(ctx context.Context, reconciler connector.Reconciler, roster *validate.Roster, export [][]string) ([]connector.Compared, error) {
	screening, err := roster.Screen(func(int) {})
	if err != nil {
		return nil, err
	}
	requests := plan.NewRequests(roster, screening)
	compared, err := reconciler.Reconcile(ctx, export, requests.All())
	if err = errors.Join(err, requests.Err()); err != nil {
		return nil, err
	}
	for line, err := range plan.Lines(roster, screening) {
		if err != nil {
			return nil, err
		}
		if line.Fault != nil {
			compared = append(compared, connector.Compared{Subject: subject(roster, line.Line), Row: line.Row, State: connector.NotComparable, Note: line.Fault.Reason})
		}
	}
	slices.SortStableFunc(compared, func(a, b connector.Compared) int { return cmp.Compare(rank(a), rank(b)) })
	return compared, nil
}

// rank puts what is in the roster first, in its order.
func rank(c connector.Compared) int {
	if c.Row == 0 {
		return math.MaxInt
	}
	return c.Row
}

// keep writes the file, under the name of the newest run of this target, and counts.
func (t *Target) keep(compared []connector.Compared, seal *run.Seal, roster string) (*Reconciled, error) {
	id := t.Now().UTC().Format("20060102T150405Z")
	if runs, _, err := run.List(t.Home); err == nil {
		for _, r := range runs {
			if r.Target == t.Name && r.Seal.Roster == seal.Roster {
				id = r.ID
			}
		}
	}
	stem := strings.TrimSuffix(filepath.Base(roster), filepath.Ext(roster))
	c := &Reconciled{Compared: compared, Counts: map[string]int{}, File: filepath.Join(seal.Place, stem+"."+id+".reconcile.csv")}
	for _, one := range compared {
		if c.Counts[one.State]++; one.State != connector.Agrees && one.State != connector.NotComparable {
			c.Exit = run.ExitFailedRows
		}
	}
	data, err := gocsv.MarshalBytes(compared)
	if err != nil {
		return nil, err
	}
	return c, spool.WriteFile(c.File, os.FileMode(seal.Mode), data)
}
