package run

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/connector"
)

func TestWhatAnExportHasShownComesBack(t *testing.T) {
	home := t.TempDir()
	w := writer(t, home, planned)
	want := []connector.Seen{
		{Row: 1, User: "005a", Asked: true, Value: "core;dialer", Shown: true, Worked: map[string]string{"role": "Admin", "teams": "A, B"}},
		{Row: 3, User: "005b", Asked: true, Why: `shows "No", blank`, Worked: map[string]string{}},
	}
	for range 2 {
		if err := w.KeepSeen(want, "admin@host"); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	r, err := Open(home, w.Run.ID)
	if err != nil || len(r.Reconciled) != 2 || r.Reconciled[1].At.IsZero() || r.Reconciled[1].By != "admin@host" || r.Reconciled[0].File == r.Reconciled[1].File {
		t.Fatalf("%v, %+v", err, r.Reconciled)
	}
	var is []connector.Seen
	for s, err := range r.SeenOf(r.Reconciled[1]) {
		if err != nil {
			t.Fatal(err)
		}
		is = append(is, s)
	}
	if diff := cmp.Diff(want, is); diff != "" {
		t.Error(diff)
	}
	if err := os.WriteFile(r.Path(r.Reconciled[0].File), []byte("row\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, err := range r.SeenOf(r.Reconciled[0]) {
		if exitCode(err) != ExitUnproved {
			t.Errorf("an altered table: %v", err)
		}
	}
}

func TestARunThatIsNotPlannedHasNothingToBeShown(t *testing.T) {
	w := writer(t, t.TempDir())
	defer w.Close()
	if err := w.KeepSeen(nil, ""); err == nil || len(w.Run.Reconciled) != 0 {
		t.Error("it was kept")
	}
}
