package transport

import (
	"context"
	"fmt"
)

// Tag names the piece of work that a request belongs to: for log lines, and for headers of orgs that keep one.
type Tag struct {
	Run   string
	Job   string
	Batch int
}

func (t Tag) String() string {
	if t.Job == "" {
		return t.Run
	}
	return fmt.Sprintf("%s/%s-%04d", t.Run, t.Job, t.Batch)
}

type tagKey struct{}

// WithTag gives every request under ctx its tag.
func WithTag(ctx context.Context, t Tag) context.Context { return context.WithValue(ctx, tagKey{}, t) }

// TagOf is the tag of ctx, empty where none was given.
func TagOf(ctx context.Context) Tag {
	t, _ := ctx.Value(tagKey{}).(Tag)
	return t
}
