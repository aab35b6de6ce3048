package approve

import (
	"slices"
	"testing"

	"rosterload/loader/results"
	"rosterload/loader/run"
)

func TestWhatAPersonsWordLifts(t *testing.T) {
	for _, c := range []struct {
		name     string
		holds    []results.Hold
		removals int
		code     int // of the refusal, 0: none
		lifts    []string
	}{
		{"a delivery that is too short", []results.Hold{rows}, 0, 0, []string{run.HoldRows}},
		{"the removal guard, with the exact number", []results.Hold{guard, rows}, 2, 0, []string{run.HoldRemovals, run.HoldRows}},
		{"the removal guard, without a number", []results.Hold{guard}, 0, run.ExitGuard, nil},
		{"the removal guard, with another number", []results.Hold{guard}, 3, run.ExitGuard, nil},
		{"what needs a signature", []results.Hold{second}, 0, run.ExitGuard, nil},
		{"all but what needs a signature", []results.Hold{second, rows}, 0, 0, []string{run.HoldRows}},
	} {
		t.Run(c.name, func(t *testing.T) {
			word, err := held(t, c.holds...).Lift(Approval{Removals: c.removals})
			if c.code != 0 {
				if code(err) != c.code {
					t.Errorf("%v, %+v", err, word)
				}
				return
			}
			if err != nil || !slices.Equal(word.Lifts, c.lifts) || word.By != "second@host" || word.Reason != "looked at the names" || word.Ticket != "HR-7" {
				t.Errorf("%v, %+v", err, word)
			}
		})
	}
}
