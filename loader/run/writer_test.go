package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rosterload/loader/journal"
	"rosterload/transform"
)

func TestARunIsTakenUpWhereItsJournalEnds(t *testing.T) {
	home := t.TempDir()
	id := closed(t, home, planned, "submitting removals 1", "receipt removals 1")
	w, err := Take(context.Background(), home, id, queue(0), nil)
	if err != nil {
		t.Fatal(err)
	}
	if b := w.Run.Batch(transform.Removals, 1); b.Receipt != "job-1" || w.Run.Seal.Roster != "nightly.csv" || w.Run.Org.Name != "Acme" || w.Run.Org.As != "admin" {
		t.Errorf("%+v of %+v", b, w.Run)
	}
	if err := w.NoteBatch(w.Run.Batches[0], journal.Sent, journal.Event{}); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if r, err := Open(home, id); err != nil || !r.Batches[0].Arrived {
		t.Error(r, err)
	}
}

func TestAnEventThatDoesNotFitNeverReachesTheJournal(t *testing.T) {
	home := t.TempDir()
	w := writer(t, home, planned)
	before, _ := os.ReadFile(w.Run.Path(JournalFile))
	for _, e := range []journal.Event{{What: "exploded"}, {What: journal.Sent, Job: "removals", Batch: 1}, {What: journal.Sealed, Job: "upserts", Batch: 2}} {
		if err := w.Note(e); err == nil {
			t.Errorf("%s was noted", e.What)
		}
	}
	w.Close()
	if after, _ := os.ReadFile(w.Run.Path(JournalFile)); string(after) != string(before) {
		t.Errorf("the journal holds %s", after[len(before):])
	}
}

func TestAWriteThatFailsHasNotHappenedToTheRun(t *testing.T) {
	for _, done := range []bool{false, true} {
		home := t.TempDir()
		w := writer(t, home, planned)
		w.trip = func(string, bool) error { return nil }
		full := errors.New("no space left")
		w.trip = func(write string, behind bool) error {
			if write == "journal: submitting" && behind == done {
				return full
			}
			return nil
		}
		if err := w.NoteBatch(w.Run.Batches[0], journal.Submitting, journal.Event{}); !errors.Is(err, full) || w.Run.Batches[0].Submitted {
			t.Errorf("behind %v: %v, submitted %v", done, err, w.Run.Batches[0].Submitted)
		}
		w.Close()
		r, err := Open(home, w.Run.ID)
		if err != nil || r.Batches[0].Submitted != done {
			t.Errorf("on disk behind %v: %v, %v", done, r, err)
		}
	}
}

func TestARunThatHasNotBegunIsNoRun(t *testing.T) {
	for name, leave := range map[string]func(folder string){
		"without a journal":        func(string) {},
		"with an empty journal":    func(folder string) { write(t, filepath.Join(folder, JournalFile), "") },
		"with a torn first event":  func(folder string) { write(t, filepath.Join(folder, JournalFile), `{"event":"begun","ver`) },
		"with a roster of its own": func(folder string) { write(t, filepath.Join(folder, RosterFile), "Username\n") },
	} {
		home := t.TempDir()
		folder := filepath.Join(home, "runs", testID)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		leave(folder)
		if runs, unread, err := List(home); len(runs)+len(unread) > 0 || err != nil {
			t.Errorf("%s: %v, %v, %v", name, runs, unread, err)
		}
		if _, err := Open(home, testID); exitCode(err) != ExitUsage {
			t.Errorf("%s: opened: %v", name, err)
		}
		if _, err := Take(context.Background(), home, testID, queue(0), nil); exitCode(err) != ExitUsage {
			t.Errorf("%s: taken: %v", name, err)
		}
	}
}

func TestWhatNamesNoRunIsUsage(t *testing.T) {
	home := t.TempDir()
	closed(t, home)
	write(t, filepath.Join(home, "runs", "notes.txt"), "mine")
	for _, id := range []string{"", ".", "..", "nothing", "../runs", "a/b", "notes.txt"} {
		if _, err := Open(home, id); exitCode(err) != ExitUsage {
			t.Errorf("open %q: %v", id, err)
		}
		if _, err := Take(context.Background(), home, id, queue(0), nil); exitCode(err) != ExitUsage {
			t.Errorf("take %q: %v", id, err)
		}
	}
	for _, path := range []string{"lock", "runs/lock"} {
		if _, err := os.Stat(filepath.Join(home, path)); err == nil {
			t.Errorf("a lock was made at %s", path)
		}
	}
}

