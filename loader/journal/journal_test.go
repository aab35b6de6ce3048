package journal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
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

// file makes a journal of a text.
func file(t testing.TB, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func contents(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var twoEvents = []Event{
	{At: time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC), What: Begun, Version: Version, Run: "20261123T021500Z-4f7c"},
	{
		At: time.Date(2026, 11, 23, 2, 16, 0, 0, time.UTC), What: Stopped, Job: "removals", Batch: 1,
		Reason: "said \"no\"\nand left",
	},
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

func TestAnyTextInAnEventIsReadAsItWas(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := Event{What: Superseded, Reason: rapid.String().Draw(rt, "reason"), Note: rapid.String().Draw(rt, "note"), Rows: rapid.IntRange(0, 1<<40).Draw(rt, "rows")}
		events, err := Read(written(t, twoEvents[0], e))
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff([]Event{twoEvents[0], e}, events); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// A crash may cut the last line at any byte: what is left of it never happened, and the next event stands on a line
// of its own.
func TestATornLastLineNeverHappened(t *testing.T) {
	whole := contents(t, written(t, twoEvents...))
	first := bytes.IndexByte(whole, '\n') + 1
	for cut := first; cut < len(whole); cut++ {
		path := file(t, whole[:cut])
		j, events, err := Open(path)
		if err != nil || len(events) != 1 {
			t.Fatalf("cut at %d: %d events, %v", cut, len(events), err)
		}
		if err := j.Append(Event{What: Stale}); err != nil {
			t.Fatal(err)
		}
		_ = j.Close()
		if events, err = Read(path); err != nil || len(events) != 2 || events[1].What != Stale {
			t.Fatalf("cut at %d: %v, %v", cut, events, err)
		}
	}
}

// A writer may be in the middle of the line that a reader takes for torn: only the writer cuts.
func TestAReaderNeverChangesTheFile(t *testing.T) {
	whole := contents(t, written(t, twoEvents...))
	for cut := range len(whole) {
		path := file(t, whole[:cut])
		if _, err := Read(path); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if !bytes.Equal(contents(t, path), whole[:cut]) {
			t.Fatalf("cut at %d: reading changed the file", cut)
		}
	}
}

// Every write goes to the end of the file as it is then, not to where the end was when the journal was opened.
func TestAnEventIsAppendedWhereTheFileEnds(t *testing.T) {
	path := written(t, twoEvents...)
	j, _, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	grown := append(contents(t, path), "{\"event\":\"superseded\"}\n"...)
	if err := os.WriteFile(path, grown, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(Event{What: Stale}); err != nil {
		t.Fatal(err)
	}
	now := contents(t, path)
	if !bytes.HasPrefix(now, grown) || !bytes.Contains(now[len(grown):], []byte(`"event":"stale"`)) {
		t.Errorf("%s", now)
	}
	if _, err := Read(path); err == nil { // the line in between is of no writer that knows the sums
		t.Error("a journal with a strange line is believed")
	}
}

const begun = "{\"event\":\"begun\",\"version\":2}\n"

func TestAJournalThatCannotBeUnderstoodIsNotGuessedAt(t *testing.T) {
	planned := begun + "{\"event\":\"planned\"}\n"
	for _, c := range []struct{ name, text, says string }{
		{"a line in the middle is damaged", begun + "{\"event\":\n{\"event\":\"stale\"}\n", "line 2: no event"},
		{"a number is a text", begun + "{\"event\":\"stale\",\"batch\":\"one\"}\n", "line 2: no event"},
		{"a line is blank", begun + "\n", "line 2: no event"},
		{"a line is null", begun + "null\n", "line 2: no event is named"},
		{"it does not begin at the beginning", "{\"event\":\"planned\"}\n", "line 1: \"planned\" is out of place"},
		{"it begins twice", begun + begun, "line 2: \"begun\" is out of place"},
		{"it is planned twice", planned + "{\"event\":\"planned\"}\n", "line 3: \"planned\" is out of place"},
		{
			"a batch is sent before there is a plan",
			begun + "{\"event\":\"submitting\",\"job\":\"removals\",\"batch\":1}\n",
			"line 2: \"submitting\" is out of place",
		},
		{
			"a job ends before there is a plan", begun + "{\"event\":\"ended\",\"job\":\"removals\"}\n",
			"line 2: \"ended\" is out of place",
		},
		{
			"a batch arrives that was never submitted",
			planned + "{\"event\":\"sent\",\"job\":\"removals\",\"batch\":7}\n",
			"line 3: \"sent\" is out of place: removals-0007",
		},
		{
			"a batch has a number below zero",
			planned + "{\"event\":\"submitting\",\"job\":\"removals\",\"batch\":-1}\n",
			"line 3: \"submitting\" has a number below zero",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := file(t, []byte(c.text))
			if _, _, err := Open(path); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want it to say %q", err, c.says)
			}
			if string(contents(t, path)) != c.text {
				t.Error("the file was changed")
			}
		})
	}
}

func TestTheOrderOfARunIsTaken(t *testing.T) {
	batch := func(what string) Event { return Event{What: what, Job: "removals", Batch: 1} }
	for name, events := range map[string][]Event{
		"a night": {
			{What: Planned},
			batch(Submitting), batch(Receipt), batch(Sent),
			batch(Outcomes),
			{What: Ended, Job: "removals"},
			{What: Settled, Job: "removals"},
			{What: Results, Revision: 1},
		},
		"results of a run that was not planned": {{What: Results, Revision: 1}},
		"a batch that missed and goes again": {
			{What: Planned},
			batch(Submitting), batch(Missed),
			batch(Submitting), batch(Sent),
		},
		"a batch that is dropped unsent": {
			{What: Planned},
			batch(Dropped),
			{What: Sealed, Job: "removals", Batch: 2},
		},
		"a run that was superseded at once": {{What: Superseded}, {What: Results, Revision: 1}},
	} {
		if got, err := Read(written(t, append([]Event{twoEvents[0]}, events...)...)); err != nil || len(got) != len(events)+1 {
			t.Errorf("%s: %d events, %v", name, len(got), err)
		}
	}
}

func TestVersions(t *testing.T) {
	for _, c := range []struct {
		name, text string
		unknown    int // -1: it is read
	}{
		{"the first one", "{\"event\":\"begun\",\"version\":1}\n{\"event\":\"stale\"}\n", -1},
		{"ours", begun, -1},
		{"a newer one", "{\"event\":\"begun\",\"version\":3}\n", 3},
		{
			"a newer one that spells the rest in another way",
			"{\"event\":\"begun\",\"version\":3,\"job\":{\"a\":1}}\n!\n", 3,
		},
		{"none", "{\"event\":\"begun\"}\n", 0},
	} {
		_, _, err := Open(file(t, []byte(c.text)))
		var unknown *VersionError
		if c.unknown < 0 {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if !errors.As(err, &unknown) || unknown.Version != c.unknown {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAJournalIsBegunOnce(t *testing.T) {
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
	if j.Append(Event{What: Stale}) == nil {
		t.Fatal("a write to a closed file went well")
	}
	j.file, _ = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if j.Append(Event{What: Superseded}) == nil {
		t.Error("after a failed write the next one went through: what lies between is unknown")
	}
	_ = j.Close()
}

// Whatever stands in a run's folder, reading it ends in events or in an error, and what was read can be gone on with.
func FuzzJournal(f *testing.F) {
	for _, seed := range []string{
		"", begun, begun + "{\"event\":\"planned\",\"data\":{\"rows\":1}}\n{\"ev", "null\n", "{}\n",
		begun + "\x00\x00\x00", "{\"event\":\"begun\",\"version\":1e99}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := file(t, text)
		before, err := Read(path)
		if !bytes.Equal(contents(t, path), text) {
			t.Fatal("reading changed the file")
		}
		j, events, openErr := Open(path)
		if (err == nil) != (openErr == nil) || len(events) != len(before) {
			t.Fatalf("read %d events and %v, opened %d and %v", len(before), err, len(events), openErr)
		}
		if err != nil {
			return
		}
		defer func() { _ = j.Close() }()
		next := Event{What: Stale}
		if len(events) == 0 {
			next = twoEvents[0]
		}
		if err := j.Append(next); err != nil {
			t.Fatal(err)
		}
		if after, err := Read(path); err != nil || len(after) != len(events)+1 {
			t.Fatalf("%d events after %d and one more, %v", len(after), len(events), err)
		}
	})
}
