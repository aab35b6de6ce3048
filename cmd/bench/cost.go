package main

import (
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// cost is what a process, or several, took.
type cost struct {
	name          string // empty: not measured
	wall, cpu     time.Duration
	peak, written int64 // bytes, 0 where the system does not tell
	asked         []asked
	planned       time.Duration // until all batches were sealed: what follows is their results; 0: not measured
}

// add counts one more process. Time between processes counts as well, so that wall is left to the caller.
func (c *cost) add(one cost) {
	c.cpu += one.cpu
	c.written += one.written
	c.peak = max(c.peak, one.peak)
}

// over is a ratio of wall times, as a cell of a table.
func (c cost) over(base cost) string {
	if base.name == "" {
		return "–"
	}
	return fmt.Sprintf("%.1f", c.wall.Seconds()/base.wall.Seconds())
}

// measure runs a command in an environment; without one in that of this process.
func measure(args []string, environment ...string) (cost, error) {
	cmd := exec.Command(args[0], args[1:]...)
	out := &strings.Builder{}
	cmd.Stdout, cmd.Stderr, cmd.Env = out, out, environment
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("%w\n%s", err, out)
	}
	s := cmd.ProcessState
	c := cost{wall: time.Since(began), cpu: s.UserTime() + s.SystemTime()}
	c.peak, c.written = usage(s)
	return c, nil
}
