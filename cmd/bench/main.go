// Command bench makes a roster of a million lines and measures what a load of it costs, beside the SHA-256 of the same file.
package main

import (
	"bufio"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

func main() {
	binary := flag.String("binary", "bin/rosterload", "what is measured")
	lines := flag.Int("lines", 1_000_000, "lines of the roster; every tenth is a removal")
	folder := flag.String("folder", "bench", "where the roster and the runs are kept")
	sum := flag.String("sha256", "", "print nothing and take the digest of this file (the measure itself)")
	flag.Parse()
	if *sum != "" {
		if err := digest(*sum); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := bench(*binary, *lines, *folder); err != nil {
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

// cost is what one process took.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // bytes, 0 where the system does not tell
}

func bench(binary string, lines int, folder string) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	roster := filepath.Join(folder, "roster.csv")
	size, err := makeRoster(roster, lines)
	if err != nil {
		return err
	}
	address, stop, err := startOrg(binary, lines)
	if err != nil {
		return err
	}
	defer stop()
	config := filepath.Join(folder, "rosterload.yaml")
	text := fmt.Sprintf("targets:\n  org:\n    kind: salesforce\n    url: %s\n    auth: {client_id: bench, client_secret: bench}\n    max_removals: 100%%\n    poll: {job: 20ms}\n", address)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	common := []string{"--config", config, "--home", filepath.Join(folder, "home"), "--results", folder, "--quiet"}
	fmt.Printf("%d lines, %d bytes; %s/%s, %d processors, %s\n\n", lines, size, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	fmt.Println("|  | wall | × SHA-256 | CPU | peak memory |\n|---|---|---|---|---|")
	var base cost
	for _, m := range []struct {
		name string
		args []string
	}{
		{"SHA-256 of the roster", []string{self, "-sha256", roster}},
		{"`plan`", append([]string{binary, "plan", roster}, common...)},
		{"`load`", append([]string{binary, "load", roster}, common...)},
	} {
		c, err := measure(m.args)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if base.wall == 0 {
			base = c
		}
		fmt.Printf("| %s | %.2f s | %.1f | %.2f s | %d MiB |\n", m.name, c.wall.Seconds(), c.wall.Seconds()/base.wall.Seconds(), c.cpu.Seconds(), c.peak>>20)
	}
	return nil
}

// makeRoster writes six columns of about a hundred bytes a line; the users are those of `simulate --count`.
func makeRoster(path string, lines int) (int64, error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	out := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(out, "Username,Engage Group,Name,Country,Cost Centre,Note")
	for n := 1; n <= lines; n++ {
		group := "Beta"
		if n%10 == 0 {
			group = ""
		}
		fmt.Fprintf(out, "user%07d@acme.example,%s,Person %07d,Country %02d,CC-%06d,moved by the nightly job of HR\n", n, group, n, n%40, n%1000)
	}
	if err := out.Flush(); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	return info.Size(), err
}

var serving = regexp.MustCompile(`http://\S+`)

// startOrg runs the pretend org in a process of its own, without delays.
func startOrg(binary string, count int) (address string, stop func(), err error) {
	cmd := exec.Command(binary, "simulate", "salesforce", "--listen", "127.0.0.1:0", "--count", fmt.Sprint(count), "--delay", "0s")
	said, err := cmd.StderrPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if address = serving.FindString(line); err != nil || address == "" {
		stop()
		return "", nil, fmt.Errorf("the pretend org does not start: %s", strings.TrimSpace(line))
	}
	return address, stop, nil
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
	return cost{wall: time.Since(began), cpu: s.UserTime() + s.SystemTime(), peak: peak(s)}, nil
}
