package loader

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/validate"
)

func TestTheDisksTroubleIsNoBug(t *testing.T) {
	_, err := os.Open(filepath.Join(t.TempDir(), "nothing"))
	if ExitCode(fmt.Errorf("journal: %w", err)) != run.ExitUsage || !OfDisk(err) || OfDisk(errors.New("x")) {
		t.Error(ExitCode(err))
	}
}

func TestEveryKindOfErrorHasItsExitCode(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"nothing", nil, 0},
		{"an error that no rule knows", errors.New("?"), run.ExitBug},
		{"a file that is no roster", fmt.Errorf("x: %w", &validate.RosterError{Text: "?"}), run.ExitUsage},
		{"an empty file", fmt.Errorf("x: %w", validate.ErrEmpty), run.ExitNothing},
		{"no right", fmt.Errorf("x: %w", connector.ErrDenied), run.ExitDenied},
		{"no org", fmt.Errorf("x: %w", connector.ErrUnavailable), run.ExitUnavailable},
		{"no answer", fmt.Errorf("x: %w", connector.ErrLost), run.ExitUnavailable},
		{"another run", &run.Held{What: "the org", By: "pid 1"}, run.ExitUnavailable},
		{"a guard", run.Stopf(run.ExitGuard, run.Hint{}, "too many"), run.ExitGuard},
	} {
		if got := ExitCode(c.err); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
