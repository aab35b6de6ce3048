package vonage

import (
	"context"
	"maps"
	"slices"

	"rosterload/transform"
	policy "rosterload/transform/vonage"
)

// Redraw makes up another agent ID for a change whose own was made up and is taken meanwhile. Others stay as they are.
func (t *Target) Redraw(ctx context.Context, c transform.SealedChange) (transform.SealedChange, error) {
	if c.Own != policy.Generated {
		return c, nil
	}
	org, err := t.survey(ctx)
	if err != nil {
		return c, err
	}
	people, err := t.peopleNow(ctx, []transform.SealedChange{c})
	if err != nil || len(org.Others(c.Value, people[c.User].Username)) == 0 {
		return c, err
	}
	ids := policy.NewIDs(t.start, org)
	t.mu.Lock()
	ids.Spend(slices.Collect(maps.Keys(t.spent)))
	t.mu.Unlock()
	c.Value = ids.Draw()
	t.spend(c.Value)
	return c, nil
}
