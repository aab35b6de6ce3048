package evidence

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// The goal is two seconds for a thousand runs of 10,000 rows. ROSTERLOAD_RUNS makes so many; without it there are few.
func TestAQuestionToManyRunsIsAnsweredSoon(t *testing.T) {
	runs, most := 5, 2*time.Second
	if n, err := strconv.Atoi(os.Getenv("ROSTERLOAD_RUNS")); err == nil {
		runs = n
	}
	g := newRig(t)
	all := people(10_000)
	for range runs {
		g.load(t, "nightly.csv", all)
	}
	for _, user := range []string{"user09999@acme.example", "nobody@acme.example"} {
		began := time.Now()
		past, err := History(g.Folder, user, HistoryOptions{})
		must(t, err)
		took := time.Since(began)
		t.Logf("%d runs, %s: %d lines in %s", runs, user, len(past.Lines), took)
		if took > most {
			t.Errorf("%d runs were looked through in %s", runs, took)
		}
	}
}