func TestARunThatIsDiscardedLeavesNothing(t *testing.T) {
	home := t.TempDir()
	w, err := Create(context.Background(), home, queue(0), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Discard()
	if entries, _ := os.ReadDir(filepath.Join(home, "runs")); len(entries) > 0 {
		t.Error(entries)
	}
	w = writer(t, home)
	w.Discard() // one that has begun stays
	if _, err := Open(home, w.Run.ID); err != nil {
		t.Error(err)
	}
}

func TestOfTwoWritersTheSecondWaitsOrIsHeldOff(t *testing.T) {
	home := t.TempDir()
	w := writer(t, home, planned)
	var held *Held
	if _, err := Take(context.Background(), home, w.Run.ID, queue(time.Minute), nil); !errors.As(err, &held) || held.ExitCode() != ExitUnavailable || !strings.Contains(held.Error(), fmt.Sprint("pid ", os.Getpid())) {
		t.Fatalf("%v", err)
	}
	q, told := queue(time.Hour), 0
	q.Tell = func(*Held) { told++ }
	sleep, sleeps := q.Sleep, 0
	q.Sleep = func(ctx context.Context, d time.Duration) error {
		if sleeps++; sleeps == 3 { // the first has its last word, and goes
			if err := w.NoteBatch(w.Run.Batches[0], journal.Submitting, journal.Event{}); err != nil {
				t.Error(err)
			}
			w.Close()
		}
		return sleep(ctx, d)
	}
	second, err := Take(context.Background(), home, w.Run.ID, q, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if !second.Run.Batches[0].Submitted || told != 1 {
		t.Errorf("what was written while the second waited: %+v; told %d times", second.Run.Batches[0], told)
	}
}

func TestAWaitForALockEndsWithItsContext(t *testing.T) {
	home := t.TempDir()
	w := writer(t, home)
	defer w.Close()
	q, stop := queue(time.Hour), errors.New("stopped by a signal")
	q.Sleep = func(context.Context, time.Duration) error { return stop }
	if _, err := Take(context.Background(), home, w.Run.ID, q, nil); !errors.Is(err, stop) {
		t.Error(err)
	}
}

func TestALockThatIsASymbolicLinkIsRefused(t *testing.T) {
	home := t.TempDir()
	id := closed(t, home)
	precious, lock := filepath.Join(home, "precious"), filepath.Join(home, "runs", id, lockFile)
	write(t, precious, "precious")
	if err := errors.Join(os.Remove(lock), os.Symlink(precious, lock)); err != nil {
		t.Fatal(err)
	}
	if _, err := Take(context.Background(), home, id, queue(0), nil); exitCode(err) != ExitUsage {
		t.Error(err)
	}
	if err := os.MkdirAll(filepath.Join(home, "locks"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, filepath.Join(home, "locks", "org1")); err != nil {
		t.Fatal(err)
	}
	if _, err := LockOrg(context.Background(), home, "org1", id, queue(0)); exitCode(err) != ExitUsage {
		t.Error(err)
	}
	if text, _ := os.ReadFile(precious); string(text) != "precious" {
		t.Errorf("the file behind the link says %q", text)
	}
}

func TestAnOrgIsLockedForOneRun(t *testing.T) {
	home := t.TempDir()
	first, err := LockOrg(context.Background(), home, "org1", "run1", queue(0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := LockOrg(context.Background(), home, "org1", "run2", queue(0)); !errors.As(err, new(*Held)) || !strings.Contains(err.Error(), "run1") {
		t.Error(err)
	}
	other, err := LockOrg(context.Background(), home, "org2", "run2", queue(0))
	if err != nil {
		t.Error(err)
	}
	other.Release()
	first.Release()
	again, err := LockOrg(context.Background(), home, "org1", "run2", queue(0))
	if err != nil {
		t.Error(err)
	}
	again.Release()
	(*Lock)(nil).Release()
}

// A reader takes no lock: what it sees of a run that is at work is the events that are whole.
func TestAReaderBesideAWriterSeesWholeEventsOnly(t *testing.T) {
	home := t.TempDir()
	w := writer(t, home, planned)
	var group sync.WaitGroup
	group.Go(func() {
		for range 60 {
			b := w.Run.Batches[0]
			for _, what := range []string{journal.Submitting, journal.Missed} {
				if err := w.NoteBatch(b, what, journal.Event{Note: strings.Repeat("long ", 2000)}); err != nil {
					t.Error(err)
				}
			}
		}
		w.Close()
	})
	for range 200 {
		if r, err := Open(home, w.Run.ID); err != nil || r.Planned == nil {
			t.Fatal(r, err)
		}
	}
	group.Wait()
}

func TestATornLastLineNeverHappened(t *testing.T) {
	home := t.TempDir()
	id := closed(t, home, planned, "submitting removals 1")
	path := filepath.Join(home, "runs", id, JournalFile)
	whole, _ := os.ReadFile(path)
	last := strings.LastIndex(strings.TrimSuffix(string(whole), "\n"), "\n") + 1
	for cut := last; cut < len(whole); cut++ {
		write(t, path, string(whole[:cut]))
		if r, err := Open(home, id); err != nil || r.SentAnything() {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
	w, err := Take(context.Background(), home, id, queue(0), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.NoteBatch(w.Run.Batches[1], journal.Submitting, journal.Event{}); err != nil {
		t.Fatal(err)
	}
	if r, err := Open(home, id); err != nil || r.Batches[0].Submitted || !r.Batches[1].Submitted {
		t.Error("the next event does not stand behind the last whole one:", err)
	}
}

func TestAJournalThatCannotBeBelievedEndsWithTen(t *testing.T) {
	for name, c := range map[string]struct {
		old, with string
		exit      int
	}{
		"a newer version":          {`"version":2`, `"version":3`, ExitUsage},
		"an altered word":          {`"event":"planned"`, `"event":"plannned"`, ExitUnproved},
		"an altered number":        {`"number":1`, `"number":-1`, ExitUnproved},
		"a line that is no object": {`{"at"`, `at`, ExitUnproved},
	} {
		home := t.TempDir()
		id := closed(t, home, planned, "submitting removals 1")
		path := filepath.Join(home, "runs", id, JournalFile)
		text, _ := os.ReadFile(path)
		altered := strings.ReplaceAll(string(text), c.old, c.with)
		if altered == string(text) {
			t.Fatalf("%s: nothing was altered", name)
		}
		write(t, path, altered)
		if _, err := Open(home, id); exitCode(err) != c.exit {
			t.Errorf("%s: opened: %v", name, err)
		}
		if _, err := Take(context.Background(), home, id, queue(0), nil); exitCode(err) != c.exit {
			t.Errorf("%s: taken: %v", name, err)
		}
		if runs, unread, err := List(home); len(runs) != 0 || len(unread) != 1 || !strings.Contains(unread[0].Err.Error(), id) || err != nil {
			t.Errorf("%s: listed: %v, %v, %v", name, runs, unread, err)
		}
		if text, _ := os.ReadFile(path); string(text) != altered {
			t.Errorf("%s: the journal was changed", name)
		}
	}
}

func TestASealedFileThatWasAlteredEndsWithTen(t *testing.T) {
	w := writer(t, t.TempDir())
	defer w.Close()
	table, err := w.NewTable("removals-0001.csv", "Id", "Value")
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Write("id1", "#N/A"); err != nil {
		t.Fatal(err)
	}
	sealed, size, err := table.Seal()
	if err != nil || size != int64(len("Id,Value\nid1,#N/A\n")) || table.Rows != 1 {
		t.Fatal(size, err)
	}
	if err := errors.Join(w.Run.Verify(sealed), w.Run.Verify(Sealed{}), w.Run.VerifyKept()); err != nil {
		t.Error(err)
	}
	write(t, w.Run.Path(sealed.File), "Id,Value\nid2,#N/A\n")
	if err := w.Run.Verify(sealed); exitCode(err) != ExitUnproved {
		t.Error(err)
	}
	if err := os.Remove(w.Run.Path(sealed.File)); err != nil {
		t.Fatal(err)
	}
	if err := w.Run.Verify(sealed); exitCode(err) != ExitUnproved {
		t.Error("a file that is gone:", err)
	}
}
