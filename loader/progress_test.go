package loader

import (
	"slices"
	"testing"
)

func TestOfManyRowsAFewAreToldAndTheLast(t *testing.T) {
	for name, c := range map[string]struct{ done, want []int }{
		"few rows":                         {[]int{1, 2, 3}, []int{1, 3}},
		"many rows":                        {upTo(600), []int{1, 257, 513, 600}},
		"users of no row at the end":       {[]int{1, 2, 2, 2, 3, 3, 3}, []int{1, 3}},
		"one who begins from the start":    {[]int{1, 2, 3, 1, 2, 3}, []int{1, 3, 1, 3}},
		"the first is told though it is 0": {[]int{0, 1, 3}, []int{0, 3}},
	} {
		var told []int
		tell := everyFew(func(done, _ int) { told = append(told, done) })
		for _, done := range c.done {
			tell(done, slices.Max(c.done))
		}
		if !slices.Equal(told, c.want) {
			t.Errorf("%s: told %v, want %v", name, told, c.want)
		}
	}
}

func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i+1)
	}
	return all
}
