package connector

import (
	"context"
	"sync"
)

// Check asks an org one thing and tells what it saw. An error is one of the wire; findings made before it are told.
type Check func(ctx context.Context) ([]Finding, error)

// SideBySide is checks that need nothing of each other as one check: all go out at once, and their findings come in
// the order given, up to the first error.
func SideBySide(checks ...Check) Check {
	return func(ctx context.Context) ([]Finding, error) {
		findings, errs := make([][]Finding, len(checks)), make([]error, len(checks))
		var all sync.WaitGroup
		for i, check := range checks {
			all.Go(func() { findings[i], errs[i] = check(ctx) })
		}
		all.Wait()
		return inOrder(len(checks), func(i int) ([]Finding, error) { return findings[i], errs[i] })
	}
}

// OneByOne is checks as one, each of which goes out when the one before it has told what it saw, and none behind an
// error.
func OneByOne(checks ...Check) Check {
	return func(ctx context.Context) ([]Finding, error) {
		return inOrder(len(checks), func(i int) ([]Finding, error) { return checks[i](ctx) })
	}
}

func inOrder(checks int, answer func(i int) ([]Finding, error)) (all []Finding, err error) {
	for i := range checks {
		told, err := answer(i)
		all = append(all, told...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// Tell runs a check and hands over what it saw.
func (c Check) Tell(ctx context.Context, found func(Finding) error) error {
	all, err := c(ctx)
	for _, f := range all {
		if unheard := found(f); unheard != nil {
			return unheard
		}
	}
	return err
}
