package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
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

// entry is a name in a folder.
type entry string

func (e entry) Name() string             { return string(e) }
func (entry) IsDir() bool                { return true }
func (entry) Type() fs.FileMode          { return fs.ModeDir }
func (entry) Info() (fs.FileInfo, error) { return nil, fs.ErrNotExist }

// Whatever ids and junk stand there and wherever the clock stands, a new id is well formed and sorts behind every id.
func TestANewIDSortsBehindAllThatAreThere(t *testing.T) {
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		return noon.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "seconds")) * time.Second).Add(time.Duration(rapid.IntRange(0, 999).Draw(t, "ms")) * time.Millisecond)
	})
	id := rapid.Custom(func(t *rapid.T) string {
		digits := rapid.OneOf(rapid.IntRange(0, 0xffff), rapid.SampledFrom([]int{0, 0xfffe, 0xffff})).Draw(t, "digits")
		return moment.Draw(t, "at").Format(stampLayout) + fmt.Sprintf(rapid.SampledFrom([]string{"%04x", "%04X"}).Draw(t, "case"), digits)
	})
	name := rapid.OneOf(id, rapid.SampledFrom([]string{"notes.txt", "lost+found", "20261123T120000Z-", "20261123T120000Z-xyz!", "99999999T999999Z-ffff", "zzz"}))
	rapid.Check(t, func(rt *rapid.T) {
		names := rapid.SliceOf(name).Draw(rt, "names")
		slices.Sort(names)
		var entries []fs.DirEntry
		for _, n := range names {
			entries = append(entries, entry(n))
		}
		made := newID(entries, moment.Draw(rt, "now"))
		if _, _, ok := parseID(made); !ok {
			rt.Fatalf("%s is no id", made)
		}
		for _, n := range names {
			if _, _, ok := parseID(n); ok && made <= n {
				rt.Fatalf("%s does not sort behind %s", made, n)
			}
		}
	})
}

func TestAFolderBehindWhichAnotherWasMadeIsTakenBack(t *testing.T) {
	home := t.TempDir()
	for _, id := range []string{testID, "20261123T021500Z-5000"} {
		if err := os.MkdirAll(filepath.Join(home, "runs", id), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := isNewest(home, testID); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(home, "runs", testID)); err == nil {
		t.Error("the older folder is still there")
	}
	if err := isNewest(home, "20261123T021500Z-5000"); err != nil {
		t.Error(err)
	}
}

func TestFilesBesideTheRosterAreNamedAfterIt(t *testing.T) {
	for roster, want := range map[string]string{"nightly.csv": "/in/nightly.R", "a.b.csv": "/in/a.b.R", ".csv": "/in/.csv.R", "stdin": "/in/stdin.R"} {
		if got := (&Run{ID: "R", Seal: Seal{Roster: roster, Place: "/in"}}).Stem(); got != want {
			t.Errorf("%s: %s, want %s", roster, got, want)
		}
	}
}
