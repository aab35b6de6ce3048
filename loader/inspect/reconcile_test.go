package inspect

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/run"
)

// reconciled compares an export of two users with a roster of two sound lines and a bad one.
func reconciled(t *testing.T, org exporting, look *Target) (*Reconciled, string) {
	t.Helper()
	export := file(t, "export.csv", "Username,Licence", "ada@acme.example,Full", "bob@acme.example,Full", "")
	roster := file(t, "in.csv", "Username,Group", "ada@acme.example,Alpha", "carl@acme.example", "bob@acme.example,Alpha", "")
	saw, err := look.Reconcile(context.Background(), export, roster)
	if err != nil {
		t.Fatal(err)
	}
	if len(*org.export) != 3 || *org.requests != 2 {
		t.Errorf("the connector was given %d records and %d requests", len(*org.export), *org.requests)
	}
	return saw, roster
}

func TestAReconciliationKeepsWhatItFindsInTheRostersOrder(t *testing.T) {
	org := exporting{&seen{compared: []connector.Compared{
		{Subject: "dora", State: connector.OnlyExport}, {Subject: "bob", Row: 3, State: connector.Differs}, {Subject: "ada", Row: 1, State: connector.Agrees},
	}}, new([][]string), new(int)}
	look := target(t, org)
	saw, roster := reconciled(t, org, look)
	order := ""
	for _, one := range saw.Compared {
		order += one.Subject + " "
	}
	if order != "ada carl@acme.example bob dora " || saw.Exit != run.ExitFailedRows || saw.Counts[connector.NotComparable] != 1 || saw.Counts[connector.Agrees] != 1 {
		t.Errorf("%s: %+v", order, saw)
	}
	if saw.File != filepath.Join(filepath.Dir(roster), "in.20261123T120000Z.reconcile.csv") {
		t.Errorf("no run is of this roster, and the file is %s", saw.File)
	}
	if text, err := os.ReadFile(saw.File); err != nil || strings.Count(string(text), "\n") != 5 {
		t.Errorf("%v: %s", err, text)
	}
}

func TestAReconciliationWithoutADifferenceIsWellAndBearsTheNameOfTheNewestRun(t *testing.T) {
	org := exporting{&seen{compared: []connector.Compared{{Subject: "ada", Row: 1, State: connector.Agrees}}}, new([][]string), new(int)}
	look := target(t, org)
	sent(t, look.Home, "org1", "in.csv", "1")
	id, _ := sent(t, look.Home, "org1", "in.csv", "1")
	sent(t, look.Home, "org1", "other.csv", "1")
	if saw, _ := reconciled(t, org, look); saw.Exit != run.ExitOK || filepath.Base(saw.File) != "in."+id+".reconcile.csv" {
		t.Errorf("exit %d, %s", saw.Exit, saw.File)
	}
}

func TestAnOrgWithoutAnExportIsNotReconciled(t *testing.T) {
	var stop *run.Stop
	if _, err := target(t, &seen{}).Reconcile(context.Background(), "export.csv", "in.csv"); !errors.As(err, &stop) || stop.Code != run.ExitUsage {
		t.Error(err)
	}
}
