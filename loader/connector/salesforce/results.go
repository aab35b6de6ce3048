package salesforce

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/validate"
)

// files are a job's three result files, and what a row of each says.
var files = map[string]func(user string, row sforce.RowResult) connector.Outcome{
	sforce.Successful: func(user string, _ sforce.RowResult) connector.Outcome {
		return connector.Outcome{User: user, State: connector.Accepted}
	},
	sforce.FailedRows: func(user string, row sforce.RowResult) connector.Outcome {
		return refusal(user, sforce.ParseRowError(row.Error))
	},
	sforce.Unprocessed: func(user string, _ sforce.RowResult) connector.Outcome {
		return connector.Outcome{User: user, State: connector.Unprocessed}
	},
}

// results hands over the rows of a job that is over. The wire holds what the job counts against what its files list,
// and asks again for too little. Rows that it counts as failed and does not list are answered as a number, for it will
// not say more of them.
func (t *Target) results(
	ctx context.Context, job sforce.Job, each func(...connector.Outcome) error,
) (unlisted int, err error) {
	listed, err := t.fetch(ctx, job, each)
	if err != nil {
		return 0, err
	}
	if short := job.Processed - job.Failed - listed[sforce.Successful]; short > 0 { // of users that are not ours
		return 0, fmt.Errorf("job %s counts %d more rows as done than it lists: %w", job.ID, short,
			connector.ErrUnavailable)
	}
	return int(max(0, job.Failed-listed[sforce.FailedRows])), nil
}

// fetch reads the three files side by side, joins their rows by id, and tells how many it joined of each.
func (t *Target) fetch(
	ctx context.Context, job sforce.Job, each func(...connector.Outcome) error,
) (map[string]int64, error) {
	g, ctx := errgroup.WithContext(ctx)
	var mu sync.Mutex
	listed := map[string]int64{}
	for which, outcome := range files {
		g.Go(func() error {
			page := make([]connector.Outcome, 0, 1000)
			flush := func() error {
				mu.Lock()
				defer mu.Unlock()
				listed[which] += int64(len(page))
				err := each(page...)
				page = page[:0]
				return err
			}
			err := t.wire.Results(ctx, job, which, func(row sforce.RowResult) error {
				user, ok := userOf(row)
				if !ok { // no user of ours: it is no outcome, and does not count as one
					return nil
				}
				if page = append(page, outcome(user, row)); len(page) < cap(page) {
					return nil
				}
				return flush()
			})
			if err != nil || len(page) == 0 {
				return err
			}
			return flush()
		})
	}
	return listed, g.Wait()
}

// userOf is a row's user in the spelling of 18 characters.
func userOf(row sforce.RowResult) (string, bool) {
	if sforce.IsUserID(row.ID) {
		return row.ID, true
	}
	id := validate.UserID(row.ID)
	return id, sforce.IsUserID(id)
}
