package html

import (
	"fmt"
	"os"

	"rosterload/loader/page"
	"rosterload/transform"
)

const (
	mostRows  = 100_000  // a browser opens so many within two seconds
	leastRows = 1_000    // so many are shown however long they are
	mostBytes = 64 << 20 // of text, uncompressed
)

// choice says which rows stand in the page. Beyond the most, the failures do and a sample of the others.
type choice struct {
	total        int
	every, other int // of the failures, of the others: every n-th; 0: none
	failures     int // seen so far
	others       int
	Said         string // what is left out; empty: nothing
}

// choose decides by the counts of the summary and the size of the results.
func (r *Report) choose() (*choice, error) {
	most := r.most
	if most == 0 {
		most = mostRows
	}
	total, failing := 0, 0
	for _, counts := range []map[string]int{r.Summary.Results, r.Summary.Absent} {
		for word, n := range counts {
			total += n
			if isFailure(word) {
				failing += n
			}
		}
	}
	size, err := sizeOf(r.Results, r.Absent)
	if err != nil {
		return nil, err
	}
	if size > mostBytes {
		most = min(most, max(leastRows, int(float64(total)*mostBytes/float64(size))))
	}
	return newChoice(total, failing, most), nil
}

func newChoice(total, failing, most int) *choice {
	c := &choice{total: total, every: 1, other: 1}
	switch rest := total - failing; {
	case total <= most:
		return c
	case failing < most:
		c.other = (rest + most - failing - 1) / (most - failing)
		held := failing + (rest+c.other-1)/c.other
		c.Said = fmt.Sprintf("The run has %s rows. This page holds %s of them: "+
			"all %s that failed or were not attempted, and every %s of the others.",
			page.Count(total), page.Count(held), page.Count(failing), nth(c.other))
	default:
		c.every, c.other = (failing+most-1)/most, 0
		c.Said = fmt.Sprintf("The run has %s rows. This page holds %s of them: "+
			"every %s of the %s that failed or were not attempted, and none of the others.",
			page.Count(total), page.Count((failing+c.every-1)/c.every), nth(c.every), page.Count(failing))
	}
	return c
}

// takes tells whether the next row, of this result, stands in the page.
func (c *choice) takes(word string) bool {
	seen, every := &c.others, c.other
	if isFailure(word) {
		seen, every = &c.failures, c.every
	}
	*seen++
	return every > 0 && (*seen-1)%every == 0
}

func isFailure(word string) bool {
	return transform.Word(word) == transform.Failed || transform.Word(word) == transform.NotAttempted
}

func nth(n int) string {
	switch {
	case n == 1:
		return "one"
	case n%10 == 2 && n%100 != 12:
		return page.Count(n) + "nd"
	case n%10 == 3 && n%100 != 13:
		return page.Count(n) + "rd"
	case n%10 == 1 && n%100 != 11:
		return page.Count(n) + "st"
	}
	return page.Count(n) + "th"
}

func sizeOf(paths ...string) (size int64, err error) {
	for _, path := range notEmpty(paths...) {
		info, err := os.Stat(path)
		if err != nil {
			return 0, err
		}
		size += info.Size()
	}
	return size, nil
}
