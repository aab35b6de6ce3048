//go:build linux

package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	simulators "rosterload/loader/simulator/all"
	spoiled "rosterload/loader/simulator/trouble"
)

// flood is a pretend org whose answers do not end from one call on: the last line of a CSV, or the inside of a JSON
// text, is said again and again, until its caller has had enough.
type flood struct {
	org   http.Handler
	mu    sync.Mutex
	asked int
	from  int
}

func (f *flood) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked++
	floods := f.from > 0 && f.asked >= f.from
	f.mu.Unlock()
	if !floods {
		f.org.ServeHTTP(w, r)
		return
	}
	answer := spoiled.Record(f.org.ServeHTTP, r)
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(max(answer.Status, http.StatusOK))
	begin, again := endless(answer.Body)
	for _, err := w.Write(begin); err == nil; {
		_, err = w.Write(again)
	}
}

// endless is how an answer begins, and what follows for ever.
func endless(body []byte) (begin, again []byte) {
	lines := bytes.SplitAfter(bytes.TrimRight(body, "\n"), []byte("\n"))
	last := lines[len(lines)-1]
	switch open := bytes.IndexByte(body, '['); {
	case open >= 0 && bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")):
		inside := body[open+1 : max(open+1, bytes.LastIndexByte(body, ']'))]
		begin, again = body[:open+1], append(bytes.Clone(inside), ',')
	case len(lines) > 1:
		begin, again = append(bytes.Clone(body), '\n'), append(bytes.TrimRight(bytes.Clone(last), "\n"), '\n')
	default:
		begin, again = body, []byte(" ")
	}
	return begin, bytes.Repeat(again, 1+(64<<10)/len(again))
}

// mostMemory is what a process may take, whatever an org says.
const mostMemory = 256 << 20

func TestAnAnswerWithoutEndTakesNoMemory(t *testing.T) {
	binary := build(t)
	for name, k := range kindNights(t) {
		if k.verb != "load" {
			continue
		}
		calls := k.underFlood(t, binary, 0)
		many := min(calls, kills(2))
		for i := range many {
			from := place(i, many, calls)
			t.Run(name+" from call "+strconv.Itoa(from), func(t *testing.T) {
				t.Parallel()
				k.underFlood(t, binary, from)
			})
		}
	}
}

// underFlood loads while the org floods from a call on, 0 is never, and answers how many calls came.
func (k *kindNight) underFlood(t *testing.T, binary string, from int) int {
	t.Helper()
	org, err := simulators.Open(k.kind, k.org)
	if err != nil {
		t.Fatal(err)
	}
	f := &flood{org: org, from: from}
	server := httptest.NewServer(f)
	defer server.Close()
	n := &pretended{folder: t.TempDir()}
	config := strings.ReplaceAll(k.config(server.URL), "    kind:", "    retry_for: 2s\n    kind:")
	write(t, n.path("rosterload.yaml"), []byte(strings.ReplaceAll(config, "{kind:", "{retry_for: 2s, kind:")))
	write(t, n.path("roster.csv"), []byte(k.roster))
	cmd := exec.Command(binary, "load", n.path("roster.csv"), "-t", "acme", "--config", n.path("rosterload.yaml"), "--home", n.path("home"), "--quiet")
	var said bytes.Buffer
	cmd.Stderr = &said
	began := time.Now()
	_ = cmd.Run()
	code, took := cmd.ProcessState.ExitCode(), time.Since(began)
	peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	t.Logf("exit %d after %v with %d MiB: %s", code, took.Round(time.Millisecond), peak>>20, said.String())
	if from > 0 && code != 3 && code != 8 && code != 9 {
		t.Errorf("it ended with %d", code)
	}
	if peak > mostMemory {
		t.Errorf("it took %d MiB", peak>>20)
	}
	return f.asked
}
