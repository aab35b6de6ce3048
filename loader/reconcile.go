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
	"rosterload/validate"
)

// Reconciled is what an export of the product and a roster say of each other.
type Reconciled struct {
	Compared []connector.Compared `json:"compared"`
	Counts   map[string]int       `json:"counts"` // by state
	File     string               `json:"file"`
	Exit     int                  `json:"exit"`
}

// Reconcile holds an export of the product against a roster and writes what it finds beside the roster. It changes nothing in any org.
func Reconcile(ctx context.Context, o Options, export, roster string) (*Reconciled, error) {
	o.fill()
	w := &work{Options: o}
	reconciler, ok := o.Target.(connector.Reconciler)
	if !ok {
		return nil, stop(ExitUsage, "", "a target of kind %s has no export to be reconciled with", o.Kind.Name)
	}
	records, err := w.readExport(export)
	if err != nil {
		return nil, err
	}
	seal, err := describe(o, "reconcile", roster)
	if err != nil {
		return nil, err
	}
	if w.roster, err = w.openFile(roster, o.Flags); err != nil {
		return nil, err
	}
	defer func() { _ = w.roster.Close() }()
	if _, err := o.Target.Org(ctx); err != nil {
		return nil, err
	}
	compared, err := w.compare(ctx, reconciler, records)
	if err != nil {
		return nil, err
	}
	return w.keepReconciled(compared, seal, roster)
}

// compare lets the kind compare the lines that ask for something, and says of the others why they cannot be. In the roster's order.
func (w *work) compare(ctx context.Context, reconciler connector.Reconciler, export [][]string) ([]connector.Compared, error) {
	screening, err := w.roster.Screen(func(int) {})
	if err != nil {
		return nil, err
	}
	var failed error
	var faulty []connector.Compared
	compared, err := reconciler.Reconcile(ctx, export, func(yield func(validate.Request) bool) {
		faulty = nil // the lines may be gone through more than once
		for line, err := range w.roster.Lines() {
			if err != nil {
				failed = err
				return
			}
			r, fault := w.roster.Check(line)
			if fault == nil {
				fault = screening.Fault(line.Row)
			}
			if fault != nil {
				faulty = append(faulty, connector.Compared{Subject: w.subject(line), Row: line.Row, State: connector.NotComparable, Note: fault.Reason})
			} else if !yield(r) {
				return
			}
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	compared = append(compared, faulty...)
	slices.SortStableFunc(compared, func(a, b connector.Compared) int { return cmp.Compare(rank(a), rank(b)) })
	return compared, nil
}

// openExport opens an export as any other CSV that a spreadsheet may have had in its hands, by the first of the kind's user columns that it has.
func (w *work) openExport(path string) (*validate.Roster, error) {
	var bad *validate.RosterError
	for _, u := range w.Kind.Spelling.Users {
		opened, err := validate.Open(path, validate.Spelling{Users: []validate.UserColumn{u}, ValueOptional: true}, validate.Options{})
		switch {
		case err == nil:
			return opened, nil
		case errors.Is(err, validate.ErrEmpty):
			return nil, stop(ExitUsage, "export it again", "the export %s is empty", path)
		case !errors.As(err, &bad):
			return nil, stop(ExitUsage, "", "cannot read the export: %v", err)
		}
	}
	return nil, stop(ExitUsage, "export it again with that column", "the export names nobody: it has no column %s", w.userColumns())
}

func (w *work) userColumns() string {
	var names []string
	for _, u := range w.Kind.Spelling.Users {
		names = append(names, u.Headings...)
	}
	return strings.Join(names, ", ")
}

// readExport is an export's header and rows. A row that is cut up wrongly could be anybody's: the file is refused.
func (w *work) readExport(path string) ([][]string, error) {
	export, err := w.openExport(path)
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
			return nil, stop(ExitUsage, "export it again, or mend that line", "the export %s, %s", path, line.Fault.Reason)
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
func (w *work) keepReconciled(compared []connector.Compared, seal *Seal, roster string) (*Reconciled, error) {
	id := w.Now().UTC().Format("20060102T150405Z")
	if runs, _, err := Runs(w.Home); err == nil {
		for _, r := range runs {
			if r.Target == w.Name && r.Seal.Roster == seal.Roster {
				id = r.ID
			}
		}
	}
	stem := strings.TrimSuffix(filepath.Base(roster), filepath.Ext(roster))
	c := &Reconciled{Compared: compared, Counts: map[string]int{}, File: filepath.Join(seal.Place, stem+"."+id+".reconcile.csv")}
	for _, one := range compared {
		if c.Counts[one.State]++; one.State != connector.Agrees && one.State != connector.NotComparable {
			c.Exit = ExitFailedRows
		}
	}
	data, err := gocsv.MarshalBytes(compared)
	if err != nil {
		return nil, err
	}
	return c, writeWhole(c.File, os.FileMode(seal.Mode), data)
}
