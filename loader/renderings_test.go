package loader

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"rosterload/loader/evidence"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// withBook loads with a workbook: trip lets the disk fail.
func (n *night) withBook(trip run.Trip) Options {
	o := n.options(n.org)
	o.Flags.Renderings, o.Trip = []string{"xlsx"}, trip
	return o
}

// checkBook: the workbook lies beside the results, is kept, and is what its manifest says.
func (n *night) checkBook(t *testing.T, s *results.Summary) {
	t.Helper()
	n.checkEvidence(t, s)
	path := s.Files.Renderings["xlsx"]
	p, err := evidence.Verify(path, evidence.VerifyOptions{Home: n.home})
	if err != nil || p.Exit != 0 || p.Revision != s.Revision {
		t.Fatalf("%s: %v, %+v", path, err, p)
	}
	if r, err := run.Open(n.home, s.Run); err != nil || len(r.Last.Renderings) != 1 {
		t.Fatalf("%v", err)
	}
}

// The disk fails at every third write of a night with a workbook: the resumes, which are not told of the workbook, end with
// one that is proven.
func TestANightWithAWorkbookMayBeCutShortAnywhere(t *testing.T) {
	step := 3
	if testing.Short() {
		step = 11
	}
	for kill := 1; ; kill += step {
		n := newNight(t)
		writes := 0
		first := n.withBook(func(string, bool) error {
			if writes++; writes >= kill {
				return errPulled
			}
			return nil
		})
		s := n.untilOver(t, first, n.options(n.org))
		if s.Files.Renderings == nil { // it was cut short before the run began: the load behind it knew of no workbook
			if writes > 4 {
				t.Fatalf("kill %d: no workbook after %d writes", kill, writes)
			}
			continue
		}
		n.checkBook(t, s)
		if writes < kill {
			return
		}
	}
}

// A process dies between manifest, signature and entry, and before the revision counts or is published: nothing lies beside the roster
// without its evidence.
func TestAKillAroundTheManifestLeavesNoWorkbookWithoutEvidence(t *testing.T) {
	for _, at := range []string{"blocks", "manifest", "signature", "ledger", "journal: results", "journal: published"} {
		for _, done := range []bool{false, true} {
			n := newNight(t)
			begun, killed := false, false // the key's own entry comes before the run
			trip := func(write string, isDone bool) error {
				begun = begun || write == "blocks"
				if killed = killed || begun && write == at && isDone == done; killed {
					return errPulled
				}
				return nil
			}
			if _, err := Load(context.Background(), n.withBook(trip), n.roster); !errors.Is(err, errPulled) {
				t.Fatalf("%s: %v", at, err)
			}
			books, _ := filepath.Glob(n.roster[:len(n.roster)-4] + ".*.xlsx")
			for _, path := range books {
				if p, err := evidence.Verify(path, evidence.VerifyOptions{Home: n.home}); err != nil || at != "journal: published" && p.Exit != 0 {
					t.Errorf("%s, done %v: %s lies there: %v, %+v", at, done, path, err, p)
				}
			}
			n.checkBook(t, n.resumed(t))
		}
	}
}

// resumed is the one run at its end: a resume takes it there, unless it is over.
func (n *night) resumed(t *testing.T) *results.Summary {
	t.Helper()
	runs, _, err := run.List(n.home)
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	s, err := runs[0].Summary()
	if !runs[0].Over {
		s, err = Carry(context.Background(), n.options(n.org), runs[0].ID)
	}
	if err != nil || !s.Final {
		t.Fatalf("%+v, %v", s, err)
	}
	return s
}

func TestAWorkbookThatIsChangedAnywhereIsNamed(t *testing.T) {
	n := newNight(t)
	s := n.untilOver(t, n.withBook(nil), n.withBook(nil))
	r, err := run.Open(n.home, s.Run)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{s.Files.Renderings["xlsx"], r.RenderingPath("results.xlsx", s.Revision)} {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			bad := append([]byte{}, whole...)
			bad[rand.IntN(len(bad))] ^= byte(1 + rand.IntN(255))
			if rand.IntN(4) == 0 {
				bad = bad[:rand.IntN(len(bad))]
			}
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if p, err := evidence.Verify(path, evidence.VerifyOptions{Home: n.home}); err != nil || p.Exit != run.ExitUnproved {
				t.Fatalf("%v, %+v", err, p)
			}
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n.checkBook(t, s)
}

// A rendering that this version does not know is said before anything is sent.
func TestAnUnknownRenderingIsRefused(t *testing.T) {
	n := newNight(t)
	o := n.options(n.org)
	o.Flags.Renderings = []string{"papyrus"}
	var stop *run.Stop
	if _, err := Load(context.Background(), o, n.roster); !errors.As(err, &stop) || stop.Code != run.ExitUsage {
		t.Errorf("%v", err)
	}
	if len(n.org.log) > 0 {
		t.Error("something was sent")
	}
}
