package plan

import (
	"context"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// Whatever the values and the limits are, what is sealed is what was added, in order, and a batch of more than one row is within the limits.
func TestASealerKeepsToTheLimits(t *testing.T) {
	r := newRig(t, "a,Beta")
	text := rapid.StringMatching(`[a-z",\n é]{0,9}`)
	rapid.Check(t, func(rt *rapid.T) {
		r.limits.Rows, r.limits.Bytes = rapid.IntRange(1, 6).Draw(rt, "rows"), int64(rapid.IntRange(20, 160).Draw(rt, "bytes"))
		r.limits.Own = rapid.SampledFrom([]string{"", "own"}).Draw(rt, "own column")
		s := NewSealer(r.w, transform.Upserts, r.limits)
		var want []transform.SealedChange
		for range rapid.IntRange(0, 20).Draw(rt, "changes") {
			c := transform.SealedChange{Change: transform.Change{User: "u" + text.Draw(rt, "user"), Value: text.Draw(rt, "value")}}
			if r.limits.Own != "" {
				c.Own = text.Draw(rt, "own")
			}
			want = append(want, c)
			if err := s.Add(c); err != nil {
				rt.Fatal(err)
			}
		}
		batches, err := s.Finish()
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(want, r.changes(batches, transform.Upserts)); diff != "" {
			rt.Fatal(diff)
		}
		for i, b := range batches {
			info, err := os.Stat(r.w.Run.Path(b.File))
			if err != nil || b.Number != i+1 || b.Size != info.Size() || b.Rows > r.limits.Rows || b.Rows > 1 && b.Size > r.limits.Bytes {
				rt.Fatalf("%+v within %d rows and %d bytes; %v", b, r.limits.Rows, r.limits.Bytes, err)
			}
		}
	})
}

func TestHowASealedFileReads(t *testing.T) {
	r := newRig(t, "a,Beta")
	for own, want := range map[string]string{"": "Id,Value\nid1,#N/A\nid2,Beta\n", "Mark": "Id,Value,Mark\nid1,#N/A,x\nid2,Beta,\n"} {
		r.limits.Own = own
		s := NewSealer(r.w, transform.Removals, r.limits)
		r.ok(s.Add(transform.SealedChange{Change: transform.Change{User: "id1"}, Own: "x"}))
		r.ok(s.Add(transform.SealedChange{Change: transform.Change{User: "id2", Value: "Beta"}}))
		batches, err := s.Finish()
		r.ok(err)
		if data, _ := os.ReadFile(r.w.Run.Path(batches[0].File)); string(data) != want {
			t.Errorf("%q, want %q", data, want)
		}
	}
}

func TestFurtherBatchesContinueTheCount(t *testing.T) {
	r := newRig(t, "a,Beta")
	seal := func() run.SealedBatch {
		s := NewSealer(r.w, transform.Upserts, r.limits)
		r.ok(s.Add(transform.SealedChange{Change: transform.Change{User: "id1", Value: "Beta"}}))
		batches, err := s.Finish()
		r.ok(err)
		return batches[0]
	}
	first := seal()
	if again := seal(); again.Number != 1 || again.File != first.File {
		t.Errorf("nothing counts before its event: %+v", again)
	}
	r.ok(r.w.NoteData(journal.Event{What: journal.Planned}, &run.Planned{Batches: []run.SealedBatch{first}}))
	if next := seal(); next.Number != 2 || next.File != "upserts-0002.csv" {
		t.Errorf("%+v", next)
	}
	s := NewSealer(r.w, transform.Removals, r.limits)
	s.Discard()
	r.ok(s.Add(transform.SealedChange{Change: transform.Change{User: "id1"}}))
	s.Discard()
	if _, err := os.Stat(r.w.Run.Path("removals-0001.csv")); err == nil {
		t.Error("what was discarded stands there")
	}
}

func TestWhichRunIsTheOneBefore(t *testing.T) {
	home := t.TempDir()
	make := func(target string, lines ...results.Row) *run.Run {
		w, err := run.Create(context.Background(), home, run.Queue{Now: newRig(t, "a,Beta").w.Run.Begun.UTC}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		ok := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		ok(w.Begin(journal.Event{Target: target}, &run.Seal{}))
		f, err := os.Create(w.Run.RevisionPath(1))
		ok(err)
		defer func() { _ = f.Close() }()
		out := results.NewResults(f, results.Dialect{Delimiter: ';'}, []string{"Username"}, false)
		for _, row := range lines {
			ok(out.Write(&row, nil))
		}
		ok(out.Flush())
		ok(w.Note(journal.Event{What: journal.Results, Revision: 1, Final: true}))
		return w.Run
	}
	old := make("prod", results.Row{Row: 1, Key: "a", Result: "Failed", ReasonCode: "OLD"})
	last := make("prod", results.Row{Row: 1, Key: "a", Result: "Failed", ReasonCode: "X"}, results.Row{Row: 2, Key: "b", Result: "Pending", ReasonCode: "P"}, results.Row{Row: 3, Key: "c", Result: "Not attempted", ReasonCode: "N"})
	other := make("test", results.Row{Row: 1, Key: "a", Result: "Failed", ReasonCode: "T"})
	now := make("prod")
	h := HistoryOf(now, []*run.Run{old, last, other, now})
	for _, c := range []struct {
		key, code       string
		failed, pending bool
	}{{"a", "X", true, false}, {"b", "P", false, true}, {"c", "N", true, false}, {"a", "OLD", false, false}, {"a", "T", false, false}, {"b", "X", false, false}, {"aX", "", false, false}} {
		if h.SawFailed(c.key, c.code) != c.failed || h.SawPending(c.key, c.code) != c.pending {
			t.Errorf("%s %s: failed %v, pending %v", c.key, c.code, !c.failed, !c.pending)
		}
	}
	if h := HistoryOf(old, []*run.Run{old, last}); h.SawFailed("a", "X") {
		t.Error("a newer run is not the one before")
	}
	if err := os.WriteFile(last.RevisionPath(1), []byte("not;ours\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if HistoryOf(now, []*run.Run{old, last, now}).SawFailed("a", "X") {
		t.Error("results that cannot be read tell nothing")
	}
}

func TestALineThatWasPendingBeforeGoesToAPerson(t *testing.T) {
	r := newRig(t, "a,wait", "b,wait")
	n := r.snapshot(holding("a", "id1", ""), holding("b", "id2", ""))
	earlier := &History{}
	earlier.load()
	earlier.pending[earlier.mark("a", "WAIT")] = true
	d, err := newDecider(Options{Writer: r.w, Connector: stuck, Limits: r.limits, Earlier: earlier, Progress: func(int, int) {}}, &run.Planned{Rows: 2}, n, &small{})
	r.ok(err)
	for l, err := range Lines(r.roster, r.screening) {
		r.ok(err)
		r.ok(d.line(l))
	}
	_, err = d.seal()
	r.ok(err)
	v := r.rows(run.VerdictsFile)
	if v[1][4] != transform.AskAdmin || v[1][3] != "it is on its way; an earlier run saw it so already: ask the vendor" || v[2][4] != transform.Wait {
		t.Errorf("%v", v)
	}
}
