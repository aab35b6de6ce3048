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
	records, err := s.readExport(export)
	if err != nil {
		return nil, err
	}
	seal, err := describe(o, "reconcile", roster)
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

// openExport opens an export as any other CSV that a spreadsheet may have had in its hands, by the first of the kind's user columns that it has.
func (s *session) openExport(path string) (*validate.Roster, error) {
	var bad *validate.RosterError
	for _, u := range s.Connector.Spelling.Users {
		opened, err := validate.Open(path, validate.Spelling{Users: []validate.UserColumn{u}, ValueOptional: true}, validate.Options{})
		switch {
		case err == nil:
			return opened, nil
		case errors.Is(err, validate.ErrEmpty):
			return nil, run.Stopf(run.ExitUsage, run.Say("export it again"), "the export %s is empty", path)
		case !errors.As(err, &bad):
			return nil, run.Stopf(run.ExitUsage, run.Hint{}, "cannot read the export: %v", err)
		}
	}
	return nil, run.Stopf(run.ExitUsage, run.Say("export it again with that column"), "the export names nobody: it has no column %s", s.userColumns())
}

func (s *session) userColumns() string {
	var names []string
	for _, u := range s.Connector.Spelling.Users {
		names = append(names, u.Headings...)
	}
	return strings.Join(names, ", ")
}

// readExport is an export's header and rows. A row that is cut up wrongly could be anybody's: the file is refused.
func (s *session) readExport(path string) ([][]string, error) {
	export, err := s.openExport(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = export.Close() }()
	records := [][]string{export.Header}
	for line, err := range export.Lines() {
		if err != nil {
			return nil, err
		}
		if line.Fault != nil {
			return nil, run.Stopf(run.ExitUsage, run.Say("export it again, or mend that line"), "the export %s, %s", path, line.Fault.Reason)
		}
		record := make([]string, len(line.Cells))
		for i, cell := range line.Cells {
			record[i] = string(cell)
		}
		records = append(records, record)
	}
	return records, nil
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
