package carry

import (
	"context"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
)

// CountHolders notes, behind everything that was sent, how many people have a group now: as the org counts them, or as
// the last look saw them all. An org that does not tell ends nothing.
func (c *Carrier) CountHolders(ctx context.Context) error {
	if !c.Writer.Run.SentAnything() || c.Policy == nil {
		return nil
	}
	n := c.Policy.Holders()
	if counter, ok := c.Target.(connector.HolderCounter); ok {
		var err error
		if n, err = counter.CountHolders(ctx); err != nil {
			c.Log.Info("holders are not counted again", "run", c.Writer.Run.ID, "err", err)
			return nil
		}
	}
	if n < 0 {
		return nil
	}
	return c.Writer.Note(journal.Event{What: journal.Counted, Rows: n})
}
