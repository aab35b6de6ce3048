package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const fewLines = 25

// few measures what a load of few lines costs: calls, and waiting for their answers.
func (b *bench) few() error {
	folder := filepath.Join(b.folder, "few")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if _, err := makeRoster(filepath.Join(folder, "roster.csv"), fewLines, form{}); err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%d lines; the least wall time of %d\n\n|  | wall | calls | in a row |\n|---|---|---|---|\n",
		fewLines, b.times)
	for _, s := range b.subjects() {
		if err := b.row(s, folder); err != nil {
			b.failed = errors.Join(b.failed, fmt.Errorf("%d lines: %w", fewLines, err))
		}
	}
	return b.forget(folder)
}

// row prints what a subject costs. Calls are those of an org that answers late: where answers come at once, the first
// of two calls side by side could be answered before the second has left.
func (b *bench) row(s subject, folder string) error {
	least, err := b.least(s, folder)
	if err != nil {
		return err
	}
	slow, err := b.alone(s, folder, fewLines, "50ms")
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "| %s | %.3f s | %d | %d |\n", s.name, least.wall.Seconds(), len(slow.asked), inARow(slow.asked))
	return nil
}

func (b *bench) least(s subject, folder string) (least cost, err error) {
	for range b.times {
		c, err := b.alone(s, folder, fewLines, "")
		if err != nil {
			return c, err
		}
		if least.name == "" || c.wall < least.wall {
			least = c
		}
	}
	return least, nil
}

// inARow is how many calls the longest chain has in which each begins after the answer of the one before. Of those that
// can be next, the one that is answered first leaves most room for others.
func inARow(all []asked) (n int) {
	all = slices.SortedFunc(slices.Values(all), func(a, b asked) int { return a.Answered.Compare(b.Answered) })
	var free time.Time
	for _, a := range all {
		if !a.At.Before(free) {
			n, free = n+1, a.Answered
		}
	}
	return n
}
