package feeds

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/transform"
)

// noRoom is an org's plain no for the moment: nothing of the call was done.
type noRoom struct{}

func (noRoom) Error() string     { return "too busy" }
func (noRoom) NothingDone() bool { return true }
func (noRoom) Unwrap() error     { return connector.ErrUnavailable }

func TestAPlanThatIsNoLongerTrueIsMadeAgainOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		busy bool // the second time, too
		in   State
	}{{"and carried out", false, Done}, {"and given up when it is not true again", true, Failed}} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrop(t, plain)
			d.write("a.csv", roster(0, 4, "Alpha"))
			d.org.busy = noRoom{}
			if code := d.once(); code != run.ExitUnavailable {
				t.Fatalf("exit %d, told %v", code, d.told)
			}
			drift := func(n int) {
				s := d.org.users[userName(n)]
				*s = transform.Standing{ID: s.ID, Active: true, Group: "Gamma", Request: "Gamma", Status: "success"}
			}
			drift(1)
			if !c.busy {
				d.org.busy = nil
			}
			d.once()
			if c.busy {
				drift(2)
				d.org.busy = nil
				d.once()
			}
			d.at(map[State]string{c.in: "a.csv"})
			if c.in == Done && (len(d.org.applied) != 5 || d.latest("a").Exit != 0) {
				t.Errorf("%v, %+v", d.org.applied, d.latest("a"))
			}
			if c.in == Failed && (len(d.org.applied) != 0 || d.latest("a").Exit != run.ExitStale) {
				t.Errorf("%v, %+v", d.org.applied, d.latest("a"))
			}
		})
	}
}

// Each night is killed at one of its steps and begun again by a process that knows nothing. Whatever the step: each file is answered, each
// change is made once, and nothing lies anywhere else.
func TestAKillBetweenAnyTwoStepsIsOnlyAPause(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		deliver    func(d *drop)
		want       map[State]string
	}{
		{
			"two files that settle", "  hr: {target: prod, folder: FOLDER, settle: 0s}\n",
			func(d *drop) { d.write("a.csv", roster(0, 4, "Alpha")); d.write("b.csv", roster(5, 9, "Beta")) },
			map[State]string{Done: "a.csv b.csv"},
		},
		{
			"a file with a marker", "  hr: {target: prod, folder: FOLDER, ready: marker}\n",
			func(d *drop) { d.write("a.csv", roster(0, 9, "Alpha")); d.write("a.csv.ok", "") },
			map[State]string{Done: "a.csv a.csv.ok"},
		},
		{
			"a file that is no roster, and one that is", "  hr: {target: prod, folder: FOLDER, settle: 0s}\n",
			func(d *drop) { d.write("a.csv", "%PDF-1.7"); d.write("b.csv", roster(0, 9, "Alpha")) },
			map[State]string{Failed: "a.csv", Done: "b.csv"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			steps := 1000
			for at := 1; at <= steps; at++ {
				d := newDrop(t, c.yaml)
				c.deliver(d)
				n := 0
				d.watch.trip = func(string) error {
					if n++; n == at {
						return errKilled
					}
					return nil
				}
				d.once()
				if n < at {
					if steps = n; n < 10 {
						t.Fatalf("only %d steps", n)
					}
				}
				d.watch.trip = nil
				d.once()
				d.once()
				if d.check(c.want, 10); t.Failed() {
					t.Fatalf("killed at step %d; told %v", at, d.told)
				}
			}
		})
	}
}

// check holds what became of a night against what should have.
func (d *drop) check(want map[State]string, users int) {
	d.t.Helper()
	d.at(want)
	for n := range users {
		if times := d.org.applied[userName(n)]; times != 1 {
			d.t.Errorf("%s was changed %d times", userName(n), times)
		}
	}
	for _, s := range states {
		for name := range strings.FieldsSeq(d.in(s)) {
			if stem, ok := strings.CutSuffix(name, ".csv"); ok {
				d.latest(stem)
			}
		}
	}
	entries, err := os.ReadDir(filepath.Join(d.folder, "answers"))
	if err != nil {
		d.t.Error(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".part") {
			d.t.Errorf("%s lies there", e.Name())
		}
	}
	if info, err := os.Stat(filepath.Join(d.home, "locks")); err != nil || !info.IsDir() {
		d.t.Error(err)
	}
}
