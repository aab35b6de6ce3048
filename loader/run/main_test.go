package run

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rosterload/loader/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// queue never waits longer than patience, by a clock that goes on only when it sleeps.
func queue(patience time.Duration) Queue {
	now := noon
	return Queue{For: patience, Now: func() time.Time { return now }, Sleep: func(_ context.Context, d time.Duration) error { now = now.Add(d); return nil }}
}

// writer begins a run of a home and lets events happen to it.
func writer(t testing.TB, home string, lines ...string) *Writer {
	t.Helper()
	w, err := Create(context.Background(), home, queue(0), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Begin(journal.Event{Target: "prod", Kind: "salesforce", OrgID: "org1"}, &Seal{Verb: "load", Roster: "nightly.csv", Place: "/in"}); err != nil {
		t.Fatal(err)
	}
	for _, e := range story(t, lines...) {
		if err := w.Note(e); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func closed(t testing.TB, home string, lines ...string) string {
	t.Helper()
	w := writer(t, home, lines...)
	w.Close()
	return w.Run.ID
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func exitCode(err error) int {
	if stop, ok := err.(interface{ ExitCode() int }); ok {
		return stop.ExitCode()
	}
	return ExitBug
}
