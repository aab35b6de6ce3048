package run

import (
	"os"
	"testing"
	"time"
)

func TestALaterRunSortsBehindAnEarlierOneWhateverTheClockSays(t *testing.T) {
	now := time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC)
	for name, step := range map[string]time.Duration{"in the same second": 0, "a second later": time.Second, "the clock set back": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			home, at, last := t.TempDir(), now, ""
			for range 200 {
				r, err := makeFolder(home, at)
				if err != nil {
					t.Fatal(err)
				}
				if r.ID <= last {
					t.Fatalf("%s came after %s", r.ID, last)
				}
				last, at = r.ID, at.Add(step)
			}
		})
	}
}

func TestASecondThatIsFullGoesOnInTheNext(t *testing.T) {
	home := t.TempDir()
	now := time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC)
	if err := os.MkdirAll(home+"/runs/20261123T021500Z-ffff", 0o700); err != nil {
		t.Fatal(err)
	}
	if r, err := makeFolder(home, now); err != nil || r.ID <= "20261123T021501Z-" {
		t.Error(r, err)
	}
}
