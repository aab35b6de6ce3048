package connector

import (
	"context"
	"errors"
	"testing"
)

func TestACallThatIsGivenUpHasNotTheErrorOfItsNeighbour(t *testing.T) {
	no, stop := errors.New("no such field"), errors.New("stop")
	wait := func(into *error) func(context.Context) error {
		return func(ctx context.Context) error {
			<-ctx.Done()
			*into = context.Cause(ctx)
			return *into
		}
	}
	var beside error
	err := Together(t.Context(), wait(&beside), func(context.Context) error { return no })
	if !errors.Is(err, no) || !errors.Is(beside, context.Canceled) || errors.Is(beside, no) {
		t.Errorf("%v; the other was given up for %v", err, beside)
	}
	ctx, end := context.WithCancelCause(t.Context())
	end(stop)
	if err := Together(ctx, wait(&beside)); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
	if err := Together(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
}
