package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
)

// form is how a roster is written.
type form struct {
	name             string
	shuffled, quoted bool // quoted: quotes around every cell
}

// makeRoster writes six columns of about a hundred bytes a line; the users are those of `simulate --count`, in the
// org's order or shuffled, as HR's order is not the org's. The shuffle is the same each time.
func makeRoster(path string, lines int, f form) (int64, error) {
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	out := bufio.NewWriterSize(file, 1<<20)
	spell := func(line string) string { return line + "\n" }
	if f.quoted {
		spell = func(line string) string { return `"` + strings.ReplaceAll(line, ",", `","`) + "\"\n" }
	}
	fmt.Fprint(out, spell("Username,Engage Group,Name,Country,Cost Centre,Note"))
	line := spell("user%07d@acme.example,%s,Person %07d,Country %02d,CC-%06d,moved by the nightly job of HR")
	order := make([]int, lines)
	for i := range order {
		order[i] = i + 1
	}
	if f.shuffled {
		rand.New(rand.NewPCG(1, 2)).Shuffle(lines, func(a, b int) { order[a], order[b] = order[b], order[a] })
	}
	for _, n := range order {
		group := "Beta"
		if n%10 == 0 {
			group = ""
		}
		fmt.Fprintf(out, line, n, group, n, n%40, n%1000)
	}
	if err := out.Flush(); err != nil {
		return 0, err
	}
	info, err := file.Stat()
	return info.Size(), err
}
