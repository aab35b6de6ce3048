package loader

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

func reconcile(ctx context.Context, o Options, export, roster string) (*Reconciled, error) {
	o.fill()
	s := &session{Options: o}
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	reconciler, ok := s.target.(connector.Reconciler)
	if !ok {
		return nil, run.Stopf(run.ExitUsage, run.Hint{}, "a target of kind %s has no export to be reconciled with", o.Connector.Name)
	}
	records, err := validate.ReadExport(export, s.Connector.Spelling)
	if err != nil {
		return nil, err
	}
	seal, err := run.Describe(o.Flags, "reconcile", roster)
	if err != nil {
		return nil, err
	}
	if s.roster, err = s.openRoster(roster); err != nil {
		return nil, err
	}
	defer func() { _ = s.roster.Close() }()
	if _, err := s.target.Org(ctx); err != nil {
		return nil, err
	}
	compared, err := s.compare(ctx, reconciler, records)
	if err != nil {
		return nil, err
	}
	return s.keepReconciled(compared, seal, roster)
}

// compare lets the connector compare the lines that ask for something, and says of the others why they cannot be. In the roster's order.
func (s *session) compare(ctx context.Context, reconciler connector.Reconciler, export [][]string) ([]connector.Compared, error) {
	screening, err := s.roster.Screen(func(int) {})
	if err != nil {
		return nil, err
	}
	requests := plan.NewRequests(s.roster, screening)
	compared, err := reconciler.Reconcile(ctx, export, requests.All())
	if err = errors.Join(err, requests.Err()); err != nil {
		return nil, err
	}
	for line, err := range plan.Lines(s.roster, screening) {
		if err != nil {
			return nil, err
		}
		if line.Fault != nil {
			compared = append(compared, connector.Compared{Subject: s.subject(line.Line), Row: line.Row, State: connector.NotComparable, Note: line.Fault.Reason})
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

// keepReconciled writes the file, under the name of the newest run of this target, and counts.
func (s *session) keepReconciled(compared []connector.Compared, seal *run.Seal, roster string) (*Reconciled, error) {
	id := s.Now().UTC().Format("20060102T150405Z")
	if runs, _, err := run.List(s.Home); err == nil {
		for _, r := range runs {
			if r.Target == s.Name && r.Seal.Roster == seal.Roster {
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
