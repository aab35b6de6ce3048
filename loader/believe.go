package loader

import (
	"cmp"
	"context"

	"rosterload/loader/inspect"
)

// believe takes what an export has shown into the run that asked for it, and writes that run's results again. A crash before the event: the
// same command begins again. Behind it the next results of the run speak of what was seen, and later runs know of it.
func believe(ctx context.Context, o Options, saw *inspect.Reconciled) error {
	s, err := reopen(ctx, o, saw.Run)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.writer.KeepSeen(saw.Seen, s.By); err != nil {
		return err
	}
	s.again = true
	summary, err := s.finish(s.tagged(ctx), nil)
	if err != nil {
		return err
	}
	saw.Summary, saw.Exit = summary, cmp.Or(summary.Exit, saw.Exit)
	return nil
}
