package loader

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"

	"github.com/gocarina/gocsv"

	"rosterload/loader/target"
	"rosterload/validate"
)

// Reconciled is what an export of the product and a roster say of each other.
type Reconciled struct {
	Compared []target.Compared `json:"compared"`
	Counts   map[string]int    `json:"counts"` // by state
	File     string            `json:"file"`
	Exit     int               `json:"exit"`
}

// Reconcile holds an export of the product against a roster and writes what it finds beside the roster. It changes nothing in any org.
func Reconcile(ctx context.Context, o Options, export, roster string) (*Reconciled, error) {
	o.fill()
	w := &work{Options: o}
	reconciler, ok := o.Target.(target.Reconciler)
	if !ok {
		return nil, stop(ExitUsage, "", "a target of kind %s has no export to be reconciled with", o.Kind.Name)
	}
	records, err := readExport(export)
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
	screening, err := w.roster.Screen(func(int) {})
	if err != nil {
		return nil, err
	}
	var failed error
	compared, err := reconciler.Reconcile(ctx, records, func(yield func(validate.Request) bool) {
		for line, err := range w.roster.Lines() {
			if err != nil {
				failed = err
				return
			}
			r, fault := w.roster.Check(line)
			if fault == nil && screening.Fault(line.Row) == nil && !yield(r) {
				return
			}
		}
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	return w.keepReconciled(compared, seal, roster)
}

func readExport(path string) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, stop(ExitUsage, "", "cannot read the export: %v", err)
	}
	defer func() { _ = f.Close() }()
	in := csv.NewReader(f)
	in.FieldsPerRecord = -1
	records, err := in.ReadAll()
	if err != nil {
		return nil, stop(ExitUsage, "save it as CSV again", "the export is no CSV: %v", err)
	}
	return records, nil
}

// keepReconciled writes the file, under the name of the newest run of this target, and counts.
func (w *work) keepReconciled(compared []target.Compared, seal *Seal, roster string) (*Reconciled, error) {
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
		if c.Counts[one.State]++; one.State != target.Agrees && one.State != target.NotComparable {
			c.Exit = ExitFailedRows
		}
	}
	data, err := gocsv.MarshalBytes(compared)
	if err != nil {
		return nil, err
	}
	return c, writeWhole(c.File, os.FileMode(seal.Mode), data)
}
