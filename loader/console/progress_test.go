package console

import (
	"strings"
	"testing"

	"rosterload/loader/run"
	"rosterload/transform"
)

// How far each job has come is counted in rows; a batch that a later one replaces counts there alone.
func TestProgressOfARun(t *testing.T) {
	batch := func(job transform.Job, rows int, b run.Batch) *run.Batch {
		b.Job, b.Rows = job, rows
		return &b
	}
	r := &run.Run{Batches: []*run.Batch{
		batch(transform.Removals, 4000, run.Batch{Submitted: true, Done: true}), batch(transform.Removals, 30, run.Batch{Submitted: true}),
		batch(transform.Removals, 7, run.Batch{Dropped: true}), batch(transform.Upserts, 500, run.Batch{}),
	}}
	text := string(progressOf(r, &run.Status{PID: 1}))
	for _, want := range []string{"removals: answered 4,000, sent 30\"", "upserts: not sent 500\""} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if strings.Contains(text, ">7<") || strings.Index(text, "removals") > strings.Index(text, "upserts") {
		t.Errorf("%s", text)
	}
	if over := progressOf(r, &run.Status{}); over != "" {
		t.Errorf("a run that is over: %s", over)
	}
}
