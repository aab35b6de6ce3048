package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// measure measures all subjects with one form of the roster, and prints a table.
func (b *bench) measure(f form) error {
	folder := filepath.Join(b.folder, f.name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	roster := filepath.Join(folder, "roster.csv")
	size, err := makeRoster(roster, b.lines, f)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%d lines, %d bytes, %s; %s/%s, %d processors, %s\n\n",
		b.lines, size, f.name, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	sum, err := measure([]string{b.self, "-sha256", roster})
	if err != nil {
		return err
	}
	sum.name = "SHA-256 of the roster"
	all := []cost{sum}
	for _, s := range b.subjects() {
		c, err := b.alone(s, folder, b.lines, "")
		if err != nil {
			b.failed = errors.Join(b.failed, fmt.Errorf("%s: %w", f.name, err))
			continue
		}
		all = append(all, c)
	}
	b.print(all)
	return b.forget(folder)
}

func (b *bench) print(all []cost) {
	named := func(name string) (c cost) {
		if i := slices.IndexFunc(all, func(c cost) bool { return c.name == name }); i >= 0 {
			c = all[i]
		}
		return c
	}
	talk, uploads := named(conversationOfCurl), named(uploadsOfSF)
	fmt.Fprint(b.out, "|  | wall | × SHA-256 | × curl | × sf | CPU | peak memory | written | calls |\n",
		"|", strings.Repeat("---|", 9), "\n")
	for _, c := range all {
		fmt.Fprintf(b.out, "| %s | %.2f s | %s | %s | %s | %.2f s | %d MiB | %d MB | %d |\n",
			c.name, c.wall.Seconds(), c.over(all[0]), c.over(talk), c.over(uploads), c.cpu.Seconds(), c.peak>>20, c.written/1e6,
			len(c.asked))
	}
	fmt.Fprintln(b.out)
	for _, c := range all {
		if c.planned > 0 {
			fmt.Fprintf(b.out, "%s has its plan after %.2f s; the rest is its results.\n\n", c.name, c.planned.Seconds())
		}
	}
	if uploads.name != "" {
		fmt.Fprint(b.out, "× sf is the ratio to ", uploadsOfSF, ", which uploads the sealed files and reads nothing back. ",
			remark(uploads), "\n\n")
	}
}
