// Package survey asks an org what a plan must know: whether a load can work, what the users of the roster hold, and
// of which others the terms speak.
package survey

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"

	"golang.org/x/sync/errgroup"

	"rosterload/loader/connector"
	"rosterload/loader/plan"
	"rosterload/loader/run"
	"rosterload/loader/terms"
	"rosterload/transform"
	"rosterload/validate"
)

// Survey is what one plan asks. Ready comes first, or goes beside Look where the connector allows it, and Look comes
// before all else.
type Survey struct {
	Target    connector.Target
	Name      string // of the target in rosterload.yaml
	Connector *connector.Connector
	Roster    *validate.Roster
	Screening *validate.Screening
	Terms     *terms.Terms
	Log       *slog.Logger
	Warn      func(format string, args ...any)
	Progress  func(done, total int)

	Snapshot *plan.Snapshot   // what Look has found
	Policy   transform.Policy // of that
	Requests *plan.Requests   // the sound lines
}

// Ready runs the checks that `check` runs, before anything is looked at or sent. What speaks of single users is for
// `check` to tell.
func (s *Survey) Ready(ctx context.Context) error {
	var failed []string
	code := run.ExitUsage
	err := s.Target.Ready(ctx, nil, func(f connector.Finding) error {
		switch {
		case f.Subject != "":
		case f.Mark == connector.Fail:
			failed = append(failed, fmt.Sprintf("%s: %s; %s", f.Check, f.Saw, f.Cure))
			if !f.Setting {
				code = run.ExitDenied
			}
		case f.Mark == connector.Warn:
			s.Warn("%s: %s", f.Check, f.Saw)
		}
		return nil
	})
	if err != nil || len(failed) == 0 {
		return err
	}
	return run.Stopf(code, run.Type("check", s.Name), "%s", strings.Join(failed, "; and "))
}

// ReadyAndLook does both at once, for connectors that allow it: they only read. The checks have the first word, and
// where they stop the run the look is given up.
func (s *Survey) ReadyAndLook(ctx context.Context) error {
	looking, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var look errgroup.Group
	look.Go(func() error { return s.Look(looking) })
	if err := s.Ready(ctx); err != nil {
		giveUp()
		_ = look.Wait() // it reads the roster, which is closed behind an error
		return err
	}
	return look.Wait()
}

// Look is the one look at every user of the roster.
func (s *Survey) Look(ctx context.Context) (err error) {
	s.Requests, s.Snapshot = plan.NewRequests(s.Roster, s.Screening), plan.NewSnapshot(s.Screening)
	s.Policy, err = s.Target.Look(ctx, s.Requests.Users(), func(standing transform.Standing) error {
		s.Progress(s.Snapshot.Seen(), s.Screening.Rows)
		return s.Snapshot.See(standing)
	})
	if err == nil {
		err = cmp.Or(s.Requests.Err(), s.Snapshot.Join())
	}
	if err != nil {
		return fmt.Errorf("look: %w", err)
	}
	return s.Requests.Forecast(s.Policy, s.Snapshot)
}
