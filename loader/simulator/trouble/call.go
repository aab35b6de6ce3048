// Package trouble makes answers go wrong on demand: late, cut, dripping, doubled, or not what they say they are.
package trouble

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Call is trouble with requests: which of them, and what happens to their answers.
type Call struct {
	On         string  `yaml:"on"`          // "PUT */batches": method and path; * and ? as in file names, * also over slashes
	Calls      []int   `yaml:"calls"`       // which of those requests, from 1; none: every one
	Every      int     `yaml:"every"`       // each Nth of them
	Rate       float64 `yaml:"rate"`        // this share of them, by the seed
	Code       string  `yaml:"code"`        // the error code of a refusal
	Message    string  `yaml:"message"`     // and its message
	EndSession bool    `yaml:"end_session"` // every session is dead from here on
	Effect     `yaml:",inline"`
	seen       int
}

// Calls are troubles in the order in which they are tried. Next counts, so its caller holds a lock.
type Calls []*Call

// Next finds what is to go wrong with a request: the first call that is due, nil for none. Each call counts every
// request that it concerns. Chance tells whether something that happens to a share of cases happens now.
func (c Calls) Next(method, clean string, chance func(share float64) bool) (due *Call) {
	for _, call := range c {
		if !call.concerns(method, clean) {
			continue
		}
		if call.seen++; due == nil && call.isDue(chance) {
			due = call
		}
	}
	return due
}

// Check refuses what could not happen: a pattern that is no regular expression, or a duration that is none.
func (c Calls) Check() error {
	for i, call := range c {
		if call == nil {
			return fmt.Errorf("calls: number %d is empty", i+1)
		}
		for _, r := range call.Replace {
			if _, err := regexp.Compile(r.Find); err != nil {
				return fmt.Errorf("calls: number %d: %w", i+1, err)
			}
		}
		for _, pause := range []string{call.Drip, call.Late, call.Stall} {
			if _, err := time.ParseDuration(pause); pause != "" && err != nil {
				return fmt.Errorf("calls: number %d: %w", i+1, err)
			}
		}
	}
	return nil
}

func (c *Call) concerns(method, clean string) bool {
	want, glob, found := strings.Cut(c.On, " ")
	if !found {
		want, glob = "*", c.On
	}
	return (want == "*" || want == method) && matches(glob, clean)
}

func (c *Call) isDue(chance func(share float64) bool) bool {
	switch {
	case len(c.Calls) > 0 && !slices.Contains(c.Calls, c.seen):
		return false
	case c.Every > 0 && c.seen%c.Every != 0:
		return false
	}
	return c.Rate == 0 || chance(c.Rate)
}

// matches is path.Match with stars that also stand for slashes.
func matches(glob, clean string) bool {
	hide := strings.NewReplacer("/", "\x01")
	ok, err := path.Match(hide.Replace(glob), hide.Replace(clean))
	return err == nil && ok
}
