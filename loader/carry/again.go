package carry

import (
	"slices"

	"rosterload/loader/run"
	"rosterload/transform"
)

// IsOfRetry tells whether a batch belongs to the retry under way.
func (c *Carrier) IsOfRetry(b *run.Batch) bool {
	return slices.Contains(transform.RetryJobs(c.Writer.Run.Retry.Number), b.Job)
}

// NeedsRetry tells whether the org still shows the failure and the request is still what this run asked.
func (c *Carrier) NeedsRetry(i int32) bool {
	retryable, ok := c.Policy.(transform.Retryable)
	return ok && c.Changes.Seen(i) && retryable.Retryable(c.Changes.Change(i), c.Changes.After(i))
}

// Retried are the rows of the retry under way.
func (c *Carrier) Retried() []int32 {
	return c.Changes.Pick(func(i int32) bool {
		b := c.Changes.Batch(i)
		return b != nil && c.IsOfRetry(b)
	})
}
