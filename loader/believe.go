package loader

import (
	"cmp"
	"context"

	"rosterload/loader/inspect"
	"rosterload/loader/results"
)

// believeAll takes what an export has shown into the runs of its roster: into the earlier ones, which may have sent
// what the newest found there, and then into the newest. A crash between two of them: the same command goes on with
// those that are left.
func believeAll(ctx context.Context, o Options, saw *inspect.Reconciled) error {
	for _, id := range append(saw.Earlier, saw.Run) {
		summary, err := believe(ctx, o, saw, id)
		if err != nil {
			return err
		}
		saw.Summary = summary
	}
	saw.Exit = cmp.Or(saw.Summary.Exit, saw.Exit)
	return nil
}

// believe takes it into one run and writes that run's results again. A crash before the event: nothing of it counts.
// Behind it the next results of the run speak of what was seen, whichever verb writes them, and later runs know of it.
func believe(ctx context.Context, o Options, saw *inspect.Reconciled, id string) (*results.Summary, error) {
	s, err := reopen(ctx, o, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.writer.KeepSeen(saw.Seen, s.By); err != nil {
		return nil, err
	}
	s.again = true
	return s.finish(s.tagged(ctx), nil)
}
