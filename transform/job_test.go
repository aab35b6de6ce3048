package transform

import "testing"

func TestAJobIsReadBackAsItIsSpelled(t *testing.T) {
	for _, j := range append(append(LoadJobs(), None), append(RetryJobs(1), RetryJobs(12)...)...) {
		if back, err := ParseJob(j.String()); err != nil || back != j {
			t.Errorf("%q is read as %v, %v", j, back, err)
		}
	}
	for _, text := range []string{"removal", "retry-1-", "retry-1", "retry--removals", "retry-0-removals", "retry-01-upserts", "retry--1-upserts", "retry-x-upserts", " removals"} {
		if j, err := ParseJob(text); err == nil {
			t.Errorf("%q is read as %v", text, j)
		}
	}
}
