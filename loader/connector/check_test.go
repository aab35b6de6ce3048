package connector

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// tells is a check that sees these things.
func tells(err error, saw ...string) Check {
	return func(context.Context) (all []Finding, _ error) {
		for _, s := range saw {
			all = append(all, Finding{Saw: s})
		}
		return all, err
	}
}

// waits is a check that ends when another one has begun.
func waits(mine, other chan struct{}, saw string) Check {
	return func(ctx context.Context) ([]Finding, error) {
		close(mine)
		select {
		case <-other:
			return []Finding{{Saw: saw}}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func TestFindingsComeInTheOrderOfTheirChecks(t *testing.T) {
	away := errors.New("away")
	unasked := Check(func(context.Context) ([]Finding, error) {
		t.Error("a check goes out behind an error")
		return nil, nil
	})
	a, b := make(chan struct{}), make(chan struct{})
	for name, c := range map[string]struct {
		check Check
		err   error
		want  []string
	}{
		"none":                            {SideBySide(), nil, nil},
		"checks that wait for each other": {SideBySide(waits(a, b, "1"), waits(b, a, "2")), nil, []string{"1", "2"}},
		"checks of several findings": {
			SideBySide(tells(nil, "1", "2"), OneByOne(tells(nil, "3"), tells(nil)), tells(nil, "4")), nil,
			[]string{"1", "2", "3", "4"},
		},
		"nothing behind the first error": {
			SideBySide(tells(nil, "1"), tells(away), tells(nil, "3"), tells(errors.New("later"))), away,
			[]string{"1"},
		},
		"what was seen before it went away": {OneByOne(tells(away, "1"), unasked), away, []string{"1"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := c.check.Tell(ctx, func(f Finding) error {
				got = append(got, f.Saw)
				return nil
			})
			if !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestAListenerThatHasHeardEnoughIsToldNoMore(t *testing.T) {
	enough, heard := errors.New("enough"), 0
	err := tells(errors.New("away"), "1", "2").Tell(t.Context(), func(Finding) error {
		heard++
		return enough
	})
	if err != enough || heard != 1 {
		t.Errorf("%v, heard %d", err, heard)
	}
}
