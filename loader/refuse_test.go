package loader

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rosterload/loader/evidence"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
)

// delivered is the folder of a run into which a feed has copied a file.
func (n *night) delivered(t *testing.T, text string) Options {
	t.Helper()
	o := n.options(n.org)
	o.fill()
	o.Source = "hr"
	var err error
	if o.Into, err = run.Create(context.Background(), n.home, o.queue(""), nil); err != nil {
		t.Fatal(err)
	}
	path := o.Into.Run.Path(run.DeliveryFile)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sha, err := spool.Digest(path)
	if err != nil {
		t.Fatal(err)
	}
	o.Delivery = &results.Delivery{Name: "a.csv", SHA256: sha, Bytes: int64(len(text)), Owner: "hr", ModifiedAt: "2026-11-23T01:00:00Z"}
	return o
}

// proven holds all that a refused delivery left behind against its evidence.
func (n *night) proven(t *testing.T, s *results.Summary) {
	t.Helper()
	checked, err := evidence.Check(n.home, evidence.CheckOptions{})
	if err != nil || len(checked.Faults) > 0 || checked.Manifests != 1 {
		t.Errorf("the ledger: %+v, %v", checked, err)
	}
	r, err := run.Open(n.home, s.Run)
	if err != nil || !r.Over || r.Last.Manifest == "" {
		t.Fatalf("%+v, %v", r, err)
	}
	paths := []string{s.Files.Summary, r.SummaryPath(1), r.Path(run.DeliveryFile)}
	if s.Files.Results != "" {
		paths = append(paths, s.Files.Results)
	}
	for _, path := range paths {
		p, err := evidence.Verify(path, evidence.VerifyOptions{Home: n.home})
		if err != nil || p.Exit != 0 {
			t.Errorf("%s: %v, %+v", path, err, p)
		}
	}
}

var refusals = map[string]error{
	"no roster": run.Stopf(run.ExitUsage, run.Hint{}, "no user column"), "no rows": run.Stopf(run.ExitNothing, run.Hint{}, "it is empty"),
}

func TestARefusedDeliveryHasEvidence(t *testing.T) {
	for name, why := range refusals {
		t.Run(name, func(t *testing.T) {
			n := newNight(t)
			o := n.delivered(t, "%PDF-1.7")
			s, err := Refuse(context.Background(), o, why)
			if err != nil || s.Refused != why.Error() || s.Exit != ExitCode(why) {
				t.Fatalf("%+v, %v", s, err)
			}
			n.proven(t, s)
			text, err := os.ReadFile(s.Files.Summary)
			if err != nil {
				t.Fatal(err)
			}
			bad := fmt.Appendf(nil, "%s", text)
			copy(bad[len(bad)/3:], "x")
			if err := os.WriteFile(s.Files.Summary, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if p, err := evidence.Verify(s.Files.Summary, evidence.VerifyOptions{Home: n.home}); err != nil || p.Exit != run.ExitUnproved {
				t.Errorf("a changed summary: %v, %+v", err, p)
			}
		})
	}
}

// The disk fails at each write of a refusal; Refuse with a Writer that has taken the run up ends it.
func TestARefusalMayBeCutShortAnywhere(t *testing.T) {
	for name, why := range refusals {
		for kill := 1; ; kill++ {
			n := newNight(t)
			o := n.delivered(t, "")
			writes := 0
			o.Trip = func(string, bool) error {
				if writes++; writes == kill {
					return errPulled
				}
				return nil
			}
			_, err := Refuse(context.Background(), o, why)
			if err == nil && writes < kill {
				if kill < 8 {
					t.Errorf("%s: only %d writes", name, writes)
				}
				break
			}
			if !errors.Is(err, errPulled) {
				t.Fatalf("%s: kill %d: %v", name, kill, err)
			}
			o.Trip = nil
			if o.Into, err = run.Take(context.Background(), n.home, o.Into.Run.ID, o.queue(""), nil); err != nil {
				t.Fatal(err)
			}
			s, err := Refuse(context.Background(), o, why)
			if err != nil {
				t.Fatalf("%s: kill %d: %v", name, kill, err)
			}
			n.proven(t, s)
		}
	}
}

// What counts and is not published yet is published as it is: no second revision says the same.
func TestARefusalThatCountsIsPublishedOnce(t *testing.T) {
	n := newNight(t)
	o := n.delivered(t, "")
	if _, err := Refuse(context.Background(), o, refusals["no rows"]); err != nil {
		t.Fatal(err)
	}
	writer, err := run.Take(context.Background(), n.home, o.Into.Run.ID, o.queue(""), nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Into, o.Now = writer, func() time.Time { return time.Now().Add(time.Hour) }
	for _, path := range []string{writer.Run.Stem() + ".summary.json", writer.Run.Stem() + ".results.csv", writer.Run.Stem() + ".evidence.json"} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Refuse(context.Background(), o, refusals["no rows"])
	if err != nil || s.Revision != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	n.proven(t, s)
}

// Deliveries that were refused are no runs of an org: the newest of them is pruned as well, with its bytes.
func TestThePruneDropsTheBytesOfRefusedDeliveries(t *testing.T) {
	n := newNight(t)
	o := n.delivered(t, "Name,Note\nuser0001,ill\n")
	s, err := Refuse(context.Background(), o, refusals["no roster"])
	if err != nil {
		t.Fatal(err)
	}
	pruned, err := o.evidence().Prune(context.Background(), time.Now().Add(time.Hour), false)
	if err != nil || len(pruned.Runs) != 1 || len(pruned.Left)+len(pruned.Without) > 0 {
		t.Fatalf("%+v, %v", pruned, err)
	}
	r, err := run.Open(n.home, s.Run)
	if err != nil || !r.Pruned {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, path := range []string{r.Path(run.DeliveryFile), r.SummaryPath(1), s.Files.Summary} {
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", path, err)
		}
	}
	if checked, err := evidence.Check(n.home, evidence.CheckOptions{}); err != nil || len(checked.Faults) > 0 {
		t.Errorf("%+v, %v", checked, err)
	}
}

// A delivery that was refused has no rows, and its bytes have the person all the same.
func TestForgetDropsRefusedDeliveriesOfThePerson(t *testing.T) {
	n := newNight(t)
	n.untilOver(t, n.options(n.org), n.options(n.org))
	var refused []string
	for _, text := range []string{"Mail\nUSER0003@acme.example\n", "Mail\nuser0004@acme.example\n"} {
		s, err := Refuse(context.Background(), n.delivered(t, text), refusals["no roster"])
		if err != nil {
			t.Fatal(err)
		}
		refused = append(refused, s.Run)
	}
	o := n.options(n.org)
	o.fill()
	done, err := o.evidence().Forget(context.Background(), "user0003@acme.example", run.Given{Reason: "asked by letter"})
	if err != nil || len(done.Runs) != 2 || done.Runs[1] != refused[0] {
		t.Fatalf("%+v, %v", done, err)
	}
	for i, there := range []bool{false, true} {
		if _, err := os.Stat(filepath.Join(run.FolderOf(n.home, refused[i]), run.DeliveryFile)); (err == nil) != there {
			t.Errorf("delivery %d: %v", i, err)
		}
	}
}
