package all_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader"
	"rosterload/loader/inspect"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

const trustRoster = "Username,licenses,role\na@acme.example,core;dialer,admin\nb@acme.example,core;flow_unlimited,\nc@acme.example,core;sms;dialer,\n"

// trusted is a night whose rows no interface shows, and an export that shows what the first two lines ask for.
func trusted(t *testing.T, field bool) (n *grooveNight, export string) {
	t.Helper()
	n = newGroove(t, grooveUser("a", "true", "core", "yes")+grooveUser("b", "true", "", "")+grooveUser("c", "true", "", ""), 9, field, nil)
	export = filepath.Join(n.folder, "export.csv")
	text := "Email,Core License,Flow License,Dialer License,SMS License,Role\na@mail.example,Yes,No,Yes,No,Admin\nb@mail.example,Yes,Yes,No,No,\nc@mail.example,Yes,No,Yes,No,\n"
	if err := os.WriteFile(export, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return n, export
}

func (n *grooveNight) reconcile(t *testing.T, export string, trip run.Trip) (*inspect.Reconciled, error) {
	t.Helper()
	o := n.options(t)
	o.Trip = trip
	return loader.Reconcile(context.Background(), o, export, filepath.Join(n.folder, "roster.csv"))
}

func words(t *testing.T, s *results.Summary) (all []string) {
	t.Helper()
	for row, err := range results.Read(s.Files.Results) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.TrimSpace(row.Result+" "+row.ReasonCode+" "+row.NextStep))
	}
	return all
}

func TestAnExportSettlesWhatRestsOnTrustAndOnWork(t *testing.T) {
	for field, code := range map[bool]string{true: "GROOVE_UNVERIFIED", false: "GROOVE_WORK_ORDER"} {
		n, export := trusted(t, field)
		first := n.load(t, trustRoster)
		work := len(attachment(t, first, "workorder"))
		saw, err := n.reconcile(t, export, nil)
		if err != nil || saw.Summary == nil || saw.Run != first.Run {
			t.Fatalf("%v, %+v", err, saw)
		}
		is := words(t, saw.Summary)
		want := []string{"Updated", "Created", "Pending " + code + " ask-admin"}
		if diff := cmp.Diff(want, is); diff != "" || saw.Exit != run.ExitPending || saw.Summary.Revision != 2 {
			t.Errorf("exit %d, revision %d: %s", saw.Exit, saw.Summary.Revision, diff)
		}
		left := attachment(t, saw.Summary, "workorder")
		if field && len(left) != 0 || !field && (len(left) != 1 || !strings.Contains(left[0], "sms") || work != 5) {
			t.Errorf("of %d lines are left %q", work, left)
		}
		next := n.load(t, trustRoster)
		if diff := cmp.Diff([]string{"Unchanged", "Unchanged"}, words(t, next)[:2]); diff != "" || len(attachment(t, next, "workorder")) != len(left) {
			t.Error(diff, attachment(t, next, "workorder"))
		}
		if checked, err := loader.Check(context.Background(), n.options(t), filepath.Join(n.folder, "roster.csv")); err != nil || checked.Exit != 0 {
			t.Errorf("%+v, %v", checked, err)
		}
	}
}

// The disk fails at every write of a reconcile, once. A second one comes to the same end, whatever the first has left.
func TestEveryWriteOfAReconcileMayFailOnce(t *testing.T) {
	errFull := errors.New("no space left on device")
	for fail, failed := 1, true; failed; fail++ {
		n, export := trusted(t, true)
		first, writes := n.load(t, trustRoster), 0
		_, err := n.reconcile(t, export, func(string, bool) error {
			if writes++; writes == fail {
				return errFull
			}
			return nil
		})
		if failed = errors.Is(err, errFull); !failed && (err != nil || writes < 8) {
			t.Fatalf("%v behind %d writes", err, writes)
		}
		if s, err := loader.Results(context.Background(), n.options(t), first.Run); err != nil || s.Results["Pending"] > first.Results["Pending"] {
			t.Errorf("write %d: the run cannot be shown any more: %v", fail, err)
		}
		saw, err := n.reconcile(t, export, nil)
		if err != nil {
			t.Fatalf("write %d: %v", fail, err)
		}
		if is := words(t, saw.Summary); !slices.Equal(is, []string{"Updated", "Created", "Pending GROOVE_UNVERIFIED ask-admin"}) || saw.Exit != run.ExitPending {
			t.Errorf("write %d: exit %d, %q", fail, saw.Exit, is)
		}
		if is := words(t, n.load(t, trustRoster)); !slices.Equal(is, []string{"Unchanged", "Unchanged", "Pending GROOVE_UNVERIFIED wait"}) {
			t.Errorf("write %d: tomorrow %q", fail, is)
		}
	}
}

// A kill between the results of a reconcile and their publishing leaves its run open, and it may be the older of two: the same command goes
// on with it.
func TestAReconcileThatWasKilledIsTypedAgain(t *testing.T) {
	for kill := 1; kill <= 2; kill++ {
		n, export := trusted(t, true)
		runs, published := []*results.Summary{n.load(t, trustRoster), n.load(t, trustRoster)}, 0
		_, err := n.reconcile(t, export, func(write string, done bool) error {
			if write == "journal: published" && !done {
				if published++; published == kill {
					return errors.New("the plug is pulled")
				}
			}
			return nil
		})
		if err == nil {
			t.Fatalf("kill %d: nothing was published", kill)
		}
		saw, err := n.reconcile(t, export, nil)
		if err != nil || saw.Summary == nil || saw.Run != runs[1].Run || saw.Open != "" {
			t.Fatalf("kill %d: %v, %+v", kill, err, saw)
		}
		for _, s := range runs {
			if r, err := run.Open(n.options(t).Home, s.Run); err != nil || !r.Over {
				t.Errorf("kill %d: run %s is not over: %v", kill, s.Run, err)
			}
			if is := words(t, s); is[1] != "Created" && is[1] != "Unchanged" {
				t.Errorf("kill %d: the results of run %s say %q", kill, s.Run, is)
			}
		}
	}
}

func TestAnExportOfAnOpenRunSettlesNothing(t *testing.T) {
	n, export := trusted(t, true)
	path := filepath.Join(n.folder, "roster.csv")
	if err := os.WriteFile(path, []byte(trustRoster), 0o600); err != nil {
		t.Fatal(err)
	}
	o := n.options(t)
	o.Trip = func(write string, done bool) error {
		if write == "journal: ended" && done {
			return errors.New("the plug is pulled")
		}
		return nil
	}
	_, _ = loader.Load(context.Background(), o, path)
	saw, err := n.reconcile(t, export, nil)
	if err != nil || saw.Open == "" || saw.Summary != nil || saw.Exit != run.ExitFailedRows {
		t.Errorf("%v, %+v", err, saw)
	}
}
