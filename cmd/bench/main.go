// Command bench makes a roster of a million lines, in the org's order and shuffled, and measures what a load of each
// costs, beside the SHA-256 of the same file and curl's conversation with the same org.
package main

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// poll is how often a job is asked for while it is measured.
const poll = 20 * time.Millisecond

func main() {
	b := bench{out: os.Stdout}
	flag.StringVar(&b.binary, "binary", "bin/rosterload", "what is measured")
	flag.IntVar(&b.lines, "lines", 1_000_000, "lines of the roster; every tenth is a removal")
	flag.StringVar(&b.folder, "folder", "bench", "where the rosters and the runs are kept")
	profiles := flag.String("profile", "", "load the shuffled roster once and write cpu.pprof and allocs.pprof into this folder")
	sum := flag.String("sha256", "", "print nothing and take the digest of this file (the measure itself)")
	flag.Parse()
	err := error(nil)
	switch {
	case *sum != "":
		err = digest(*sum)
	case *profiles != "":
		err = b.profile(*profiles)
	default:
		err = b.run()
	}
	if err != nil {
		log.Fatal(err)
	}
}

func digest(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = io.Copy(sha256.New(), f)
	return err
}

// bench is what is measured, and where.
type bench struct {
	out            io.Writer
	binary, folder string
	lines          int
	self           string // this program
	curl           string // empty where there is none
}

func (b *bench) prepare() (err error) {
	if b.binary, err = filepath.Abs(b.binary); err != nil {
		return err
	}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	b.curl, _ = exec.LookPath("curl")
	return errors.Join(os.RemoveAll(b.folder), os.MkdirAll(b.folder, 0o755))
}

func (b *bench) run() error {
	if err := b.prepare(); err != nil {
		return err
	}
	for _, shuffled := range []bool{false, true} {
		if err := b.order(shuffled); err != nil {
			return err
		}
	}
	if b.curl == "" {
		fmt.Fprintln(b.out, "\ncurl is not installed: the ratio to its conversation was not measured.")
	}
	return nil
}

// order measures one order of the lines. Each measure has an org of its own.
func (b *bench) order(shuffled bool) error {
	folder := filepath.Join(b.folder, map[bool]string{false: "in-order", true: "shuffled"}[shuffled])
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	roster := filepath.Join(folder, "roster.csv")
	size, err := makeRoster(roster, b.lines, shuffled)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%d lines, %d bytes, %s; %s/%s, %d processors, %s\n\n",
		b.lines, size, filepath.Base(folder), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	sum, err := measure([]string{b.self, "-sha256", roster})
	if err != nil {
		return err
	}
	sum.name = "SHA-256 of the roster"
	plan, err := b.verb("plan", folder)
	if err != nil {
		return err
	}
	load, err := b.verb("load", folder)
	if err != nil {
		return err
	}
	talk, err := b.talk(folder)
	if err != nil {
		return err
	}
	fmt.Fprintln(b.out, "|  | wall | × SHA-256 | × curl | CPU | peak memory | written | calls |\n|---|---|---|---|---|---|---|---|")
	for _, c := range []cost{sum, plan, load, talk} {
		if c.name != "" {
			fmt.Fprintf(b.out, "| %s | %.2f s | %.1f | %s | %.2f s | %d MiB | %d MB | %d |\n",
				c.name, c.wall.Seconds(), ratio(c, sum), times(c, talk), c.cpu.Seconds(), c.peak>>20, c.written/1e6,
				c.calls)
		}
	}
	fmt.Fprintln(b.out)
	return nil
}

func ratio(c, base cost) float64 { return c.wall.Seconds() / base.wall.Seconds() }

func times(c, talk cost) string {
	if talk.name == "" {
		return "–"
	}
	return fmt.Sprintf("%.1f", ratio(c, talk))
}

// verb measures plan or load in a home of its own.
func (b *bench) verb(verb, folder string) (c cost, err error) {
	o, err := startOrg(b.binary, b.lines)
	if err != nil {
		return c, err
	}
	defer o.stop()
	config := filepath.Join(folder, verb+".yaml")
	text := fmt.Sprintf("targets:\n  org:\n    kind: salesforce\n    url: %s\n    auth: {client_id: bench, client_secret: bench}\n"+
		"    max_removals: 100%%\n    poll: {job: %s}\n", o.address, poll)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return c, err
	}
	home := filepath.Join(folder, verb)
	c, err = measure([]string{
		b.binary, verb, filepath.Join(folder, "roster.csv"), "--config", config, "--home", home, "--results", folder,
		"--quiet",
	})
	if err != nil {
		return c, fmt.Errorf("%s: %w", verb, err)
	}
	c.name = "`" + verb + "`"
	c.calls, err = o.calls()
	return c, err
}

// talk measures curl's conversation with the files that the load has sealed; without curl it has no name.
func (b *bench) talk(folder string) (c cost, err error) {
	if b.curl == "" {
		return c, nil
	}
	o, err := startOrg(b.binary, b.lines)
	if err != nil {
		return c, err
	}
	defer o.stop()
	var batches []string
	for _, job := range []string{"removals", "upserts"} {
		files, err := filepath.Glob(filepath.Join(folder, "load", "runs", "*", job+"-*.csv"))
		if err != nil {
			return c, err
		}
		batches = append(batches, files...)
	}
	kept := filepath.Join(folder, "curl")
	if err := os.MkdirAll(kept, 0o755); err != nil {
		return c, err
	}
	if c, err = converse(b.curl, o.address, kept, batches); err != nil {
		return c, fmt.Errorf("curl: %w", err)
	}
	c.name = "curl's conversation"
	c.calls, err = o.calls()
	return c, err
}

// profile loads the shuffled roster in this process.
func (b *bench) profile(folder string) error {
	if err := b.prepare(); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	roster := filepath.Join(b.folder, "roster.csv")
	if _, err := makeRoster(roster, b.lines, true); err != nil {
		return err
	}
	o, err := startOrg(b.binary, b.lines)
	if err != nil {
		return err
	}
	defer o.stop()
	return profile(o.address, roster, folder)
}

// cost is what a process, or several, took.
type cost struct {
	name          string
	wall, cpu     time.Duration
	peak, written int64 // bytes, 0 where the system does not tell
	calls         int
}

func measure(args []string) (cost, error) {
	cmd := exec.Command(args[0], args[1:]...)
	out := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = out, out
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("%w\n%s", err, out)
	}
	s := cmd.ProcessState
	c := cost{wall: time.Since(began), cpu: s.UserTime() + s.SystemTime()}
	c.peak, c.written = usage(s)
	return c, nil
}
