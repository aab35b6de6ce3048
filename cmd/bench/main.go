// Command bench makes rosters of a million lines, in the org's order and shuffled, and measures what a load of each
// costs, beside the SHA-256 of the same file, curl's conversation with the same org, and Salesforce's CLI, which only
// uploads. It ends with what a load of 25 lines costs.
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
	"time"
)

// poll is how often a job is asked for while it is measured.
const poll = 20 * time.Millisecond

func main() {
	b := bench{out: os.Stdout, times: 5}
	flag.StringVar(&b.binary, "binary", "bin/rosterload", "what is measured")
	flag.StringVar(&b.sf, "sf", "sf", "Salesforce's CLI")
	flag.IntVar(&b.lines, "lines", 1_000_000, "lines of the roster; every tenth is a removal")
	flag.BoolVar(&b.quoted, "quoted", false, "measure also, or profile, a roster with quotes around every cell")
	flag.StringVar(&b.folder, "folder", "bench", "where the rosters and the runs are, each until it is measured")
	flag.BoolVar(&b.keep, "keep", false, "keep them; a million lines leave 6 GB")
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
	times          int // that few lines are loaded
	quoted, keep   bool
	self           string // this program
	curl, sf       string // empty where there is none
	failed         error  // what could not be measured; the rest still is
}

func (b *bench) prepare() (err error) {
	if b.binary, err = filepath.Abs(b.binary); err != nil {
		return err
	}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.folder, err = filepath.Abs(b.folder); err != nil { // the home of sf is below it
		return err
	}
	b.curl, _ = exec.LookPath("curl")
	b.sf, _ = exec.LookPath(b.sf)
	return errors.Join(os.RemoveAll(b.folder), os.MkdirAll(b.folder, 0o755))
}

func (b *bench) run() error {
	if err := b.prepare(); err != nil {
		return err
	}
	forms := []form{{name: "in-order"}, {name: "shuffled", shuffled: true}}
	if b.quoted {
		forms = append(forms, form{name: "quoted", quoted: true})
	}
	for _, f := range forms {
		if err := b.measure(f); err != nil {
			return err
		}
	}
	if err := b.few(); err != nil {
		return err
	}
	if b.curl == "" {
		fmt.Fprintln(b.out, "\ncurl is not installed: the ratio to its conversation was not measured.")
	}
	if b.sf == "" {
		fmt.Fprintln(b.out, "\nsf is not installed: the ratio to its uploads was not measured.")
	}
	return b.failed
}

// forget makes room for the next measure: ten million lines fill 8 GB each time.
func (b *bench) forget(folder string) error {
	if b.keep {
		return nil
	}
	return os.RemoveAll(folder)
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
	if _, err := makeRoster(roster, b.lines, form{shuffled: true, quoted: b.quoted}); err != nil {
		return err
	}
	o, err := startOrg(b.binary, b.lines)
	if err != nil {
		return err
	}
	defer o.stop()
	return profile(o.address, roster, folder)
}
