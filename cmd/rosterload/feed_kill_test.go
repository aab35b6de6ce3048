//go:build unix

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"rosterload/loader/results"
)

// A watch that is shot while it works on a delivery is only a pause: the next one ends with the same answer, each
// user is asked for once, and nothing lies anywhere but in done.
func TestAWatchThatIsShotAnywhereIsOnlyAPause(t *testing.T) {
	binary := build(t)
	calls := 0
	for k := range kills(4) + 1 {
		n := newKilledNight(t, binary)
		folder := n.path("hr")
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(n.path("roster.csv"), filepath.Join(folder, "roster.csv")); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(n.path("rosterload.yaml"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("feeds:\n  hr: {target: org, folder: hr, settle: 0s, max_removals: 100%}\n"); err != nil || f.Close() != nil {
			t.Fatal(err)
		}
		if k > 0 {
			n.killer.at = place(k-1, kills(4), calls)
		}
		first := n.start(t, "watch", "--once")
		if k == 0 {
			calls = n.killer.asked
			if first != 0 {
				t.Fatalf("the undisturbed night ended with %d", first)
			}
		} else if first != -1 {
			t.Errorf("kill %d: it was not shot, it ended with %d", k, first)
		}
		n.killer.at = 0
		for tries := 0; ; tries++ {
			if done, _ := filepath.Glob(filepath.Join(folder, "done", "*.roster.csv")); len(done) == 1 {
				break
			}
			if tries > 3 {
				t.Fatalf("kill %d: it does not come to its end", k)
			}
			n.start(t, "watch", "--once")
		}
		data, err := os.ReadFile(filepath.Join(folder, "answers", "roster.latest.summary.json"))
		s := &results.Summary{}
		if err != nil || json.Unmarshal(data, s) != nil || s.Exit != 0 || s.Success != 300 || !s.Final {
			t.Errorf("kill %d: %v, %+v", k, err, s)
		}
		n.sentOnce(t)
	}
}

func TestTheDemonstrationOfFeedsEndsAsItSays(t *testing.T) {
	cmd := exec.Command("../../samples/feeds/demo.sh")
	cmd.Env = append(os.Environ(), "ROSTERLOAD="+build(t), "DEMO_FEED="+filepath.Join(t.TempDir(), "demo"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
