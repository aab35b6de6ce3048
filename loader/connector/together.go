package connector

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// Together calls functions side by side, gives the others up when one fails, and answers the first error. A call that
// is given up ends with context.Canceled, or with what has ended ctx, and never with the error of its neighbour: what
// an org has answered to one question is no answer to another.
func Together(ctx context.Context, all ...func(context.Context) error) error {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var g errgroup.Group
	for _, f := range all {
		g.Go(func() error {
			err := f(ctx)
			if err != nil {
				giveUp()
			}
			return err
		})
	}
	return g.Wait()
}
