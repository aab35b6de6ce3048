package feeds

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rosterload/loader"
	"rosterload/loader/approve"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

func TestTwoHomesOnOneFolderTakeEachFileOnce(t *testing.T) {
	d := newDrop(t, "  hr: {target: prod, folder: FOLDER, settle: 0s}\n")
	other := d.watching("  hr: {target: prod, folder: FOLDER, settle: 0s}\n")
	other.Home = filepath.Join(t.TempDir(), "home2")
	for n := range 12 {
		d.write(fmt.Sprintf("f%02d.csv", n), roster(n, n, "Alpha"))
	}
	done := make(chan int)
	go func() { done <- other.Once(context.Background()) }()
	d.once()
	<-done
	d.once()
	for n := range 12 {
		if d.org.applied[userName(n)] != 1 {
			t.Errorf("%s was changed %d times", userName(n), d.org.applied[userName(n)])
		}
	}
	d.at(map[State]string{Done: d.in(Done)})
	if got := len(strings.Fields(d.in(Done))); got != 12 {
		t.Errorf("%d files are done; told %v", len(strings.Fields(d.in(Done))), d.told)
	}
	for _, home := range []string{d.home, other.Home} {
		entries, _ := os.ReadDir(filepath.Join(home, "runs"))
		for _, e := range entries { // the loser's folders are gone
			if _, err := os.Stat(run.JournalOf(home, e.Name())); err != nil {
				t.Errorf("a folder without a journal stays: %v", err)
			}
		}
	}
}

func TestTwoFeedsOfOneOrgAreLoadedOneAfterTheOther(t *testing.T) {
	d := newDrop(t, "  a: {target: prod, folder: FOLDER, match: \"a*.csv\", settle: 0s, answers: out-a}\n  b: {target: other, folder: FOLDER, match: \"b*.csv\", settle: 0s, answers: out-b, max_removals: 0}\n")
	d.org = newPretend(20, "Alpha")
	d.write("a.csv", roster(0, 9, "Beta"))
	d.write("b.csv", roster(10, 19, ""))
	if code := d.once(); code != run.ExitGuard {
		t.Fatalf("exit %d, told %v", code, d.told)
	}
	if d.at(map[State]string{Done: "a.csv", Held: "b.csv"}); t.Failed() {
		t.Logf("told %v", d.told)
	}
}

func TestAHeldDeliveryWaitsForAPerson(t *testing.T) {
	yaml := "  hr: {target: prod, folder: FOLDER, settle: 0s, max_removals: 2}\n"
	decide := func(d *drop, do func(context.Context, loader.Options, string) (*results.Summary, error)) {
		t.Helper()
		o, _ := d.watch.Options(d.watch.Feeds[0])
		o.Home, o.Now, o.Sleep = d.home, d.watch.Now, d.watch.Sleep
		if _, err := do(context.Background(), o, d.latest("a").Run); err != nil {
			t.Fatal(err)
		}
	}
	approve := func(leave bool) func(context.Context, loader.Options, string) (*results.Summary, error) {
		return func(ctx context.Context, o loader.Options, id string) (*results.Summary, error) {
			o.Reason = "checked"
			return loader.Approve(ctx, o, id, approve.Approval{Removals: 5, Leave: leave})
		}
	}
	for _, c := range []struct {
		name string
		do   func(context.Context, loader.Options, string) (*results.Summary, error)
		in   State
		sent int
	}{
		{"approved and carried out", approve(false), Done, 5},
		{"approved and left to the watch", approve(true), Done, 5},
		{"rejected", func(ctx context.Context, o loader.Options, id string) (*results.Summary, error) {
			o.Reason = "too few"
			return loader.Reject(ctx, o, id)
		}, Failed, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrop(t, yaml)
			d.org = newPretend(20, "Alpha")
			d.write("a.csv", roster(0, 4, ""))
			if code := d.once(); code != run.ExitGuard {
				t.Fatalf("exit %d", code)
			}
			d.at(map[State]string{Held: "a.csv"})
			if s := d.latest("a"); s.Holds[0].Code != run.HoldRemovals || s.Exit != run.ExitGuard {
				t.Errorf("%+v", s)
			}
			decide(d, c.do)
			d.at(map[State]string{Held: "a.csv"}) // only watch touches the folder
			d.once()
			d.at(map[State]string{c.in: "a.csv"})
			if len(d.org.applied) != c.sent || d.latest("a").Exit != 0 {
				t.Errorf("sent %v, exit %d", d.org.applied, d.latest("a").Exit)
			}
		})
	}
}

func TestAHeldDeliveryThatItsFeedHasOvertakenIsOver(t *testing.T) {
	d := newDrop(t, "  hr: {target: prod, folder: FOLDER, settle: 0s, max_removals: 2}\n")
	d.org = newPretend(20, "Alpha")
	d.write("a.csv", roster(0, 4, ""))
	d.once()
	d.write("b.csv", roster(0, 4, "Beta"))
	d.once()
	d.once()
	d.at(map[State]string{Done: "b.csv", Failed: "a.csv"})
	if s := d.latest("a"); s.Exit != run.ExitFailedRows || s.Reasons[0].ReasonCode != "RUN_SUPERSEDED" {
		t.Errorf("%+v", s.Reasons)
	}
}

func TestAnswersThatWereTakenAwayDoNotComeBack(t *testing.T) {
	d := newDrop(t, plain)
	d.write("a.csv", roster(0, 1, "Alpha"))
	d.once()
	if err := os.RemoveAll(filepath.Join(d.folder, "answers")); err != nil {
		t.Fatal(err)
	}
	d.once()
	if entries, _ := os.ReadDir(filepath.Join(d.folder, "answers")); len(entries) > 0 {
		t.Errorf("%v", entries)
	}
}

func TestAnEndedWatchWasAtRestOrNot(t *testing.T) {
	d := newDrop(t, plain)
	ctx, cancel := context.WithCancel(context.Background())
	d.watch.Rest = func(context.Context, *Feed, time.Duration) error { cancel(); return context.Canceled }
	if !d.watch.Stay(ctx) {
		t.Error("it was at rest")
	}
	d.write("a.csv", roster(0, 1, "Alpha"))
	ctx, cancel = context.WithCancel(context.Background())
	d.org.before = cancel
	d.watch.Rest = func(context.Context, *Feed, time.Duration) error {
		d.now = d.now.Add(11 * time.Second)
		return ctx.Err()
	}
	if d.watch.Stay(ctx) {
		t.Error("it was at work")
	}
}
