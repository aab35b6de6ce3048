package journal

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func written(t *testing.T, events ...Event) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	j, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := j.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

var twoEvents = []Event{
	{At: time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC), What: Begun, Version: Version, Run: "20261123T021500Z-4f7c"},
	{At: time.Date(2026, 11, 23, 2, 16, 0, 0, time.UTC), What: Receipt, Job: "removals", Batch: 1, Receipt: "7505f0000000001AAA", Reason: "said \"no\"\nand left"},
}

func TestWhatWasAppendedIsRead(t *testing.T) {
	events, err := Read(written(t, twoEvents...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(twoEvents, events); diff != "" {
		t.Error(diff)
	}
}

// A crash may cut the last line at any byte: whatever is left of it never happened, and the next event stands on a line of its own.
func TestATornLastLineNeverHappened(t *testing.T) {
	whole, err := os.ReadFile(written(t, twoEvents...))
	if err != nil {
		t.Fatal(err)
	}
	first := bytes.IndexByte(whole, '\n') + 1
	for cut := first; cut < len(whole); cut++ {
		path := filepath.Join(t.TempDir(), "journal.jsonl")
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j, events, err := Open(path)
		if err != nil || len(events) != 1 {
			t.Fatalf("cut at %d: %d events, %v", cut, len(events), err)
		}
		if err := j.Append(Event{What: Sent}); err != nil {
			t.Fatal(err)
		}
		_ = j.Close()
		if events, err = Read(path); err != nil || len(events) != 2 || events[1].What != Sent {
			t.Fatalf("cut at %d: %v, %v", cut, events, err)
		}
	}
}

func TestAJournalThatCannotBeUnderstoodIsNotGuessedAt(t *testing.T) {
	for _, c := range []struct{ story, text, says string }{
		{"a line in the middle is damaged", "{\"event\":\"begun\"}\n{\"event\":\n{\"event\":\"sent\"}\n", "line 2 is no event"},
		{"a newer program wrote it", fmt.Sprintf("{\"event\":\"begun\",\"version\":%d}\n", Version+1), "this one reads up to"},
	} {
		path := filepath.Join(t.TempDir(), "journal.jsonl")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Open(path); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.story, err)
		}
		if after, _ := os.ReadFile(path); string(after) != c.text {
			t.Errorf("%s: the file was changed", c.story)
		}
	}
}

func TestNobodyBeginsAJournalTwice(t *testing.T) {
	if _, err := Create(written(t, twoEvents...)); err == nil {
		t.Error("a second journal was begun over the first")
	}
}

func TestAfterAFailedWriteNothingMoreIsWritten(t *testing.T) {
	path := written(t, twoEvents...)
	j, _, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	_ = j.file.Close()
	if j.Append(Event{What: Sent}) == nil {
		t.Fatal("a write to a closed file went well")
	}
	j.file, _ = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if j.Append(Event{What: Outcomes}) == nil {
		t.Error("after a failed write the next one went through: what lies between is unknown")
	}
	_ = j.Close()
}
